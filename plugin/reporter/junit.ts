import type { TestAnnotation } from 'vitest'
import type { BudgetMeta } from '../runtime/budget-meta.ts'
import { isReporter } from './named.ts'

/** What Vitest's reporter for JUnit writes: a test, as Vitest keeps it. */
interface WrittenTask {
  annotations?: readonly Pick<TestAnnotation, 'type' | 'message'>[]
  meta?: { budget?: BudgetMeta }
}

/** The part of Vitest's reporter that writes tests. It is private to Vitest, so this looks first. */
interface Writing {
  writeTasks?(tasks: readonly WrittenTask[], ...rest: unknown[]): Promise<void>
}

/**
 * Adds what the tests of budgets tell programs to their properties in JUnit files. Vitest's reporter makes properties
 * of annotations, and of nothing else: it is given tests that have more of them, which no other reporter gets to see.
 */
export function addProperties(reporters: readonly unknown[]): void {
  for (const reporter of reporters) if (isReporter(reporter, 'JUnitReporter')) wrap(reporter as Writing)
}

function wrap(reporter: Writing): void {
  const { writeTasks } = reporter
  if (typeof writeTasks !== 'function') return
  reporter.writeTasks = function (this: Writing, tasks, ...rest) {
    return writeTasks.call(this, tasks.map(withProperties), ...rest)
  }
}

function withProperties(task: WrittenTask): WrittenTask {
  const budget = task.meta?.budget
  return budget === undefined ? task : { ...task, annotations: [...(task.annotations ?? []), ...propertiesOf(budget)] }
}

/** `bound`, `100`, and so on: what there is, in the order of the type. */
function propertiesOf(budget: BudgetMeta): Pick<TestAnnotation, 'type' | 'message'>[] {
  return Object.entries(budget)
    .filter(([, value]) => value !== undefined)
    .map(([type, value]) => ({ type, message: String(value) }))
}
