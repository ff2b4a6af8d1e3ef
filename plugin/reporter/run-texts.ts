import { sentencesOf } from '../../src/budget/judge.ts'
import { whyRunFailed } from '../../src/budget/nothing.ts'
import type { ComparedBudget, Range } from '../../src/compare/comparison.ts'
import { comparisonMarkdown } from '../../src/compare/markdown.ts'
import * as words from '../../src/compare/words.ts'
import { ended } from '../../src/ground/fault.ts'
import { plain, plainLines } from '../../src/ground/plain.ts'
import { formatMs, formatRate, formatShare } from '../../src/ground/units.ts'
import { capitalized, counted, firstOf } from '../../src/ground/words.ts'
import { whyHooksFailed } from '../../src/measure/report/hook-counts.ts'
import type { Verdict } from '../../src/measure/report.ts'
import { causeWords } from '../../src/report/cause.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { escaped, folded, table } from '../../src/report/markdown-parts.ts'
import { cut } from '../../src/report/text.ts'
import { describeCommonError, describeSlowestStep, verdictBlockOf } from '../../src/report/verdict-block.ts'
import { COMMIT_VARIABLE, SETUP_VARIABLE } from '../compare/options.ts'
import { headFigure } from './passed-rows.ts'
import { type LoadRun, type RunState, type RunTest, STATES } from './run-tests.ts'

/** Bytes of a text: GitHub takes comments of 65,536 characters, and needs some for what it is sent with. */
export const MOST_BYTES = 60_000
const MARKS: Record<RunState, string> = { failed: '❌', undecided: '❔', passed: '✅' }
const WIDEST_NAME = 200
const WIDEST_MESSAGE = 600
const MOST_MESSAGES = 10
const MOST_REMARKS = 5
/** Maximum number of lines of a problem. */
const LAST_LINES = 6
const WIDEST_LINE = 120

/**
 * All load tests and comparisons of a run: a table of them; then each at length, what failed first, what is undecided,
 * and what passed folded away.
 */
export function summaryText(run: LoadRun): string {
  const all = run.tests.length > 0 ? overview(inOrder(run), MARKS) : []
  return fitted([title(run), ...remarks(run), ...all], run.tests)
}

/** Findings of a run, for programs. Texts are plain and must be escaped where they are shown. */
export interface CommentData {
  version: 1
  by: 'vitest-arazzo'
  state: RunState
  /** When the run ended: ISO 8601. */
  at: string
  counts: Record<RunState, number>
  /** Failed and undecided tests, with their texts. */
  tests: { name: string; state: 'failed' | 'undecided'; says: string[] }[]
  /** Number of tests that are not listed. */
  left: number
  /** Bounds that commits have raised, in words. */
  accepted: string[]
}

export function commentData(run: LoadRun, at: string): CommentData {
  const found = inOrder(run).flatMap(test => (test.state === 'passed' ? [] : [{ ...test, state: test.state }]))
  const problems = run.problems.slice(0, MOST_MESSAGES).map(short)
  const data: CommentData = {
    ...{ version: 1, by: 'vitest-arazzo', state: run.state, at, counts: countsOf(run) },
    tests: [
      ...(problems.length > 0 ? [{ name: 'The run itself', state: 'failed' as const, says: problems }] : []),
      ...found.map(test => ({ name: shortName(test), state: test.state, says: saysOf(test) })),
    ],
    left: 0,
    accepted: run.tests.flatMap(acceptancesOf).slice(0, MOST_MESSAGES).map(short),
  }
  const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value)) + 1
  const room = MOST_BYTES + 1 - bytesOf({ ...data, tests: [], left: data.tests.length })
  const tests = firstWithin(room, data.tests, bytesOf)
  return { ...data, tests, left: data.tests.length - tests.length }
}

/** Items from the first on, as many as there is room for. */
function firstWithin<T>(room: number, all: readonly T[], sizeOf: (one: T) => number): T[] {
  let left = room
  const over = all.findIndex(one => {
    left -= sizeOf(one)
    return left < 0
  })
  return over < 0 ? [...all] : all.slice(0, over)
}

