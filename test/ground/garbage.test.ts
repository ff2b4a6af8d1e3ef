import { Session } from 'node:inspector/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { expect, test } from 'vitest'
import { collectAll } from '../../src/ground/garbage.ts'

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
  await collectAll(Number.POSITIVE_INFINITY)
  expect(youngGeneration()).toBeLessThan(grown / 2)
})

test('a heap that takes long to collect is left alone', async () => {
  grow()
  const grown = youngGeneration()
  await collectAll(1e6)
  expect(youngGeneration()).toBeGreaterThan(grown / 2)
})

test('other sessions of the inspector, as those of coverage, stay connected', async () => {
  const session = new Session()
  session.connect()
  await collectAll(Number.POSITIVE_INFINITY)
  const { result } = await session.post('Runtime.evaluate', { expression: '6 * 7' })
  session.disconnect()
  expect(result.value).toBe(42)
})
