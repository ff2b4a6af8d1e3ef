import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/measure/clock.ts'
import { type MachineReading, NeighbourWatch } from '../../src/measure/neighbours.ts'

/** What is used within a second on two cores, in milliseconds. */
interface Use {
  others?: number
  idle: number
  stolen?: number
  waited?: number
}

/** A machine of which each second is as said, looked at as a real one is; `watch` has seen all of them. */
async function seen(seconds: readonly Use[]): Promise<{ watch: NeighbourWatch; clock: VirtualClock }> {
  const clock = new VirtualClock()
  const read = async (): Promise<MachineReading> => {
    const now = clock.now()
    const sum = (of: (use: Use) => number) =>
      seconds.reduce((total, use, i) => total + (of(use) * Math.min(1_000, Math.max(0, now - 1_000 * i))) / 1_000, 0)
    const reading = { at: now, idle: sum(use => use.idle), stolen: sum(use => use.stolen ?? 0) }
    const waited = sum(use => use.waited ?? 0)
    const isKnown = seconds.every(({ others }) => others !== undefined)
    return { ...reading, waited, longestWait: 0, ...(isKnown && { others: sum(use => use.others!) }) }
  }
  const watch = new NeighbourWatch(read, clock)
  for (let now = 0; now <= 1_000 * seconds.length; now += 200) {
    await Promise.resolve()
    await Promise.resolve()
    clock.run(now)
  }
  await Promise.resolve()
  watch.stop()
  return { watch, clock }
}

const peace: Use = { others: 20, idle: 1_200 }

test('in peace nobody is in the way', async () => {
  const { watch } = await seen([peace, peace, peace])
  expect(watch.disturbedBy(0, 3_000)).toBeUndefined()
  expect(watch.isQuiet()).toBe(true)
})

test('another program takes the cores: it is told for that time, and not for the time before', async () => {
  const { watch } = await seen([peace, peace, { others: 900, idle: 0, waited: 400 }])
  expect(watch.disturbedBy(2_000, 3_000)).toBe(
    'other programs used 90 % of a core, and the application waited for one 40 % of the time',
  )
  expect(watch.disturbedBy(0, 2_000)).toBeUndefined()
  expect(watch.isQuiet()).toBe(false)
})

test('it is quiet again as soon as they have gone', async () => {
  const { watch } = await seen([{ others: 900, idle: 0, waited: 400 }, peace])
  expect(watch.isQuiet()).toBe(true)
  expect(watch.disturbedBy(0, 1_000)).toBeDefined()
})

test('others that leave a core, and for which the application does not wait, are not in the way', async () => {
  const { watch } = await seen([{ others: 800, idle: 700, waited: 10 }])
  expect(watch.disturbedBy(0, 1_000)).toBeUndefined()
})

test('a full machine is in the way though no waiting was counted', async () => {
  const { watch } = await seen([{ others: 800, idle: 50 }])
  expect(watch.disturbedBy(0, 1_000)).toContain('other programs used 80 % of a core')
})

test('what the host takes for other machines is seen, also where the application is not known', async () => {
  const { watch } = await seen([{ idle: 900, stolen: 300 }])
  expect(watch.disturbedBy(0, 1_000)).toBe('the host took 30 % of a core for other machines')
  expect(watch.isQuiet()).toBe(false)
})

test('of a busy machine without a known application nothing is said', async () => {
  const { watch } = await seen([{ idle: 0 }])
  expect(watch.disturbedBy(0, 1_000)).toBeUndefined()
})
