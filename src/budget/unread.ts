import type { LoadReport } from '../measure/report.ts'
import { noDataIn } from './cause.ts'
import { measured } from './measured.ts'

/** A run, with the budgets of processes that it has no figure for, and why, by key. */
export function withUnread(report: LoadReport): LoadReport {
  const unread = report.budgets
    .filter(budget => budget.of === 'target' || budget.of === 'generator')
    .filter(budget => measured(report, budget).value === undefined)
    .map(budget => [budget.key, noDataIn(report, budget)] as const)
  return unread.length === 0 ? report : { ...report, unread: { ...report.unread, ...Object.fromEntries(unread) } }
}
