import { describe, expect, test } from 'vitest'
import type { RunTest } from '../../../plugin/reporter/run-tests.ts'
import { commentData, commentText, MOST_BYTES } from '../../../plugin/reporter/run-texts.ts'
import { comparisonMarkdown } from '../../../src/compare/markdown.ts'
import { wave } from '../../compare/pairs.ts'
import { aComparison, aRun, failedTest, many, passedTest, undecidedTest } from './runs.ts'

const linesOf = (text: string) => text.trimEnd().split('\n')
const rowsOf = (text: string) => linesOf(text).filter(line => line.startsWith('|'))
const inSight = (text: string) => text.replaceAll(/<details>.*?<\/details>/g, '')
const again = (over: Partial<RunTest['again']>) => ({
  again: { file: 'a.test.ts', name: 'a', isBaseOfJob: false, ...over },
})

const BRANCHES = {
  base: { commit: '1a2b3c4', subject: 'Search is faster', branch: 'main', from: '/tmp/vitest-arazzo-base-1a2b3c4' },
  head: { commit: '5d6e7f8', subject: 'Prices come with tax', branch: 'taxes', from: 'the working tree' },
}
const compared = (name = 'checkout') =>
  failedTest(name, { comparison: aComparison(undefined, undefined, BRANCHES), report: undefined })

