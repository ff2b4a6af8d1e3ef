import { describe, expect, test } from 'vitest'
import type { RunTest } from '../../../plugin/reporter/run-tests.ts'
import { commentData, commentText, MOST_BYTES, summaryText } from '../../../plugin/reporter/run-texts.ts'
import { aReport } from '../../builders/report.ts'
import { aLongRun } from '../../report/html/a-long-run.ts'
import { aComparison, aRun, failedTest, passedTest, undecidedTest } from './runs.ts'

const headlines = (text: string) => text.match(/^##.*$/gm)
const many = (count: number, of: (name: string) => RunTest) => Array.from({ length: count }, (_, i) => of(`test ${i}`))

describe('the summary', () => {
  test('has what failed first, then what is undecided', () => {
    const text = summaryText(aRun([passedTest(), undecidedTest(), failedTest()]))
    expect(headlines(text)).toEqual([
      '## ❌ Load tests: 1 failed, 1 undecided, 1 passed',
      '### ❌ checkout at peak: fail',
      '### ❔ searching: inconclusive',
      '### ✅ browsing: pass',
    ])
  })

  test('begins with a table of all, and folds what passed away', () => {
    const verdicts = [
      { budget: 'p99', title: 'p99 <= 40 ms', value: '49 ms', verdict: 'fail', because: 'Too slow.' },
      { budget: 'p50', title: 'p50 <= 40 ms', value: '39 ms', verdict: 'inconclusive', because: 'Who knows.' },
      { budget: 'errorRate', title: 'errorRate <= 1 %', value: '0 %', verdict: 'pass', because: '' },
    ] as const
    const failed = failedTest('a|b', { report: aReport({ verdicts: [...verdicts] }), comparison: aComparison() })
    const apart = failedTest('no report', { report: undefined, errors: ['it broke'], notCompared: ['x', 'y'] })
    const text = summaryText(aRun([passedTest(), failed, apart]))
    const table = text
      .split('\n')
      .filter(line => line.startsWith('|'))
      .slice(0, 5)
    expect(table).toMatchInlineSnapshot(`
      [
        "| Load test | Result | Budgets | Rate | p99 | Failed |",
        "| --- | --- | --- | ---: | ---: | ---: |",
        "| a\\|b | ❌ failed | missed p99 \\<= 40 ms: 49 ms; missed cpuPerRequest \\<= base + 5 %: +20 %; undecided p50 \\<= 40 ms: 39 ms; 2 kept | 600/s | 49 ms | 0 % |",
        "| no report | ❌ failed | 2 not compared | – | – | – |",
        "| browsing | ✅ passed | 1 kept | 600/s | 49 ms | 0 % |",
      ]
    `)
    expect(text.indexOf(table[0]!)).toBeLessThan(text.indexOf('###'))
    const [open, hidden] = text.split('<details><summary>✅ 1 passed</summary>')
    expect(headlines(open!)!.slice(1)).toEqual([
      '### ❌ a\\|b, head against base: fail',
      '### ❌ a\\|b: fail',
      '### ❌ no report: failed (2 not compared)',
    ])
    expect(headlines(hidden!)).toEqual(['### ✅ browsing: pass'])
  })

  test('has a comparison before the load of its own', () => {
    const text = summaryText(aRun([failedTest('a', { comparison: aComparison() })]))
    expect(headlines(text)!.slice(1)).toEqual(['### ❌ a, head against base: fail', '### ❌ a: fail'])
  })

  test('says what went wrong besides, and what was not compared', () => {
    const bare = failedTest('a', {
      report: undefined,
      errors: ['p99: <it> broke'],
      notCompared: ['p50: not compared: no base'],
    })
    const text = summaryText(
      aRun([bare], { state: 'failed', problems: ['x.test.ts: *no*'], isInterrupted: true, shard: '1/2' }),
    )
    expect(text).toMatchInlineSnapshot(`
      "## ❌ Load tests of shard 1/2: 1 failed

      **The run was interrupted**: what is not listed did not run.

      **What went wrong besides:**

      - x.test.ts: \\*no\\*

      | Load test | Result | Budgets | Rate | p99 | Failed |
      | --- | --- | --- | ---: | ---: | ---: |
      | a | ❌ failed | 1 not compared | – | – | – |

      ### ❌ a: failed (1 not compared)

      - p99: \\<it\\> broke
      - p50: not compared: no base.
      "
    `)
  })

  test('is at most as long as it may be: shortened first, and then with a line that says what is left out', () => {
    const big = (name = 'list') => failedTest(name, { report: { ...aLongRun(60, ['login', 'list']), doubts: [] } })
    const short = summaryText(aRun(many(80, big)))
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(MOST_BYTES)
    expect(headlines(short)).toHaveLength(81)
    expect(short.trim().split('\n').at(-1)).toMatch(
      /^_To keep this short: \d+ load tests shortened. Their files have it all._$/,
    )

    const long = summaryText(aRun([...many(3_000, passedTest), failedTest('the one that failed')]))
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(MOST_BYTES)
    expect(headlines(long)![1]).toBe('### ❌ the one that failed: fail')
    const [, left] = /, ([\d,]+) load tests left out\. /.exec(long.trim().split('\n').at(-1)!)!
    expect(headlines(long)!.length - 1 + Number(left!.replace(',', ''))).toBe(3_001)
  })

  test('holds names and messages as long as others make them', () => {
    const wild = failedTest('n'.repeat(70_000), {
      report: undefined,
      errors: many(50, failedTest).map(() => '@x '.repeat(30_000)),
    })
    const text = summaryText(aRun([wild, failedTest('after it')]))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES)
    expect(text).toContain('### ❌ after it: fail')
  })
})

