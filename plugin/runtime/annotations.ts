import { claimOf } from '../../src/ground/fault.ts'
import { shownShort } from '../../src/ground/show.ts'
import { formatMs } from '../../src/ground/units.ts'
import type { Check, StepRun } from '../../src/workflow/outcome.ts'
import { RESENT } from '../../src/workflow/text.ts'

const shown = 3

/** Failures that the workflow dealt with itself, as notes on the step's test; the last attempt is its result. */
export function annotationsOf(attempts: readonly StepRun[], failed: StepRun | undefined): string[] {
  const handled = attempts.filter(run => (run.state === 'failed' || run.state === 'unanswered') && run !== failed)
  const notes = handled.slice(0, handled.length > shown ? shown - 1 : shown).map(note)
  if (handled.length > shown)
    notes.push(`${handled.length - notes.length} more attempts failed, the last of them ${note(handled.at(-1)!)}`)
  return [...notes, ...resent(attempts), ...warnings(attempts)]
}

/** What OpenAPI has against responses that passed all the same. */
export function warningsIn(attempts: readonly StepRun[]): Check[] {
  return attempts.flatMap(run => (run.state === 'passed' ? (run.warnings ?? []) : []))
}

function resent(attempts: readonly StepRun[]): string[] {
  const found = attempts.filter(({ exchange }) => exchange?.isResent)
  return found.map(({ attempt }) => (attempts.length > 1 ? `attempt ${attempt}: ${RESENT}` : RESENT)).slice(0, shown)
}

/** Each once. */
function warnings(attempts: readonly StepRun[]): string[] {
  const distinct = [...new Set(warningsIn(attempts).map(warning))]
  if (distinct.length <= shown) return distinct
  return [...distinct.slice(0, shown - 1), `and ${distinct.length - shown + 1} more by OpenAPI`]
}

function warning({ condition, actual, error }: Check): string {
  const found =
    error ??
    Object.values(actual ?? {})
      .map(value => JSON.stringify(value))
      .join(', ')
  return `${condition} is not met (${found})`
}

function note(run: StepRun): string {
  return `attempt ${run.attempt}: ${reasonOf(run)}${sequel(run)}`
}

/** One line: `$statusCode == 200 is not met (503)`. */
function reasonOf(run: StepRun): string {
  if (run.state !== 'failed' && run.state !== 'unanswered') return run.state
  const unmet = run.state === 'failed' ? run.checks.find(check => !check.passed) : undefined
  if (!unmet) return run.fault ? claimOf(run.fault) : (run.error ?? 'it failed')
  const values = Object.values(unmet.actual ?? {}).map(value => shownShort(value))
  return `${unmet.condition} is not met${values.length > 0 ? ` (${values.join(', ')})` : ''}`
}

function sequel({ next }: StepRun): string {
  const by = next.action ? ` (${next.action})` : ''
  switch (next.go) {
    case 'retry':
      return `; tried again${next.after > 0 ? ` after ${formatMs(next.after)}` : ''}${by}`
    case 'step':
      return `; went on to step "${next.stepId}"${by}`
    case 'workflow':
      return `; went on to workflow "${next.workflowId}"${by}`
    default:
      return by
  }
}

declare module 'vitest' {
  interface TaskMeta {
    /** How often OpenAPI has something against a response to a step that passed all the same. */
    openapiWarnings?: number
  }
}
