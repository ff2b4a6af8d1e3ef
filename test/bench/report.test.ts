import { expect, test } from 'vitest'
import { between } from '../../bench/document.ts'
import { bars, isOfBar, judgeBars } from '../../bench/macro/bars.ts'
import { barTable } from '../../bench/macro/markdown.ts'
import type { Measured } from '../../bench/macro/rounds.ts'
import { runRounds } from '../../bench/macro/rounds.ts'
import type { Row } from '../../bench/macro/rows.ts'
import { workloads } from '../../bench/macro/workloads.ts'

const row = (workload: string, generator: string, does = '', run?: Row['run']): Row => ({
  workload: workloads.find(({ name }) => name === workload)!,
  generator,
  does,
  run: run ?? (() => Promise.reject(new Error('nothing to run'))),
})

const measured = (workload: string, generator: string, rates: (number | undefined)[], does = ''): Measured => ({
  row: row(workload, generator, does),
  samples: rates.map(rate => rate && { requestsPerSecond: rate, cpuPerRequest: 1 }) as Measured['samples'],
})

test('bars are judged by the median of the ratios within rounds', () => {
  const judged = judgeBars([
    measured('plain', 'wrk', [100, 50, 100]),
    measured('plain', 'ours (wire)', [80, 40, 10]),
    measured('plain', 'autocannon', [40, undefined, 40]),
    measured('three-steps', 'ours (wire)', [69, 34, 69]),
    measured('tls', 'ours (wire)', [100, 100, 100], 'plain GET, a criterion and an output'),
    measured('tls', 'wrk', [100, 100, 100]),
  ])
  expect(judged.map(({ ratio, isMet }) => [ratio, isMet])).toEqual([
    [2, true],
    [0.8, true],
    [0.69, false],
    ...Array.from({ length: 5 }, () => [undefined, false]),
  ])
  expect(barTable(judged)).toMatchInlineSnapshot(`
    "| ours (wire) | measured | bar |  |
    | --- | ---: | ---: | ---: |
    | plain GET, to autocannon | 2.00 | at least 1.4 | met |
    | plain GET, to wrk | 0.80 | at least 0.75 | met |
    | three steps, to wrk's plain GET | 0.69 | at least 0.7 | not met |
    | three steps, to our undici transport | not measured | at least 1.8 | not met |
    | 10 KB that changes, a late output, to wrk | not measured | at least 0.65 | not met |
    | 1 MB, an early output, to wrk | not measured | at least 0.7 | not met |
    | 1 MB that changes, a late output, to wrk | not measured | at least 0.6 | not met |
    | three steps over TLS, to wrk's plain GET over TLS | not measured | at least 0.45 | not met |"
  `)
})

test('every bar has its two rows', async () => {
  const all = workloads.flatMap(({ name, workflows }) => [
    ...['wrk', 'autocannon'].map(peer => row(name, peer)),
    ...Object.keys(workflows).flatMap(does =>
      ['wire', 'undici'].map(transport => row(name, `ours (${transport})`, does)),
    ),
  ])
  const needed = all.filter(row => isOfBar({ row }))
  const judged = judgeBars(needed.map(row => ({ row, samples: [{ requestsPerSecond: 1, cpuPerRequest: 1 }] })))
  expect(judged.map(({ ratio }) => ratio)).toEqual(bars.map(() => 1))
})

test('rows take turns in going first, and one that fails is run no more', async () => {
  const ran: string[] = []
  const run = (name: string) => () => {
    ran.push(name)
    return name === 'b'
      ? Promise.reject(new Error('b is broken'))
      : Promise.resolve({ requestsPerSecond: 1, cpuPerRequest: 1 })
  }
  const rows = ['a', 'b', 'c'].map(name => row('plain', name, '', run(name)))
  const all = await runRounds(rows, { rounds: 3, seconds: 1 }, () => {})
  expect(ran.join(' ')).toBe('a b c c a a c')
  expect(all.map(({ samples, missing }) => [samples.length, missing])).toEqual([
    [3, undefined],
    [0, 'b is broken'],
    [3, undefined],
  ])
})

test('findings go between their markers, and again in the same place', () => {
  const document = 'before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n'
  const once = between(document, 'x', 'new')
  expect(once).toBe('before\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nafter\n')
  expect(between(once, 'x', 'new')).toBe(once)
  expect(() => between(document, 'y', 'new')).toThrow('does not have <!-- y: begin -->')
})
