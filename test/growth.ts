/** CPU time of the quickest of three, in milliseconds: what else the machine does is not in it. */
async function cost(task: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let time = 0; time < 3; time++) {
    const before = process.cpuUsage()
    await task()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}

/**
 * How the cost of a task grows when what it works on does, as the exponent: 1 for four times the work taking four times
 * as long, 2 for sixteen times. `make` prepares the work for a size, outside of what is measured.
 */
export async function growthOf(small: number, make: (size: number) => () => unknown): Promise<number> {
  const [task, longer] = [make(small), make(4 * small)]
  await task()
  return Math.log(Math.max(1, (await cost(longer)) / (await cost(task)))) / Math.log(4)
}
