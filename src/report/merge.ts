import { judge, withUnread } from '../budget/judge.ts'
import { holds } from '../budget/standing.ts'
import { failure } from '../ground/fault.ts'
import { intervalOf } from '../load/capacity/search.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { type LoadReport, mergeReport } from '../measure/report.ts'
import { eachOnce, type Merging, type Span } from '../measure/rules.ts'

/**
 * Merges several runs of one plan: shards that ran at the same time, whose rates are added, or parts that ran one after
 * the other, whose times are added. Percentiles are those of all samples together. Verdicts are not merged but judged
 * again by the budgets of all.
 *
 * Throws for runs of different workflows or models, and without any. The order of the runs does not matter.
 */
export function mergeReports(reports: readonly LoadReport[]): LoadReport {
  const merged = mergeAll(reports)
  const budgets = budgetsOf(merged, reports)
  return { ...merged, budgets, verdicts: judge(merged, budgets) }
}

/** Includes budgets of a run that did not run, which must not be lost. */
function budgetsOf(merged: LoadReport, reports: readonly LoadReport[]): LoadReport['budgets'] {
  const lost = reports.filter(({ state }) => state === 'not run').sort(inTime)
  const all = [merged, ...lost].flatMap(({ budgets }) => budgets)
  return lost.length === 0 ? merged.budgets : eachOnce(all)
}

function mergeAll(reports: readonly LoadReport[]): LoadReport {
  for (const other of reports.slice(1)) assertAlike(reports[0]!, other)
  const ran = reports.filter(({ state }) => state !== 'not run').map(withUnread)
  const [first, ...others] = sideBySide([...(ran.length > 0 ? ran : reports)].sort(inTime)).map(group =>
    group.reduce((a, b) => mergeTwo(a, b, true)),
  )
  if (first === undefined) throw failure('merge', 'results', 'the list is empty', 'Give at least one.')
  const merged = others.reduce((a, b) => mergeTwo(a, b, false), first)
  const states = reports.map(({ state }) => state)
  const lost = states.filter(state => state === 'not run').length
  if (lost === 0 || ran.length === 0) return merged
  const cause = `${lost} of ${reports.length} runs did not run`
  return { ...merged, state: 'cut short', cause: merged.cause === undefined ? cause : `${cause}; ${merged.cause}` }
}

/** Merges runs of the same time. */
function sideBySide(reports: readonly LoadReport[]): LoadReport[][] {
  const groups: LoadReport[][] = []
  for (const report of reports) {
    const group = groups.find(members => members.some(member => overlap(member, report)))
    if (group) group.push(report)
    else groups.push([report])
  }
  return groups
}

/** Orders reports by when they began; of two at the same moment any order will do that is always the same. */
export function inTime(a: LoadReport, b: LoadReport): number {
  const begun = Date.parse(a.startedAt) - Date.parse(b.startedAt)
  if (begun !== 0) return begun
  const [left, right] = [a, b].map(report => JSON.stringify(report)) as [string, string]
  return left < right ? -1 : left > right ? 1 : 0
}

function assertAlike(a: LoadReport, b: LoadReport): void {
  const differ = (what: string, left: string, right: string) => {
    if (left === right) return
    const found = `one is of ${what} ${left}, another of ${right}`
    throw failure('merge', 'results', found, 'Merge only runs of the same load test.')
  }
  differ('workflow', a.workflow.workflowId, b.workflow.workflowId)
  differ('model', a.model, b.model)
}

/** Two runs as one, by the rules of each field (src/measure/report.ts). */
export function mergeTwo(a: LoadReport, b: LoadReport, isParallel: boolean): LoadReport {
  const budgets = [...a.budgets, ...b.budgets]
  const keeps: Merging['keeps'] = (key, value) => {
    const ofKey = budgets.filter(budget => budget.key === key)
    return ofKey.length === 0 ? undefined : ofKey.every(budget => holds(value, budget))
  }
  const merged = mergeReport(a, b, { isParallel, spans: [spanOf(a), spanOf(b)], keeps, settle: intervalOf })!
  return { ...merged, allRequests: requestsOf({ steps: merged.steps }) }
}

function spanOf({ measured, requests, startedAt, series }: LoadReport): Span {
  const last = series.at(-1)
  const length = last === undefined ? 0 : last.start + last.length
  return { measured, requests, begun: Date.parse(startedAt), length }
}

/** Whether most of the shorter run took place during the other. */
function overlap(a: LoadReport, b: LoadReport): boolean {
  const window = (report: LoadReport) => {
    const from = Date.parse(report.startedAt) + report.warmUp
    return { from, to: from + report.measured }
  }
  const [left, right] = [window(a), window(b)]
  const shared = Math.min(left.to, right.to) - Math.max(left.from, right.from)
  return shared > Math.min(a.measured, b.measured) / 2
}
