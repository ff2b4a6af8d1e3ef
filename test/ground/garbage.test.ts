import { Session } from 'node:inspector/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { expect, onTestFinished, test, vi } from 'vitest'
import { collectGarbage } from '../../src/ground/garbage.ts'

const youngGeneration = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.physical_space_size

/** What survives for some time lets the young generation grow. */
function grow(): void {
  const kept: object[] = []
  for (let round = 0; round < 40; round++) {
    for (let n = 0; n < 50_000; n++) kept.push({ n, round })
    if (round % 4 === 3) kept.length = 0
  }
}

test('the young generation that loading let grow is given back', async () => {
  grow()
  const grown = youngGeneration()
  expect(grown).toBeGreaterThan(4e6)
  await collectGarbage(Number.POSITIVE_INFINITY)
  expect(youngGeneration()).toBeLessThan(grown / 2)
})

test('a heap that takes long to collect is left alone', async () => {
  const connect = vi.spyOn(Session.prototype, 'connect')
  onTestFinished(() => connect.mockRestore())
  await collectGarbage(1e6)
  expect(connect).not.toHaveBeenCalled()
})

test('what others track of the heap, and look at, is still there', async () => {
  const session = new Session()
  session.connect()
  onTestFinished(() => session.disconnect())
  await session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true })
  const { result } = await session.post('Runtime.evaluate', { expression: 'globalThis' })
  const idOf = async () => {
    const found = await session.post('HeapProfiler.getHeapObjectId', { objectId: result.objectId! })
    return found.heapSnapshotObjectId
  }
  const id = await idOf()
  await collectGarbage(Number.POSITIVE_INFINITY)
  expect(await idOf()).toBe(id)
})

test('a load goes on where the inspector is refused', async () => {
  const connect = vi.spyOn(Session.prototype, 'connect').mockImplementation(() => {
    throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' })
  })
  onTestFinished(() => connect.mockRestore())
  await expect(collectGarbage(Number.POSITIVE_INFINITY)).resolves.toBeUndefined()
})
