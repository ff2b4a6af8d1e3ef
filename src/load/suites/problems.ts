import type { Budget } from '../../budget/budget.ts'
import { readBudgets } from '../../budget/read.ts'
import { VITEST_FIELD } from '../../document/extension-fields.ts'
import type { ArazzoDocument } from '../../document/model.ts'
import type { Problem } from '../../ground/errors.ts'
import { isObject } from '../../ground/object.ts'
import { problemsAt, readExtension } from './options.ts'

/** All that is wrong with the `x-vitest` of a document, of its workflows and of their steps. */
export function suiteProblems({ extensions, workflows }: ArazzoDocument): Problem[] {
  const steps = workflows.flatMap(({ steps }) => steps)
  return [
    ...problemsOf(extensions[VITEST_FIELD], 'document', workflows),
    ...workflows.flatMap(workflow => problemsOf(workflow.extensions[VITEST_FIELD], 'workflow', [workflow])),
    ...steps.flatMap(({ vitest }) => problemsOf(vitest, 'step')),
  ]
}

function problemsOf(...[extension, of, around]: Parameters<typeof readExtension>): Problem[] {
  if (extension === undefined) return []
  const { value } = extension
  const trips = isObject(value) && value.roundTrips !== undefined ? read(value.roundTrips).problems : []
  const faults = trips.map(fault => ({ ...fault, thing: `${VITEST_FIELD}.roundTrips` }))
  return [...readExtension(extension, of, around).problems, ...problemsAt(extension, faults)]
}

const read = (written: unknown) => readBudgets({ roundTrips: written }, { steps: [], target: true })

/** Budgets of round trips; undefined if none are written. */
export const roundTripBudgets = (written: unknown): readonly Budget[] | undefined =>
  written === undefined ? undefined : read(written).budgets
