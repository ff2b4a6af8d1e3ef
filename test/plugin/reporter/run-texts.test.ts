import { describe, expect, test } from 'vitest'
import { commentData, commentText, MOST_BYTES, summaryText } from '../../../plugin/reporter/run-texts.ts'
import type { Verdict } from '../../../src/measure/report.ts'
import { aReport } from '../../builders/report.ts'
import { aLongRun } from '../../report/html/a-long-run.ts'
import { aComparison, aRun, failedTest, many, passedTest, undecidedTest } from './runs.ts'

const headlines = (text: string) => text.match(/^##.*$/gm)

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
    const verdicts: Verdict[] = [
      { budget: 'p99', title: 'p99 <= 40 ms', value: '49 ms', verdict: 'fail', because: 'Too slow.', reasons: [] },
      {
        budget: 'p50',
        title: 'p50 <= 40 ms',
        value: '39 ms',
        verdict: 'inconclusive',
        because: 'Who knows.',
        reasons: [],
      },
      { budget: 'errorRate', title: 'errorRate <= 1 %', value: '0 %', verdict: 'pass', because: '', reasons: [] },
    ]
    const failed = failedTest('a|b', { report: aReport({ verdicts }), comparison: aComparison() })
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

      **Further problems:**

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
    const big = failedTest('list', { report: { ...aLongRun(60, ['login', 'list']), doubts: [] } })
    const short = summaryText(aRun(many(80, big)))
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(MOST_BYTES)
    expect(headlines(short)).toHaveLength(81)
    expect(short.trim().split('\n').at(-1)).toMatch(
      /^_To keep this short: \d+ load tests shortened. Their files have it all._$/,
    )

    const long = summaryText(aRun([...many(3_000, passedTest()), failedTest('the one that failed')]))
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(MOST_BYTES)
    expect(headlines(long)![1]).toBe('### ❌ the one that failed: fail')
    const [, left] = /, ([\d,]+) load tests left out\. /.exec(long.trim().split('\n').at(-1)!)!
    expect(headlines(long)!.length - 1 + Number(left!.replace(',', ''))).toBe(3_001)
  })

  test('holds names and messages as long as others make them', () => {
    const wild = failedTest('n'.repeat(70_000), {
      report: undefined,
      errors: Array.from({ length: 50 }, () => '@x '.repeat(30_000)),
    })
    const text = summaryText(aRun([wild, failedTest('after it')]))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES)
    expect(text).toContain('### ❌ after it: fail')
  })
})

describe('what programs read', () => {
  test('has the state, counts, and plain sentences of what did not pass', () => {
    const run = aRun([failedTest('a', { comparison: aComparison() }), passedTest(), undecidedTest('b <c>')])
    expect(commentData(run, '2026-11-27T13:00:00.000Z')).toMatchInlineSnapshot(`
      {
        "accepted": [],
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
              "cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head uses more CPU time.",
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
    const data = commentData(aRun(many(5_000, failedTest())), '2026-11-27T13:00:00.000Z')
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThanOrEqual(MOST_BYTES)
    expect(data.tests.length + data.left).toBe(5_000)
    expect(data.tests.length).toBeGreaterThan(100)
  })
})

test('what others wrote is no element, link or mention in a comment', () => {
  const errors = ['see <img src=x> for @team']
  const text = commentText(aRun([failedTest('buy', { report: undefined, errors })]))
  expect(text).toContain('see \\<img src=x\\> for @\u200bteam')
  expect(text).not.toMatch(/[^\\]<img|@team/)
})