function countsOf({ tests }: LoadRun): Record<RunState, number> {
  const count = (state: RunState) => tests.filter(test => test.state === state).length
  return { failed: count('failed'), undecided: count('undecided'), passed: count('passed') }
}

/** `## ❌ Load tests: 1 failed, 1 undecided, 3 passed`. */
function title(run: LoadRun): string {
  const counts = countsOf(run)
  const told = STATES.filter(state => counts[state] > 0).map(state => `${counts[state]} ${state}`)
  const part = run.shard === undefined ? '' : ` of shard ${run.shard}`
  return `## ${MARKS[run.state]} Load tests${part}: ${told.length === 0 ? 'none ran' : told.join(', ')}`
}

function remarks({ problems, isInterrupted, remarks }: LoadRun): string[] {
  const notes = remarks.slice(0, MOST_REMARKS).map(one => escaped(ended(short(one))))
  const shown = firstOf(problems.map(remark), MOST_MESSAGES, left => `- and ${left} more`)
  return [
    ...(isInterrupted ? ['**The run was interrupted**: what is not listed did not run.'] : []),
    ...(notes.length > 0 ? [`> [!NOTE]\n> ${notes.join('<br>')}`] : []),
    ...(shown.length > 0 ? [`**Further problems:**\n\n${shown.join('\n')}`] : []),
  ]
}

/** Beginning and end of a problem: the last output of an application is the most useful. */
function remark(problem: string): string {
  const [first = '', ...rest] = plainLines(problem)
    .split('\n')
    .filter(line => line.trim() !== '')
  const lines = [cut(first, WIDEST_MESSAGE), ...rest.slice(-LAST_LINES).map(line => cut(line.trim(), WIDEST_LINE))]
  return `- ${lines.map(escaped).join('<br>\n  ')}`
}

const inOrder = ({ tests }: LoadRun): RunTest[] => STATES.flatMap(state => tests.filter(test => test.state === state))

const short = (text: string) => cut(plain(text), WIDEST_MESSAGE)
const shortName = ({ name }: RunTest) => cut(plain(name), WIDEST_NAME)

/** ` (2 not compared)`, of budgets that speak of a base: they did not pass, though nothing failed. */
const withoutBase = ({ notCompared: { length } }: RunTest): string => (length === 0 ? '' : ` (${length} not compared)`)

const headlineOf = (test: RunTest): string =>
  `### ${MARKS[test.state]} ${escaped(shortName(test))}: ${test.state}${withoutBase(test)}\n`

/** A load test with all findings; short: without what is folded. */
function sectionOf(test: RunTest, isShort = false): string {
  const { report, comparison, errors, notCompared } = test
  const name = shortName(test)
  const told = [
    ...(comparison ? [comparisonMarkdown({ name, comparison }, isShort)] : []),
    ...(report ? [renderMarkdown([{ name, report }], isShort)] : []),
  ]
  const failures = errors.map(text => `- ${escaped(short(text))}`)
  const messages = [
    ...firstOf(failures, MOST_MESSAGES, left => `- and ${left} more`),
    ...[test.unaffected ?? [], notCompared].flat().map(text => `- ${escaped(ended(short(text)))}`),
  ]
  const list = messages.length > 0 ? [`${messages.join('\n')}\n`] : []
  return (told.length === 0 ? [headlineOf(test), ...list] : [...told, ...list]).join('\n')
}

/** Room for the line that says what was left out. */
const RESERVE = 200
/** With less room, details are left out. */
const LEAST_ROOM = 500

/** Tests of one state after another, each in the longest of its forms that there is room for. */
function fitted(before: readonly string[], tests: readonly RunTest[]): string {
  const room = { left: MOST_BYTES - RESERVE - sizeOf(before) }
  const groups = STATES.map(state =>
    inRoom(
      tests.filter(test => test.state === state),
      room,
    ),
  )
  const told = groups.flat()
  const [whole, left] = [told.filter(({ isWhole }) => isWhole).length, tests.length - told.length]
  const cutLine = lostLine(told.length - whole, left)
  const textsOf = (group: typeof told) => group.map(({ text }) => text.trimEnd())
  const passed = groups.pop()!
  const summary = `${MARKS.passed} ${passed.length} passed`
  const hidden = passed.length > 0 ? [folded(summary, textsOf(passed).join('\n\n'))] : []
  return `${[...before, ...textsOf(groups.flat()), ...hidden, ...cutLine].join('\n\n')}\n`
}

