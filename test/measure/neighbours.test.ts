import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { waitsOf } from '../../src/measure/application-waits.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import { type MachineReading, NeighbourWatch } from '../../src/measure/neighbours.ts'
import { randomOf } from '../simulate/random.ts'

/** A watch that has seen what was counted at each look, 200 ms apart. */
async function watchOf(waited: readonly number[], others?: readonly number[]): Promise<NeighbourWatch> {
  const clock = new VirtualClock()
  let look = 0
  const read = async (): Promise<MachineReading> => {
    const n = Math.min(look++, waited.length - 1)
    const used = others?.[n]
    const longestWait = waited[n]! - (waited[n - 1] ?? 0)
    return {
      at: n * 200,
      idle: 0,
      stolen: 0,
      waited: waited[n]!,
      longestWait,
      ...(used !== undefined && { others: used }),
    }
  }
  const watch = new NeighbourWatch(read, clock)
  for (let n = 0; n < waited.length; n++) {
    await new Promise(resolve => setImmediate(resolve))
    clock.run(clock.now() + 200)
  }
  await new Promise(resolve => setImmediate(resolve))
  watch.stop()
  return watch
}

test('how long an application waited for a core is a share of the time, and the most within a second', async () => {
  const waited = [0, 0, 0, 0, 0, 90, 180, 180, 180, 180, 180]
  const watch = await watchOf(
    waited,
    waited.map((_, n) => n * 100),
  )
  expect(watch.starvation(0, 2_000)).toEqual({
    ...{ share: 0.09, longest: 180, others: 0.5, spare: 0 },
    // In 400 ms that are 36 ms of the share; and what lies before and after the looks nearest to a request.
    ...{ burst: 180 - 0.09 * 400 + 0.09 * 200, single: 90, crowded: { share: 0.3, stretches: 1 } },
    usual: expect.closeTo(59.8, 1),
  })
})

test('waits of a length are told from longer ones that make up the same share', async () => {
  const random = randomOf(5)
  const lengthOf = async (length: number) => {
    const waited = [0]
    // As many in each look as chance has it.
    for (let look = 0; look < 200; look++) {
      let sum = 0
      let left = 20 / length + Math.log(1 - random())
      while (left > 0) {
        sum += length
        left += Math.log(1 - random())
      }
      waited.push(waited.at(-1)! + sum)
    }
    const watch = await watchOf(
      waited,
      waited.map(() => 0),
    )
    return watch.starvation(0, 40_000)!.usual
  }
  const [short, long] = [await lengthOf(2), await lengthOf(20)]
  expect(short).toBeGreaterThan(1.5)
  expect(short).toBeLessThan(4)
  expect(long / short).toBeGreaterThan(5)
})

test('of an application that is not known nothing is said', async () => {
  expect((await watchOf([0, 50, 100])).starvation(0, 400)).toBeUndefined()
})

test.runIf(process.platform === 'linux')(
  'a process that shares a core with one that never rests is seen to wait for it',
  async () => {
    const pinned = (script: string) => spawn('taskset', ['-c', '0', process.execPath, '-e', script])
    const busy = 'process.stdout.write("up"); for (;;);'
    const application = pinned(busy)
    const burner = pinned(busy)
    try {
      await Promise.all([application, burner].map(child => once(child.stdout, 'data')))
      const watch = NeighbourWatch.of(application.pid!)!
      const begin = performance.now()
      await delay(1_500)
      // Load threads read it of the very thread that waits.
      await vi.waitFor(() => expect(watch.starved.count).toBeGreaterThan(0), { timeout: 20_000 })
      const threads = waitsOf(watch.starved.buffer)
      await vi.waitFor(() => expect(threads.waited()).toBeGreaterThan(0), { timeout: 20_000 })
      threads.close()
      const seen = watch.starvation(begin, performance.now())!
      watch.stop()
      expect(seen.share).toBeGreaterThan(0.1)
      expect(seen.longest).toBeGreaterThan(50)
      expect(seen.single).toBeGreaterThan(0)
      expect(seen.single).toBeLessThanOrEqual(seen.longest * 2)
      expect(seen.burst).toBeLessThan(seen.longest + seen.share * 200)
      expect(seen.others).toBeGreaterThan(0.05)
      // It never rests: it has the core, or waits for it.
      expect(seen.busy).toBeGreaterThan(0)
      expect(seen.busy! + seen.share).toBeGreaterThan(0.5)
      expect(seen.busy! + seen.share).toBeLessThan(1.3)
    } finally {
      application.kill('SIGKILL')
      burner.kill('SIGKILL')
    }
  },
)