describe('the comment', () => {
  test('has at most 12 lines for one load test and 25 for six, of which each has a row', () => {
    const one = commentText(aRun([failedTest('checkout', { comparison: aComparison() })]))
    expect(linesOf(one).length).toBeLessThanOrEqual(12)
    const six = commentText(
      aRun([
        passedTest('a'),
        ...many(3, compared()),
        undecidedTest('b', { comparison: aComparison() }),
        passedTest('c'),
      ]),
    )
    expect(linesOf(six).length).toBeLessThanOrEqual(25)
    expect(rowsOf(six)).toHaveLength(2 + 6)
    expect(rowsOf(six).map(row => row.split(' | ')[1]!.replace(/^.*&nbsp;/, ''))).toEqual([
      ...['Result', '---', 'failed', 'failed', 'failed', 'undecided', 'passed', 'passed'],
    ])
  })

  test('shows new steps and other work next to the verdicts, also of what passed', () => {
    const remarks = ['without step "pay", which is new on head', 'step "list" is not the same work: it is less']
    const comparison = aComparison(undefined, undefined, BRANCHES)
    comparison.budgets = comparison.budgets.map(found => ({ ...found, verdict: 'pass', remarks }))
    comparison.newSteps = [{ step: 'pay', route: 'POST /pay', status: 404 }]
    const run = aRun([passedTest('checkout', { comparison, report: undefined }), compared()])
    const [row] = rowsOf(inSight(commentText(run))).filter(text => text.includes('passed'))
    expect(row).toContain('2 kept<br>Without step "pay", which is new on head<br>Step "list" is not the same work')
    const failed = aRun([failedTest('checkout', { comparison })])
    expect(commentText(failed)).toContain('New on head, and not compared: "pay" (POST /pay, status 404 on base).')
  })

  test('shows what is missed, branches and subjects, and how to reproduce it; all else is folded', () => {
    const text = commentText(aRun([compared(), passedTest()]))
    expect(inSight(text)).toMatchInlineSnapshot(`
      "<!-- vitest-arazzo -->
      ## ❌ Load tests: 1 failed, 1 passed

      | Load test | Result | Budgets |
      | --- | --- | --- |
      | checkout | ❌&nbsp;failed | missed cpuPerRequest \\<= base + 5 %: +20 %<br>1 kept |
      | browsing | ✅&nbsp;passed | 1 kept |

      Head 5d6e7f8 "Prices come with tax" (taxes) against base 1a2b3c4 "Search is faster" (main)

      To accept it, add a trailer to a commit message: \`Load-Accept: checkout cpuPerRequest +22%\`.

      To reproduce it, check out taxes and run \`npx vitest run shop.load.test.ts -t 'checkout'\`.
      "
    `)
    const [, details] = /<details>(.*?)<\/details>/.exec(text)!
    expect(details!.split('<br>')).toMatchInlineSnapshot(`
      [
        "<summary>Details</summary>cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head uses more CPU time.",
        "p99: no slowdown beyond +10 %: 0 % (95 %: -1 to 1 %).",
        "Besides: memory 0 % (95 %: 0 to 0 %).",
        "The working tree has changes that are not committed.",
        "5 pairs of launches in 31 s, 2,100 and 2,104 requests, seed 42.",
      ]
    `)
    expect(text).not.toContain('/tmp/')
  })

  test('advises nobody to change the machine of a job', () => {
    const noisy = aComparison({ cpuPerRequest: 'base + 1%' }, n => ({ cpuTime: 400 * (1 + 0.2 * Math.sin(n)) }))
    const text = commentText(aRun([undecidedTest('checkout', { comparison: noisy, report: undefined })]))
    expect(text).toMatch(/undecided cpuPerRequest .* base \+ 1 %: -[\d.]+ to [\d.]+ %/)
    expect(text).not.toMatch(/end what else|calibrate/)
  })

  test('has no interval of fewer pairs than a decision takes, but how many are missing', () => {
    const of = (n: number) => ({ cpuTime: 400 * (1 + 0.2 * wave(n)), memory: 80e6 * (1 + 0.2 * wave(n)) })
    const few = aComparison({ cpuPerRequest: 'base + 60%', memory: 'base + 60MB' }, of, {}, 3)
    const text = commentText(aRun([undecidedTest('checkout', { comparison: few, report: undefined })]))
    expect(inSight(text)).toMatch(/undecided cpuPerRequest .* base \+ 60 %: [\d.+-]+ % in 3 of the 5 pairs that/)
    expect(inSight(text)).toMatch(/undecided memory .* base \+ 60 MB: [\d.+-]+ \w?B in 3 of the 5 pairs that/)
    expect([text, comparisonMarkdown({ name: 'a', comparison: few })].join()).not.toMatch(/\d to -?\d/)
    expect(text).toContain('more time (`compare.maxDuration` of `arazzo()` in the Vitest configuration)')
  })

  test('has the cause of what was not compared once in sight, none of its budgets as undecided, and what to do', () => {
    const cause = 'base could not be started: it did not start: Error: DB_URL is missing.\n\nFailed to start it.'
    const lost = aComparison(undefined, undefined, { cause, beside: [] })
    lost.budgets = lost.budgets.map(found => ({ ...found, verdict: 'inconclusive', why: [cause] }))
    const text = commentText(aRun([failedTest('checkout', { comparison: lost, report: undefined })]))
    expect(text.match(/DB\\_URL is missing/g)).toHaveLength(1)
    expect(inSight(text)).toContain(
      'not compared to the end: base could not be started: it did not start: Error: DB\\_URL',
    )
    expect(text).not.toContain('undecided')
    expect(text).toContain('If head repairs base, accept it with "base: none" (the action)')
    const markdown = comparisonMarkdown({ name: 'checkout', comparison: lost })
    expect(markdown.match(/DB\\_URL is missing/g)).toHaveLength(1)
    expect(markdown).toContain('base: none')
    const ofHead = { ...lost, cause: cause.replace('base', 'head') }
    expect(comparisonMarkdown({ name: 'checkout', comparison: ofHead })).not.toContain('base: none')
  })

  test('says why a budget is undecided in place of an interval that may lie within its bound', () => {
    const failing = aComparison({ p99: 'base + 10%' }, () => ({ failing: 0.3 }))
    const text = commentText(aRun([undecidedTest('checkout', { comparison: failing, report: undefined })]))
    expect(inSight(text)).toMatch(/undecided p99 .* base \+ 10 %: step "search" is not the same on both sides/)
  })

  test('has a command that only runs load tests, whatever their names are', () => {
    const commandOf = (...tests: RunTest[]) => /`(npx [^`]*)`/.exec(commentText(aRun(tests)))![1]
    const named = (name: string, file: string) => failedTest(name, again({ name, file }))
    expect(commandOf(named('a (1)', 'x/a.test.ts'), named('-b', 'x/b.test.ts'))).toBe(
      "npx vitest run x/a.test.ts x/b.test.ts -t 'a .1.|.b'",
    )
    expect(commandOf(named("'; rm -rf ~; `id` $(id) '", '$(id).test.ts'))).toBe(
      "npx vitest run --tags-filter=load -t '.. rm -rf .. .id. ..id. .'",
    )
    expect(commandOf(...many(7, named('a', 'a.test.ts')))).toBe('npx vitest run a.test.ts')
  })

  test('says how to get the base of a job', () => {
    const text = commentText(aRun([{ ...compared('a'), ...again({ isBaseOfJob: true }) }]))
    expect(text).toContain(
      'To reproduce it, check out taxes, set VITEST_ARAZZO_SETUP to the setup of the job, ' +
        "and run `VITEST_ARAZZO_BASE_COMMIT=1a2b3c4 npx vitest run a.test.ts -t 'a'`.",
    )
    const configured = commentText(aRun([{ ...compared('a'), ...again({ isBaseOfJob: true, hasSetup: true }) }]))
    expect(configured).toContain(
      "To reproduce it, check out taxes and run `VITEST_ARAZZO_BASE_COMMIT=1a2b3c4 npx vitest run a.test.ts -t 'a'`.",
    )
  })

  test('names changes that are not committed, which a checkout does not have', () => {
    const comparison = aComparison(undefined, undefined, { ...BRANCHES, head: { ...BRANCHES.head, isChanged: true } })
    const text = commentText(aRun([{ ...compared('a'), comparison, ...again({}) }]))
    expect(text).toContain('Head 5d6e7f8 "Prices come with tax" (taxes, with changes that are not committed) against')
    expect(text).toContain('check out taxes with the changes that are not committed and run `npx vitest')
  })

  test('names the author of an accepted change, whatever the name is, also if all passed', () => {
    const author = '**Ann** <b>|@team'
    const accepted = [{ budget: 'cpuPerRequest', allowed: '+30 %', instead: '+5 %', commit: '5d6e7f8', author }]
    const passing = aComparison({ cpuPerRequest: 'base + 30%' }, undefined, { ...BRANCHES, accepted })
    const run = aRun([passedTest('checkout', { comparison: passing, report: undefined })], {
      remarks: ['a <b> remark'],
    })
    const text = commentText(run)
    expect(text).toContain(
      '| checkout | ✅&nbsp;passed | 1 kept<br>accepted cpuPerRequest +30 % instead of +5 %, ' +
        'by \\*\\*Ann\\*\\* \\<b\\>\\|@\u200bteam in 5d6e7f8 |',
    )
    expect(text).toContain('> [!NOTE]\n> a \\<b\\> remark.\n')
    expect(commentData(run, '').accepted).toEqual([
      `checkout: cpuPerRequest +30 % instead of +5 %, by ${author} in 5d6e7f8`,
    ])
  })

  test('has the trailer that accepts a change', () => {
    expect(commentText(aRun([compared()]))).toContain('`Load-Accept: checkout cpuPerRequest +22%`')
    const wild = { ...compared(), again: { file: 'a.test.ts', name: '`$(id)`', isBaseOfJob: false } }
    expect(commentText(aRun([wild]))).not.toContain('Load-Accept')
  })

  test('shows texts of others as text', () => {
    const wild = '</details> <b>|`@team` [x](http://evil.example)\n\n## all is well'
    const comparison = aComparison(undefined, undefined, {
      base: { commit: '1a2b3c4', subject: wild, branch: wild, from: wild },
      head: { commit: '5d6e7f8', subject: wild, branch: wild, from: wild },
      notes: [wild],
      cause: wild,
    })
    const text = commentText(aRun([failedTest(wild, { comparison, errors: [wild], notCompared: [wild] })]))
    expect(linesOf(text).length).toBeLessThanOrEqual(12)
    expect(text.match(/(?<!\\)<\/details>/g)).toHaveLength(1)
    expect(text.replaceAll(/`npx [^`]*`/g, '')).not.toMatch(/@team|[^\\]\[x|[^\\]<b>|http:\/\/evil/)
    // Each row has its three cells.
    for (const row of rowsOf(text)) expect(row.match(/(?<!\\)\|/g)).toHaveLength(4)
  })

  test('is short when all is well', () => {
    expect(commentText(aRun(many(2, passedTest())))).toMatchInlineSnapshot(`
      "<!-- vitest-arazzo -->
      ## ✅ Load tests: 2 passed

      | Load test | Result | Budgets |
      | --- | --- | --- |
      | test 0 | ✅&nbsp;passed | 1 kept |
      | test 1 | ✅&nbsp;passed | 1 kept |
      "
    `)
  })

  test('says of what passed how much of it was not compared', () => {
    const left = { notCompared: ['p50: not compared: no base', 'p99: not compared: no base'] }
    const [, , row] = rowsOf(commentText(aRun([passedTest('a', left)])))
    expect(row).toContain('1 kept<br>2 not compared<details>')
  })

  test('does not say that all is well of a run that failed otherwise', () => {
    const text = commentText(aRun([passedTest()], { state: 'failed', problems: ['a.test.ts: it cannot be read'] }))
    expect(text).toContain('## ❌ Load tests: 1 passed')
    expect(text).toContain('- a.test.ts: it cannot be read')
  })

  test('is at most as long as it may be: without details first, and then with a line that says what is left out', () => {
    const some = commentText(aRun(many(200, compared())))
    expect(Buffer.byteLength(some)).toBeLessThanOrEqual(MOST_BYTES)
    expect(rowsOf(some)).toHaveLength(202)
    expect(linesOf(some).at(-1)).toMatch(/^_To keep this short: \d+ load tests shortened\./)
    const all = commentText(aRun([...many(4_000, failedTest()), ...many(2_000, passedTest())]))
    expect(Buffer.byteLength(all)).toBeLessThanOrEqual(MOST_BYTES)
    expect(linesOf(all).at(-1)).toContain('load tests left out')
  })
})