/** Counts of load tests that were shortened or left out because of the size. */
function lostLine(shortened: number, left: number): string[] {
  const lost = [
    ...(shortened > 0 ? [`${counted(shortened, 'load test')} shortened`] : []),
    ...(left > 0 ? [`${counted(left, 'load test')} left out`] : []),
  ]
  return lost.length > 0 ? [`_To keep this short: ${lost.join(', ')}. Their files have it all._`] : []
}

/** Half of the room is for headlines, so that many tests have one, and the rest for as much more as it holds. */
function inRoom(tests: readonly RunTest[], room: { left: number }): { text: string; isWhole: boolean }[] {
  const told: { text: string; isWhole: boolean }[] = []
  const addHeadlines = (least: number) => {
    for (const headline of tests.slice(told.length).map(headlineOf)) {
      if (room.left - sizeOf([headline]) < least) break
      room.left -= sizeOf([headline])
      told.push({ text: headline, isWhole: false })
    }
  }
  addHeadlines(room.left / 2)
  for (const [index, { text: headline }] of told.entries()) {
    if (room.left < LEAST_ROOM) break
    const fits = (text: string) => sizeOf([text]) <= room.left + sizeOf([headline])
    const all = sectionOf(tests[index]!)
    const one = fits(all) ? { text: all, isWhole: true } : { text: sectionOf(tests[index]!, true), isWhole: false }
    if (!fits(one.text)) continue
    room.left -= sizeOf([one.text]) - sizeOf([headline])
    told[index] = one
  }
  addHeadlines(0)
  return told
}

const sizeOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0)

/** `checkout: p99 +12 % instead of +5 %, by Ann in 5d6e7f8`. */
const acceptancesOf = ({ name, comparison }: RunTest): string[] =>
  (comparison?.accepted ?? []).map(one => `${name}: ${words.acceptanceOf(one)}`)

/** Texts of a load test that did not pass. */
function saysOf({ report, comparison, errors }: RunTest): string[] {
  const said = [...(comparison ? ofComparison(comparison) : []), ...(report ? ofReport(report) : []), ...errors]
  return said.slice(0, MOST_MESSAGES).map(short)
}

function ofComparison(comparison: NonNullable<RunTest['comparison']>): string[] {
  const open = words.reportedBudgets(comparison).filter(({ verdict }) => verdict !== 'pass')
  const remarks = words.remarksIn(comparison).map(capitalized)
  return [comparison.cause ?? [], open.map(words.findingOf), remarks].flat()
}

function ofReport(report: NonNullable<RunTest['report']>): string[] {
  const failed = whyRunFailed(report)
  return [
    ...(report.cause === undefined ? [] : [report.cause]),
    ...(failed === undefined ? [] : [`${capitalized(failed.what)}: ${failed.why}`]),
    ...[whyHooksFailed(report) ?? []].flat(),
    ...report.verdicts
      .filter(({ verdict }) => verdict !== 'pass')
      .map(verdict => (verdict.because === '' ? `${verdict.title}: ${sentencesOf(verdict)}` : sentencesOf(verdict))),
  ]
}

/** Bytes of a table, of the 60,000 that a summary has. */
const MOST_TABLE_BYTES = 12_000
const WIDEST_COLUMN = 80
const WIDEST_BUDGET = 160
/** Budgets that are named; of more only how many there are. */
const SHOWN = 3

const HEADS = ['Load test', 'Result', 'Budgets', 'Rate', 'p99', 'Failed']
const ALIGN = ['', '', '', 'right', 'right', 'right']
const WORDS = { fail: 'missed', inconclusive: 'undecided', pass: 'kept' } as const

/**
 * Table of the load tests of a run, in order: result, missed or undecided budgets, and figures. If there is no room for
 * all, a last line counts the others.
 */