describe('the comment', () => {
  test('begins with its marker, and has of what passed only a line', () => {
    const text = commentText(aRun([passedTest(), passedTest('a_b'), undecidedTest()]))
    expect(text.split('\n')[0]).toBe('<!-- vitest-arazzo -->')
    expect(headlines(text)).toEqual(['## ❔ Load tests: 1 undecided, 2 passed', '### ❔ searching: inconclusive'])
    expect(text).toContain('\n✅ Passed: browsing, a\\_b.\n')
  })

  test('is short when all is well', () => {
    expect(commentText(aRun(many(12, passedTest)))).toMatchInlineSnapshot(`
      "<!-- vitest-arazzo -->
      ## ✅ Load tests: 12 passed

      Nothing failed, and nothing is undecided.

      ✅ Passed: test 0, test 1, test 2, test 3, test 4, test 5, test 6, test 7, test 8, test 9, 2 more.
      "
    `)
  })

  test('says of what passed how much of it was not compared', () => {
    const left = { notCompared: ['p50: not compared: no base', 'p99: not compared: no base'] }
    const alone = passedTest('alone', { ...left, report: undefined })
    expect(commentText(aRun([passedTest('a', left), passedTest('b')]))).toContain('Passed: a (2 not compared), b.\n')
    expect(commentText(aRun(many(12, name => passedTest(name, left))))).toContain(', 2 more (4 not compared).\n')
    expect(headlines(summaryText(aRun([alone])))![1]).toBe('### ✅ alone: passed (2 not compared)')
  })

  test('does not say that all is well of a run that failed otherwise', () => {
    const text = commentText(aRun([passedTest()], { state: 'failed', problems: ['a.test.ts: it cannot be read'] }))
    expect(text).toContain('## ❌ Load tests: 1 passed')
    expect(text).not.toContain('Nothing failed')
    expect(text).toContain('- a.test.ts: it cannot be read')
  })

  test('is at most as long as it may be', () => {
    const text = commentText(aRun([...many(4_000, failedTest), ...many(2_000, passedTest)]))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES)
    expect(text.trim().split('\n').at(-1)).toContain('load tests left out')
  })
})

describe('what programs read', () => {
  test('has the state, counts, and plain sentences of what did not pass', () => {
    const run = aRun([failedTest('a', { comparison: aComparison() }), passedTest(), undecidedTest('b <c>')])
    expect(commentData(run, '2026-11-27T13:00:00.000Z')).toMatchInlineSnapshot(`
      {
        "at": "2026-11-27T13:00:00.000Z",
        "by": "vitest-arazzo",
        "counts": {
          "failed": 1,
          "passed": 1,
          "undecided": 1,
        },
        "left": 0,
        "state": "failed",
        "tests": [
          {
            "name": "a",
            "says": [
              "cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head is dearer.",
              "Expected p99 <= 40 ms, received 49 ms.",
            ],
            "state": "failed",
          },
          {
            "name": "b <c>",
            "says": [
              "The generator was busy.",
            ],
            "state": "undecided",
          },
        ],
        "version": 1,
      }
    `)
  })

  test('is at most as long as it may be, and counts the rest', () => {
    const data = commentData(aRun(many(5_000, failedTest)), '2026-11-27T13:00:00.000Z')
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThanOrEqual(MOST_BYTES)
    expect(data.tests.length + data.left).toBe(5_000)
    expect(data.tests.length).toBeGreaterThan(100)
  })
})
