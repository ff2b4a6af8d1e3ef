import type { TestAnnotation } from 'vitest'
import type { TestCase } from 'vitest/node'
import type { BudgetMeta } from '../runtime/budget-meta.ts'
import { isReporter } from './named.ts'

/**
 * Adds what a budget's test tells programs to its properties in JUnit files. Vitest's reporter makes properties of
 * annotations, and of nothing else; the test is over by then, so that no other reporter prints them.
 */
export function addProperties(test: TestCase, reporters: readonly unknown[]): void {
  const { budget } = test.meta()
  if (budget === undefined || !reporters.some(reporter => isReporter(reporter, 'JUnitReporter'))) return
  // Vitest has it, and its types do not tell.
  const { annotations } = (test as unknown as { task: { annotations: TestAnnotation[] } }).task
  annotations.push(...propertiesOf(budget).map(([type, value]) => ({ type, message: String(value) })))
}

/** `['bound', 100]`, and so on: what there is, in the order of the type. */
function propertiesOf(budget: BudgetMeta): [string, string | number][] {
  return Object.entries(budget).filter(([, value]) => value !== undefined)
}