function overview(tests: readonly RunTest[], marks: Record<RunState, string>): string[] {
  const bytesOf = (row: string[]) => Buffer.byteLength(table([], [row], []))
  const all = tests.map(test => rowOf(test, marks))
  const rows = firstWithin(MOST_TABLE_BYTES, all, bytesOf)
  const left = tests.length - rows.length
  return [table(HEADS, rows, ALIGN), ...(left > 0 ? [`_And ${counted(left, 'load test')} more._`] : [])]
}

function rowOf(test: RunTest, marks: Record<RunState, string>): string[] {
  const { report, state, notCompared } = test
  const name = cut(plain(test.name), WIDEST_COLUMN)
  const left = notCompared.length === 0 ? [] : [`${notCompared.length} not compared`]
  const budgets = [...budgetsOf(test), ...left].join('; ')
  const start = [name, `${marks[state]} ${state}`, budgets === '' ? '–' : budgets]
  if (report === undefined || report.state === 'not run') return [...start, ...figuresOfHead(test)]
  const { p99 } = report.model === 'open' ? report.responseTime : report.serviceTime
  return [...start, formatRate(report.rps), formatMs(p99), formatShare(report.errorRate)]
}

/** Rate, p99 and share of failures of head, as far as it was only compared and they are known. */
function figuresOfHead({ report, comparison }: RunTest): string[] {
  const isCompared = report === undefined && comparison !== undefined
  return ['rps', 'p99', 'errorRate'].map(key => (isCompared ? headFigure(comparison, key) : undefined) ?? '–')
}

function foundOf(found: ComparedBudget): string {
  const { budget, change, open, why } = found
  if (why.length > 0) return why.join(' ')
  if (open) return words.range(budget, open.low, open.high)
  return words.earlyOf(found) ?? (change ? words.changeAlone(budget, change.mean) : 'no data')
}

/** `missed p99 <= 40 ms: 49 ms`, `2 kept`. */
function budgetsOf({ report, comparison }: RunTest): string[] {
  const found = [
    ...(report?.verdicts ?? []).map(({ title, value, verdict }) => ({ verdict, text: `${title}: ${value}` })),
    ...(comparison === undefined ? [] : words.reportedBudgets(comparison)).map(one => ({
      verdict: one.verdict,
      text: `${one.budget.title}: ${foundOf(one)}`,
    })),
  ]
  const of = (wanted: Verdict['verdict']) => found.filter(({ verdict }) => verdict === wanted)
  const others = (['fail', 'inconclusive'] as const).flatMap(verdict =>
    of(verdict).map(({ text }) => `${WORDS[verdict]} ${cut(plain(text), WIDEST_BUDGET)}`),
  )
  const [cause] = comparison?.cause?.split('\n') ?? []
  const ended = cause === undefined ? [] : [`not compared to the end: ${cause}`]
  const more = others.length > SHOWN ? [`${others.length - SHOWN} more`] : []
  const kept = of('pass').length
  return [...ended, ...others.slice(0, SHOWN), ...more, ...(kept > 0 ? [`${kept} kept`] : [])]
}

/** The first line of a comment, by which it is found again. It is not seen. */
const MARKER = '<!-- vitest-arazzo -->'
const HEAD = '| Load test | Result | Budgets |\n| --- | --- | --- |'
const WIDEST_FINDING = 300
const MOST_BESIDE = 8
const MOST_SIDES = 3
const MOST_FINDING_REMARKS = 3

/** The comment on a pull request: a row for each load test with its details folded, both sides, and what to do next. */
export function commentText(run: LoadRun): string {
  const tests = inOrder(run)
  const before = [`${MARKER}\n${title(run)}`, ...remarks(run)]
  const after = [...bothSides(tests), ...adviceOn(run), ...howToAccept(tests), ...reproductionOf(tests)]
  const room = MOST_BYTES - RESERVE - sizeOf([...before, HEAD, ...after])
  const { rows, lost } = rowsIn(room, tests)
  const table = rows.length > 0 ? [[HEAD, ...rows].join('\n')] : []
  return `${[...before, ...table, ...after, ...lost].join('\n\n')}\n`
}

