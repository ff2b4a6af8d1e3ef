import { expect, test } from 'vitest'
import { heapProfileFile, profileFiles } from '../../src/cause/profile-files.ts'
import type { CpuProfile, ProfileNode } from '../../src/cause/profiler/protocol.ts'

const node = (id: number, functionName: string, url: string, children: number[] = []): ProfileNode => ({
  id,
  callFrame: { functionName, url, lineNumber: 4, columnNumber: 0 },
  children,
})

/** A thread that is busy for so many milliseconds in one function below another. */
const profile = (name: string, busy: number): CpuProfile => ({
  nodes: [
    node(1, '(root)', '', [2, 3]),
    node(2, '(idle)', ''),
    node(3, 'outer', 'file:///a.js', [4]),
    node(4, name, 'file:///b.js'),
  ],
  startTime: 0,
  endTime: 9_000,
  samples: [...Array(busy).fill(4), 2],
  timeDeltas: Array(busy + 1).fill(1_000),
})

test('the profile is that of the busiest thread, and the stacks are those of all', () => {
  const [idle, busy] = [profile('inner', 1), profile('inner', 3)]
  expect(profileFiles('head', [idle, busy])).toEqual([
    { name: 'head.cpuprofile', text: JSON.stringify(busy) },
    { name: 'head.stacks.txt', text: 'outer (file:///a.js:5);inner (file:///b.js:5) 4\n' },
  ])
  expect(profileFiles('app', [])).toEqual([])
})

test('a name of a function ends neither its frame nor its line, and has no escapes', () => {
  const [, stacks] = profileFiles('app', [profile('a;b 9\nc\u001b[31m d', 2)])
  expect(stacks!.text).toBe('outer (file:///a.js:5);a,b 9 c d (file:///b.js:5) 2\n')
})

test('live objects are a tree, as the developer tools read it', () => {
  const { callFrame } = node(1, 'keep', 'file:///a.js')
  const nodes = [-1, 0, 1, 0].map((parent, id) => ({ id, callFrame, selfSize: 10 * id, parent }))
  const [file] = heapProfileFile('head', nodes)
  const leaf = (id: number) => ({ id, callFrame, selfSize: 10 * id, children: [] })
  expect(file!.name).toBe('head.heapprofile')
  expect(JSON.parse(file!.text)).toEqual({
    head: { ...leaf(0), children: [{ ...leaf(1), children: [leaf(2)] }, leaf(3)] },
    samples: [],
  })
  expect(heapProfileFile('app', [])).toEqual([])
  const deep = Array.from({ length: 200_000 }, (_, id) => ({ id, callFrame, selfSize: 1, parent: id - 1 }))
  expect(heapProfileFile('app', deep)).toEqual([])
})
