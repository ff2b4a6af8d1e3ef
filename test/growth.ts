import { isWindows } from './builders/system.ts'

/** CPU time, in milliseconds: what else the machine does is hardly in it. */
async function cost(task: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await task()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** Windows counts CPU time in steps. */
const TICK = isWindows ? 16 : 0

/** So little says that it is in proportion, and that nothing disturbed. */
const IN_PROPORTION = 1.25

/**
 * How the cost of a task grows when what it works on does, as the exponent: 1 for four times the work taking four times
 * as long, 2 for sixteen times. `make` prepares the work for a size, outside of what is measured.
 */
export async function growthOf(small: number, make: (size: number) => () => unknown): Promise<number> {
  const [task, longer] = [make(small), make(4 * small)]
  await task()
  const least = Math.max(TICK, Math.min(await cost(task), await cost(task), await cost(task)))
  // What disturbs one measurement makes it longer, so that the quickest of three counts. The first will do where it is
  // quick.
  let growth = Number.POSITIVE_INFINITY
  for (let time = 0; time < 3 && growth > IN_PROPORTION; time++)
    growth = Math.min(growth, Math.log(Math.max(1, (await cost(longer)) / least)) / Math.log(4))
  return growth
}