/** Rows until there is no room; details only if room is left after all rows. */
function rowsIn(room: number, tests: readonly RunTest[]): { rows: string[]; lost: string[] } {
  const all = tests.map(test => commentRow(test))
  const rows = firstWithin(room, all, row => sizeOf([row]))
  if (rows.length < tests.length) return { rows, lost: lostLine(rows.length, tests.length - rows.length) }
  let [left, shortened] = [room - sizeOf(rows), 0]
  for (const [index, test] of tests.entries()) {
    const whole = commentRow(test, detailsOf(test))
    const more = sizeOf([whole]) - sizeOf([rows[index]!])
    if (more > left) shortened++
    else [rows[index], left] = [whole, left - more]
  }
  return { rows, lost: lostLine(shortened, 0) }
}

function commentRow(test: RunTest, details: readonly string[] = []): string {
  const { state } = test
  const folded =
    details.length > 0 ? `<details><summary>Details</summary>${details.map(escaped).join('<br>')}</details>` : ''
  const findings = findingsOf(test).map(escaped).join('<br>')
  return `| ${escaped(shortName(test))} | ${MARKS[state]}&nbsp;${state} | ${findings}${folded} |`
}

/**
 * Findings that a reviewer must see: the reason for a missing result, else missed or undecided budgets, and the number
 * of kept ones.
 */
function findingsOf(test: RunTest): string[] {
  const { comparison, report, errors, notCompared } = test
  const remarksOn = report === undefined ? [] : verdictBlockOf(report).remarks
  const told = [
    ...remarksOn.map(({ what, why }) => `${what}: ${why}`),
    ...budgetsOf(test),
    ...new Set(
      [...(comparison?.budgets ?? []), ...(report?.verdicts ?? [])].flatMap(({ cause }) =>
        cause ? [`Cause: ${causeWords(cause)}`] : [],
      ),
    ),
    ...[test.unaffected ?? []].flat(),
    ...(comparison?.accepted ?? []).map(one => `accepted ${words.acceptanceOf(one)}`),
    ...(comparison === undefined ? [] : words.remarksIn(comparison).slice(0, MOST_FINDING_REMARKS).map(capitalized)),
    ...errors.slice(0, 1),
    ...(notCompared.length === 0 ? [] : [`${notCompared.length} not compared`]),
  ]
  return (told.length === 0 ? ['–'] : told).map(text => cut(plain(text), WIDEST_FINDING))
}

function detailsOf(test: RunTest): string[] {
  const { comparison, report, state, notCompared } = test
  if (state === 'passed' && notCompared.length === 0) return []
  const kept = comparison?.budgets.filter(({ verdict }) => verdict === 'pass') ?? []
  // The first line is in sight.
  const [, ...cause] = comparison?.cause?.split('\n') ?? []
  const details = [
    ...(cause.length > 0 ? [cause.join('\n')] : []),
    ...saysOf(test).slice(comparison?.cause === undefined ? 0 : 1),
    ...kept.map(words.findingOf),
    ...notCompared,
    ...(comparison === undefined ? [] : [...besides(comparison), ...words.beyondLines(comparison)]),
    ...(comparison?.notes ?? []),
    ...(comparison === undefined ? [] : [words.measuredIn(comparison)]),
    ...(report === undefined ? [] : ofLoad(report)),
  ]
  return details.map(text => ended(short(text)))
}

function besides(comparison: NonNullable<RunTest['comparison']>): string[] {
  const lines = firstOf(words.otherChangeLines(comparison), MOST_BESIDE, left => `${left} more`)
  return lines.length === 0 ? [] : [`Besides: ${lines.join('; ')}`]
}

function ofLoad(report: NonNullable<RunTest['report']>): string[] {
  const { headline, facts, slowestStep, commonError } = verdictBlockOf(report)
  return [
    `The load: ${[headline, ...facts].join('; ')}`,
    ...(slowestStep ? [`Slowest step: ${describeSlowestStep(slowestStep)}`] : []),
    ...(commonError ? [`Most common error: ${describeCommonError(commonError)}`] : []),
  ]
}

const MORE_TIME = '`compare.maxDuration` of `arazzo()` in the Vitest configuration'

