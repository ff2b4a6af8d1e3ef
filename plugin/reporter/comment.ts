import type { Range } from '../../src/compare/comparison.ts'
import {
  acceptanceOf,
  beyondLines,
  findingOf,
  measuredIn,
  otherChangeLines,
  remarksIn,
  repairOf,
  sidesOf,
} from '../../src/compare/words.ts'
import { ended } from '../../src/ground/fault.ts'
import { plain } from '../../src/ground/plain.ts'
import { capitalized, counted, firstOf } from '../../src/ground/words.ts'
import { describeCommonError, describeSlowestStep } from '../../src/report/highlights.ts'
import { escaped } from '../../src/report/markdown-parts.ts'
import { cut } from '../../src/report/text.ts'
import { verdictBlockOf } from '../../src/report/verdict-block.ts'
import { COMMIT_VARIABLE, SETUP_VARIABLE } from '../compare/options.ts'
import type { LoadRun, RunTest } from './run-tests.ts'
import {
  budgetsOf,
  inOrder,
  lostLine,
  MARKS,
  MOST_BYTES,
  remarks,
  saysOf,
  short,
  shortName,
  sizeOf,
  title,
} from './run-texts.ts'

/** The first line of a comment, by which it is found again. It is not seen. */
const MARKER = '<!-- vitest-arazzo -->'
const HEAD = '| Load test | Result | Budgets |\n| --- | --- | --- |'
/** Bytes that are kept for the line on what was left out. */
const RESERVE = 200
const WIDEST_FINDING = 300
const MOST_BESIDE = 8
const MOST_SIDES = 3
const MOST_REMARKS = 3

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
  const rows: string[] = []
  let left = room
  for (const test of tests) {
    const row = rowOf(test)
    left -= sizeOf([row])
    if (left < 0) return { rows, lost: lostLine(rows.length, tests.length - rows.length) }
    rows.push(row)
  }
  let shortened = 0
  for (const [index, test] of tests.entries()) {
    const whole = rowOf(test, detailsOf(test))
    const more = sizeOf([whole]) - sizeOf([rows[index]!])
    if (more > left) shortened++
    else [rows[index], left] = [whole, left - more]
  }
  return { rows, lost: lostLine(shortened, 0) }
}

function rowOf(test: RunTest, details: readonly string[] = []): string {
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
    ...[test.unaffected ?? []].flat(),
    ...(comparison?.accepted ?? []).map(one => `accepted ${acceptanceOf(one)}`),
    ...(comparison === undefined ? [] : remarksIn(comparison).slice(0, MOST_REMARKS).map(capitalized)),
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
    ...kept.map(findingOf),
    ...notCompared,
    ...(comparison === undefined ? [] : [...besides(comparison), ...beyondLines(comparison)]),
    ...(comparison?.notes ?? []),
    ...(comparison === undefined ? [] : [measuredIn(comparison)]),
    ...(report === undefined ? [] : ofLoad(report)),
  ]
  return details.map(text => ended(short(text)))
}

function besides(comparison: NonNullable<RunTest['comparison']>): string[] {
  const lines = firstOf(otherChangeLines(comparison), MOST_BESIDE, left => `${left} more`)
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
  const repair = [...new Set(tests.flatMap(({ comparison }) => repairOf(comparison?.cause)))].map(escaped)
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
  const all = tests.flatMap(({ comparison }) => (comparison === undefined ? [] : [escaped(sidesOf(comparison))]))
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
  return [
    `To reproduce it, ${[...steps, steps.length > 0 ? `and ${last}` : last].join(steps.length > 1 ? ', ' : ' ')}.`,
  ]
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
