import { readBudgets } from '../budget/read.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import type { ComparedBudget, StoredComparison } from '../compare/comparison.ts'
import { SIDES, type SideName } from '../compare/pair.ts'
import { compareResults, whyNotComparable } from '../compare/results/compare.ts'
import type { StoredRun } from '../compare/results/launches.ts'
import {
  renderComparison,
  renderComparisonMarkdown,
  type Shown,
  shownResults,
  shownStored,
} from '../compare/results/shown.ts'
import { failed, sentenceOf } from '../ground/fault.ts'
import { plainJson } from '../ground/plain.ts'
import { parseBudgets } from './budgets.ts'
import { type Command, FAILED, type Flags, INCONCLUSIVE, Misuse, misuse, PASSED } from './flags.ts'
import { readStored, type Stored } from './results.ts'
import { comparedVerdicts } from './verdict.ts'

const FORMATS = ['text', 'markdown', 'json'] as const

export const compare: Command = {
  usage: 'results compare <base.json> <head.json> [flags]',
  text:
    'compare results of load that were stored, one or, better, five and more launches a side; comparison.json files ' +
    'are shown again',
  flags: {
    base: { value: 'result.json...', text: 'results of base, files or folders', isList: true, takesRest: true },
    head: { value: 'result.json...', text: 'results of head, files or folders', isList: true, takesRest: true },
    budget: {
      value: "'p99=base + 10%'",
      text: 'the allowed change; without budgets, changes are only listed',
      isList: true,
    },
    'each-is-a-launch': {
      text: 'the application was started anew for each result: of those whose process is not known, or the same',
    },
    format: { value: 'text|markdown|json', text: 'how to print it (default: text)' },
    'on-inconclusive': {
      value: 'fail|warn',
      text: 'how to exit when it decided nothing (default: fail with five launches a side, else warn)',
    },
  },
  async run(flags) {
    const format = flags.word('format', FORMATS) ?? 'text'
    const onInconclusive = flags.word('on-inconclusive', ['fail', 'warn'])
    const { runs, stored } = read(flags)
    if (stored !== undefined) {
      print(format, stored, stored.map(shownStored))
      return codeOf(stored.flatMap(comparedVerdicts), onInconclusive ?? 'fail')
    }
    const comparison = compareResults(runs, budgetsFor(runs, flags.list('budget')), flags.isOn('each-is-a-launch'))
    print(format, comparison, [shownResults(comparison)])
    return codeOf(
      comparison.budgets.map(({ verdict }) => verdict),
      onInconclusive ?? (comparison.isEnough ? 'fail' : 'warn'),
    )
  },
}

type Runs = Record<SideName, StoredRun[]>
type Verdict = ComparedBudget['verdict']

/** Results to compare, or a stored comparison. Throws Misuse with all faults of the files. */
function read(flags: Flags): { runs: Runs; stored?: undefined } | { runs?: undefined; stored: StoredComparison[] } {
  const { operands } = flags
  const places = { base: flags.list('base'), head: flags.list('head') }
  const isByFlags = SIDES.some(side => places[side].length > 0)
  if (!isByFlags) {
    const [base, head, ...others] = operands.map(operand => readStored([operand]))
    const stored = [base, head, ...others].filter(one => one !== undefined)
    const comparisons = stored.flatMap(one => one.comparisons)
    assertNoFaults(stored)
    const areAll = stored.every(({ runs }) => runs.length === 0)
    if (comparisons.length > 0 && (areAll || operands.length === 1)) {
      const needless = ['budget', 'each-is-a-launch'].find(name => flags.has(name))
      if (needless) throw misuse('read', `--${needless}`, 'what was compared is decided', 'Leave it out.')
      return { stored: comparisons.map(one => one.stored) }
    }
    if (base === undefined || head === undefined || others.length > 0)
      throw notTwo(`${operands.length === 1 ? 'one is' : `${operands.length} are`} named`)
    return { runs: comparable({ base, head }) }
  }
  const missing = SIDES.find(side => places[side].length === 0)
  if (missing !== undefined) throw notTwo(`there is no --${missing}`)
  if (operands.length > 0) throw notTwo(`the side of ${operands[0]} is not given`)
  return { runs: comparable({ base: readStored(places.base), head: readStored(places.head) }) }
}

const SIDES_ADVICE = 'Name two, base before head; or several: --base a.json b.json --head c.json d.json.'
const notTwo = (found: string) => misuse('compare', 'results', found, SIDES_ADVICE)

function comparable(read: Record<SideName, Stored>): Runs {
  assertNoFaults(SIDES.map(side => read[side]))
  const faults = SIDES.flatMap(side => {
    const { runs, comparisons } = read[side]
    if (runs.length > 0) return []
    const found = `${comparisons[0]?.place} is a comparison, and the other side a result`
    return [failed('compare', 'results', found, 'Give results on both sides, or comparisons alone.')]
  })
  const runs = { base: read.base.runs, head: read.head.runs }
  if (faults.length === 0) faults.push(...whyNotComparable([...runs.base, ...runs.head]))
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return runs
}

function assertNoFaults(read: readonly Stored[]): void {
  const faults = read.flatMap(one => one.faults)
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
}

/** Budgets by flags, read against what the results have. */
function budgetsFor({ base: [first] }: Runs, written: readonly string[]): RelativeBudget[] {
  const { report } = first!.result
  const { budgets, relative, problems } = readBudgets(parseBudgets(written), {
    steps: Object.keys(report.steps),
    target: report.target !== undefined,
    others: 'any',
    base: true,
    model: report.model,
  })
  const faults = problems.map(sentenceOf)
  for (const { key, operator } of budgets) {
    const advice = `Write --budget '${key}=base ${operator.startsWith('>') ? '- 3%' : '+ 10%'}'; load judges others.`
    faults.push(failed('read', '--budget', `${key} does not speak of the base`, advice))
  }
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return relative
}

function codeOf(verdicts: readonly Verdict[], onInconclusive: 'fail' | 'warn'): number {
  if (verdicts.includes('fail')) return FAILED
  return verdicts.includes('inconclusive') && onInconclusive === 'fail' ? INCONCLUSIVE : PASSED
}

function print(format: (typeof FORMATS)[number], plainData: unknown, shown: readonly Shown[]): void {
  if (format === 'json') console.log(plainJson(plainData))
  else if (format === 'markdown') console.log(shown.map(renderComparisonMarkdown).join('\n').trimEnd())
  else console.log(shown.map(one => renderComparison(one)).join('\n\n'))
}