/** Why something is undecided, and what a reviewer can do. */
function adviceOn({ tests, isNeutral }: LoadRun): string[] {
  const repair = [...new Set(tests.flatMap(({ comparison }) => words.repairOf(comparison?.cause)))].map(escaped)
  if (!tests.some(({ state, comparison }) => state === 'undecided' && comparison !== undefined)) return repair
  const neutral = isNeutral ? ' It does not fail this check.' : ''
  const why = 'Undecided: after all that was measured, the change may lie on either side of the bound.'
  return [
    ...repair,
    `${why}${neutral} Run the job again, or give the comparison more time (${MORE_TIME}) or a wider bound.`,
  ]
}

/** The trailer that accepts the first change that was too much. */
function howToAccept(tests: readonly RunTest[]): string[] {
  for (const { again, comparison } of tests)
    for (const { budget, verdict, change } of comparison?.budgets ?? []) {
      if (verdict !== 'fail' || change === undefined || !PLAIN_NAME.test(again.name)) continue
      const bound = 'factor' in budget.allowed ? upTo(budget.operator, change) : '+...'
      return [`To accept it, add a trailer to a commit message: \`Load-Accept: ${again.name} ${budget.key} ${bound}\`.`]
    }
  return []
}

/** Names that stand in code without being read otherwise. */
const PLAIN_NAME = /^[\w ,:/()-]+$/

/** The whole percent beyond the interval of a change. */
function upTo(operator: string, { low, high }: Range): string {
  const percent = operator.startsWith('<') ? Math.ceil(high * 100) : Math.floor(low * 100)
  return `${percent < 0 ? '' : '+'}${percent}%`
}

/** Names of the two sides, once for all load tests of the same sides. */
function bothSides(tests: readonly RunTest[]): string[] {
  const all = tests.flatMap(({ comparison }) => (comparison === undefined ? [] : [escaped(words.sidesOf(comparison))]))
  const lines = [...new Set(all)].map(capitalized)
  const shown = firstOf(lines, MOST_SIDES, left => `and ${counted(left, 'other comparison')}`)
  return shown.length === 0 ? [] : [shown.join('<br>')]
}

/** Names and files that one command lists; of more, all load tests are run. */
const MOST_NAMED = 6
/** Paths that need no quotes in a shell, and are no options. */
const PLAIN_PATH = /^[\w@.][\w@./-]*$/
/** An abbreviated hash, or a whole one. */
const HASH = /^[0-9a-f]{4,64}$/

/** Steps to reproduce the comparison: requirements and the command. Empty if all passed. */
function reproductionOf(tests: readonly RunTest[]): string[] {
  const others = tests.filter(({ state }) => state !== 'passed')
  const [first] = others
  if (first === undefined) return []
  const compared = others.find(({ comparison }) => comparison !== undefined)
  const { branch, isChanged } = compared?.comparison?.head ?? {}
  const base = compared?.comparison?.base.commit ?? ''
  const ofJob = compared?.again.isBaseOfJob && HASH.test(base) ? `${COMMIT_VARIABLE}=${base} ` : ''
  const changes = isChanged ? ' with the changes that are not committed' : ''
  const steps = [
    ...(branch === undefined ? [] : [`check out ${escaped(branch)}${changes}`]),
    ...(ofJob && !compared?.again.hasSetup ? [`set ${SETUP_VARIABLE} to the setup of the job`] : []),
    `run \`${ofJob}${commandOf(others)}\``,
  ]
  const last = steps.pop()
  const all = [...steps, steps.length > 0 ? `and ${last}` : last]
  return [`To reproduce it, ${all.join(steps.length > 1 ? ', ' : ' ')}.`]
}

function commandOf(tests: readonly RunTest[]): string {
  const files = [...new Set(tests.map(({ again }) => again.file))]
  const names = [...new Set(tests.map(({ again }) => patternOf(again.name)))]
  const arePlain = files.length <= MOST_NAMED && files.every(file => PLAIN_PATH.test(file))
  const which = arePlain ? files.join(' ') : '--tags-filter=load'
  return `npx vitest run ${which}${names.length <= MOST_NAMED ? ` -t '${names.join('|')}'` : ''}`
}

/** A pattern that finds a name, with any character in place of one that a shell, Markdown or a pattern reads. */
const patternOf = (name: string) => name.replaceAll(/^-|[^\w ,:/-]/g, '.')
