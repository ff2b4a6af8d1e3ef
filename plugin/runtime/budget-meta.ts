import { relative, sep } from 'node:path'
import type { Budget } from '../../src/budget/budget.ts'
import type { RelativeBudget } from '../../src/budget/relative.ts'
import type { ComparedBudget } from '../../src/compare/comparison.ts'
import type { Verdict } from '../../src/measure/report.ts'
import { settings } from './settings.ts'

/** Data of a budget test for programs: `meta.budget` in Vitest's JSON, and properties in its JUnit files. */
export interface BudgetMeta {
  /** Keys below `budgets` that lead to it, dots between: `p99`, `steps.login.p99`. */
  key: string
  /** How the value has to compare with the bound. */
  operator: Budget['operator']
  /** In the unit. Of a budget that speaks of the base: by how much head may differ from it. */
  bound: number
  /** In the unit: what was measured, or by how much head differs from base. Absent where there are no data. */
  value?: number
  /** `milliseconds`, `per second`, `share`, `bytes`; `share of base`. */
  unit: NonNullable<Budget['unit']> | 'share of base'
  /** Absent where it was not judged. */
  verdict?: Verdict['verdict']
  /** Path of the load test's page, or of its comparison, from the root of the project. */
  report?: string
}

declare module 'vitest' {
  interface TaskMeta {
    /** Data of a budget test. */
    budget?: BudgetMeta
    /** Why nothing was compared for it, though it passes: no file that can affect it differs from base. */
    unaffected?: string
  }
}

/** @param verdict verdict; absent if nothing was measured. */
export function budgetMeta(
  { key, operator, bound, unit = 'number' }: Budget,
  verdict: Verdict | undefined,
  report: string | undefined,
): BudgetMeta {
  const value = verdict?.judged?.value
  return { key, operator, bound, value, unit, verdict: verdict?.verdict, report: fromRoot(report) }
}

/** @param found what the comparison found of it; absent where there was none. */
export function comparedMeta(
  { key, operator, allowed, unit }: RelativeBudget,
  found: ComparedBudget | undefined,
  report: string | undefined,
): BudgetMeta {
  return {
    ...{ key, operator },
    bound: 'factor' in allowed ? Number((allowed.factor - 1).toPrecision(12)) : allowed.amount,
    value: found?.change?.mean,
    unit: 'factor' in allowed ? 'share of base' : unit,
    verdict: found?.verdict,
    report: fromRoot(report),
  }
}

function fromRoot(path: string | undefined): string | undefined {
  const root = settings()?.reports?.root
  return path === undefined || root === undefined ? undefined : relative(root, path).replaceAll(sep, '/')
}
