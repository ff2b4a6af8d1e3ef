import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import type { LatencySummary, LoadReport } from '../../src/measure/report.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { mergeResults, parseResult, resultText } from '../../src/report/result.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { aNodeTarget, anEndpoint, aStep, aThread, latencies } from '../builders/report.ts'
import { amount } from '../builders/thorough.ts'
import { aLongRun } from './html/a-long-run.ts'

/** With as much in it as a report may have. */
function aFullReport(): LoadReport {
  const few: LatencySummary = latencies([5, 9, 40])
  const report = aLongRun(2, ['login'], {
    responseTime: few,
    serviceTime: few,
    steps: { login: aStep({ serviceTime: few }) },
    state: 'cut short',
    cause: 'it was cancelled',
    endedBy: { budget: 'p99', at: 1_000, value: 40 },
    alsoEndedBy: [{ budget: 'rps', at: 1_500 }],
    environment: { node: 'v22.1.0', system: 'Linux 6.1.0', architecture: 'x64', processor: 'x', cores: 2, memory: 8e9 },
    target: aNodeTarget(),
    targets: { db: anEndpoint() },
    warmUpCut: {
      at: 500,
      steady: true,
      because: 'steady',
      drift: { over: 500, latency: { from: 1, to: 2 }, rate: { from: 1, to: 2 }, change: 0.1 },
    },
    windows: { p99: [{ start: 0, length: 1_000, value: 40, count: 300, standing: 'open' }] },
    limitChanges: [{ at: 10, from: 1, to: 2, signal: 3, because: 'fast' }],
    answers: [
      { step: 'login', method: 'GET', status: '200', requests: 1, durations: 1, buckets: [1], errors: { reset: 1 } },
    ],
    bodiesReadInPart: 3,
    warnings: ['a warning'],
  })
  const threads = [aThread({ stalls: { count: 1, time: 2, longest: 3 } })]
  return { ...report, generator: { ...report.generator, lateness: few, threads } }
}

const { budgets } = readBudgets(
  { p99: { bound: '40ms', everyWindow: '1s' }, p50: '1ms', rps: 500, memory: '1MB', steps: { login: { p90: 5 } } },
  { steps: ['login'], target: true },
)
const aResult = () => resultText({ name: 'n', file: 'f', report: { ...aFullReport(), budgets } })

function* pathsOf(value: unknown, path: string[] = []): Generator<string[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, below] of Object.entries(value)) yield* pathsOf(below, [...path, key])
}

function changed(text: string, path: readonly string[], to: unknown): string {
  const value = JSON.parse(text)
  const holder = path.slice(0, -1).reduce((at, key) => at[key], value)
  if (to === undefined) delete holder[path.at(-1)!]
  else holder[path.at(-1)!] = to
  return JSON.stringify(value)
}

/** What goes wrong with a result that is taken for one, and what a terminal shows of it, where that comes so far. */
function usesOf(text: string, { hasPage = false, isMerged = true }): { fault?: string; shown?: string } {
  let taken: ReturnType<typeof parseResult>
  try {
    taken = parseResult(text, 'crafted.json')
  } catch (error) {
    return (error as Error).message.startsWith('Failed to read crafted.json: it is ') ? {} : { fault: String(error) }
  }
  let shown: string | undefined
  try {
    const { name, report } = taken
    shown = renderLoadReport(report, { name, verbose: true, color: false })
    renderMarkdown([{ name, report }])
    if (hasPage) renderHtmlReport([{ name, report }])
    if (!isMerged) return { shown }
    const merged = mergeResults([taken, other]).report
    renderLoadReport(merged, { name })
    renderMarkdown([{ name, report: merged }])
  } catch (error) {
    const { message, stack = '' } = error as Error
    if (!/^Failed to (merge results|read a histogram): /.test(message))
      return { fault: `${message} ${stack.split('\n')[1]}`, shown }
  }
  return { shown }
}

const whole = aResult()
const other = parseResult(whole, 'whole.json')
const paths = [...pathsOf(JSON.parse(whole))]

test.each([
  ['missing', 0, undefined],
  ['null', 1, null],
  ['a number', 2, 5],
  ['text', 3, 'x'],
  ['a list', 0, []],
  ['an object', 1, {}],
])('each part of a result that is %s is a fault that is told, or does no harm', (_, index, to) => {
  const faults = paths.flatMap((path, n) => {
    // Each part is met by two of the six, and by all in a thorough run.
    if ((n + index) % amount(3, 1) !== 0) return []
    // A page takes ten times as long as all else.
    const hasPage = (n + index) % amount(4, 1) === 0
    return usesOf(changed(whole, path, to), { hasPage }).fault?.concat(` [${path.join('.')}]`) ?? []
  })
  expect(faults).toEqual([])
})

test('no text of a result reaches a terminal as more than text, and no name is that of what objects inherit', () => {
  const hostile = '\u001b]0;x\u0007\u202e\u009b31m\n::error::x'
  const value = JSON.parse(whole)
  const texts = paths.filter(path => typeof path.reduce((at, key) => at[key], value) === 'string')
  expect(texts.length).toBeGreaterThan(50)
  const faults = texts.flatMap((path, n) =>
    [hostile, '__proto__', 'constructor'].flatMap((to, index) => {
      if (index > 0 && (n + index) % amount(3, 1) !== 0) return []
      // Merged with another, it is the names of what objects inherit that may do harm.
      const { fault, shown = '' } = usesOf(changed(whole, path, to), { isMerged: index > 0 || amount(0, 1) > 0 })
      if (fault !== undefined) return [`${fault} [${path.join('.')}]`]
      const isWild = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]|^\s*::error::|\[object|native code/m.test(shown)
      return isWild ? [`${to} [${path.join('.')}]`] : []
    }),
  )
  expect(faults).toEqual([])
})
