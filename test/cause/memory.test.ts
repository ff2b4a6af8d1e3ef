import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Checkpoint, causeAtStart, causeOfGrowingMemory, checkpointOf } from '../../src/cause/memory.ts'

const MB = 1e6

/** Memory at one moment; sizes of live objects by the name of their function. */
function checkpoint(heap: number, functions: Record<string, number> = {}, more: Partial<Checkpoint> = {}): Checkpoint {
  const places = Object.entries(functions).map(([name, time]) => {
    const place = { name, file: `src/${name}.js`, line: 1, column: 1, time, lines: new Map(), beyond: new Map() }
    return [name, place] as const
  })
  return { rss: heap + 50 * MB, heap, buffers: 0, scripts: new Map(), functions: new Map(places), nodes: [], ...more }
}

const steps = [0, 1, 2, 3, 4]
const kindOf = (checkpoints: Checkpoint[], requests = 2_000) => causeOfGrowingMemory(checkpoints, requests).kind

test('a function is named whose objects become more each time, with its growth for 1,000 requests', () => {
  const looks = steps.map(i =>
    checkpoint((20 + 2 * i) * MB, { keep: (1 + 2 * i) * MB, cache: 5 * MB, turn: (i % 2) * 4 * MB }),
  )
  const cause = causeOfGrowingMemory(looks, 2_000)
  expect(cause).toMatchObject({ kind: 'growth', heap: 4 * MB })
  expect(cause).toHaveProperty('functions', [
    { function: { name: 'keep', file: 'src/keep.js', line: 1, column: 1 }, growth: 4 * MB },
  ])
})

test.each<[string, Checkpoint[]]>([
  ['the heap is the same after collections', steps.map(() => checkpoint(20 * MB, { keep: MB }))],
  ['it fell once', steps.map(i => checkpoint((20 + 2 * i - (i === 3 ? 3 : 0)) * MB, { keep: i * MB }))],
  [
    'a cache is full after the second look',
    steps.map(i => checkpoint((20 + Math.min(i, 1)) * MB, { cache: Math.min(i, 1) * MB })),
  ],
  [
    'the heap grows in many functions a little',
    steps.map(i => checkpoint((20 + 2 * i) * MB, { a: i * 1e5, b: i * 1e5 })),
  ],
  [
    'a growth is within the noise of its samples',
    steps.map(i => checkpoint((20 + i / 10) * MB, { keep: (9 + i / 20) * MB })),
  ],
  ['there were too few looks', steps.slice(2).map(i => checkpoint((20 + 2 * i) * MB, { keep: 2 * i * MB }))],
])('none is named if %s', (_, looks) => {
  expect(kindOf(looks)).toBe('not found')
})

test('a growth that is not in the heap is said to be outside of it', () => {
  const looks = steps.map(i =>
    checkpoint(20 * MB + i * 1_000, { keep: i * 1_000 }, { rss: (80 + 9 * i) * MB, buffers: 8 * i * MB }),
  )
  const cause = { kind: 'outside heap', growth: 18 * MB, heap: 2_000, buffers: 16 * MB }
  expect(causeOfGrowingMemory(looks, 2_000)).toEqual(cause)
  // A resident set that grows by a few megabytes is that of any process.
  expect(kindOf(steps.map(i => checkpoint(20 * MB, {}, { rss: (80 + i) * MB })))).toBe('not found')
})

const scripts = (...all: [string, number][]) => ({ scripts: new Map(all) })

test('modules that head loads in addition are named only if they explain its larger start', () => {
  const base = checkpoint(10 * MB, {}, scripts(['src/app.js', 900], ['node:fs', 900]))
  const more: [string, number][] = [
    ['src/app.js', 950],
    ['node_modules/big/a.js', 2 * MB],
    ['node_modules/big/b.js', MB],
    ['node:zlib', 9 * MB],
  ]
  const head = checkpoint(25 * MB, {}, scripts(...more))
  const modules = [{ name: 'big', files: 2, size: 3 * MB }]
  expect(causeAtStart(base, head, 15 * MB)).toEqual({ kind: 'start', added: 15 * MB, modules })
  expect(causeAtStart(base, checkpoint(12 * MB, {}, scripts(...more)), 15 * MB).kind).toBe('not found')
  expect(causeAtStart(base, checkpoint(25 * MB, {}, scripts(['src/new.js', 5_000])), 15 * MB).kind).toBe('not found')
})

test('a module is named by what it keeps, however short it is; so is one that base has as well', () => {
  const base = checkpoint(10 * MB, { app: 2 * MB, pool: MB }, scripts(['src/app.js', 900]))
  const short = scripts(['src/app.js', 950], ['src/catalog.js', 120])
  const head = checkpoint(25 * MB, { app: 2 * MB, pool: MB, catalog: 14 * MB }, short)
  const modules = [{ name: 'src/catalog.js', files: 1, size: 120, kept: 14 * MB }]
  expect(causeAtStart(base, head, 15 * MB)).toEqual({ kind: 'start', added: 15 * MB, modules })
  const larger = checkpoint(25 * MB, { app: 2 * MB, pool: 13 * MB }, scripts(['src/app.js', 950]))
  expect(causeAtStart(base, larger, 15 * MB)).toHaveProperty('modules', [
    { name: 'src/pool.js', files: 0, size: 0, kept: 12 * MB },
  ])
  const spread = checkpoint(25 * MB, { app: 3 * MB, pool: 2 * MB }, short)
  expect(causeAtStart(base, spread, 15 * MB).kind).toBe('not found')
})

test('a reading that an application has spoilt is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heap-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const frame = { functionName: 'a', url: 'file:///a.js', lineNumber: 0, columnNumber: 0 }
  const reading = {
    rss: 1,
    heap: 2,
    buffers: 3,
    scripts: [],
    nodes: [{ id: 0, callFrame: frame, selfSize: 5, parent: -1 }],
  }
  const spoilt = [
    {},
    [],
    null,
    { ...reading, nodes: [{ ...reading.nodes[0], parent: 0 }] },
    { ...reading, scripts: [1] },
  ]
  const paths = [reading, ...spoilt].map((value, i) => {
    const path = join(folder, `${i}-0.heap`)
    writeFileSync(path, JSON.stringify(value))
    return path
  })
  const { functions, ...rest } = checkpointOf([...paths, join(folder, 'absent')], folder)
  expect(rest).toEqual({ rss: 1, heap: 2, buffers: 3, scripts: new Map(), nodes: reading.nodes })
  expect([...functions.values()].map(({ time }) => time)).toEqual([5])
})
