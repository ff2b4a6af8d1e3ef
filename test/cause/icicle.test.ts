import { expect, test } from 'vitest'
import { profileSection } from '../../src/cause/icicle.ts'
import type { CpuProfile, ProfileNode } from '../../src/cause/profiler/protocol.ts'

const node = (id: number, functionName: string, url: string, line: number, children: number[] = []): ProfileNode => ({
  id,
  callFrame: { functionName, url, lineNumber: line - 1, columnNumber: 0 },
  children,
})

/** A thread in which `list` calls `priceOf` and `JSON`, in a checkout; so many milliseconds in each. */
function profile(checkout: string, own: number, price: number, line: number): CpuProfile {
  const samples = [...Array(own).fill(3), ...Array(price).fill(4), 2]
  return {
    nodes: [
      node(1, '(root)', '', 0, [2, 3]),
      node(2, '(idle)', '', 0),
      node(3, 'list', `file://${checkout}/src/list.js`, 3, [4]),
      node(4, 'priceOf', `file://${checkout}/src/prices.js`, line),
    ],
    ...{ startTime: 0, endTime: samples.length * 1_000, samples },
    timeDeltas: samples.map(() => 1_000),
  }
}

test('a call tree has the CPU time per request of both sides, whatever their folders and lines', () => {
  const { icicle, tables } = profileSection({
    base: { profiles: [profile('/base', 5, 5, 8)], cost: 0.2, checkout: '/base' },
    head: { profiles: [profile('/head', 5, 15, 41)], cost: 0.4, checkout: '/head' },
  })
  expect(icicle).toEqual({
    ...{ name: 'all', base: expect.closeTo(0.2), head: expect.closeTo(0.4) },
    children: [
      {
        ...{ name: 'list (src/list.js:3)', base: expect.closeTo(0.2), head: expect.closeTo(0.4) },
        children: [
          {
            ...{ name: 'priceOf (src/prices.js:8)', base: expect.closeTo(0.1), head: expect.closeTo(0.3) },
            children: [],
          },
        ],
      },
    ],
  })
  expect(tables[0]!.rows).toEqual([
    ['priceOf (src/prices.js:8)', '0.1 ms', '0.3 ms', '+0.2 ms'],
    ['list (src/list.js:3)', '0.1 ms', '0.1 ms', '0 ms'],
  ])
})
