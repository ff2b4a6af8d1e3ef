import { ArazzoError, type Location } from '../../src/errors.ts'
import type { StepRun } from '../../src/workflow/outcome.ts'
import { documentError } from '../failure/document-error.ts'
import { positionedError } from '../failure/positioned-error.ts'
import { stepError } from '../failure/step-error.ts'
import type { RunFailure } from './shared-run.ts'

/**
 * What a test throws for a run that failed.
 *
 * @param attempts of the step that made it fail.
 * @param at of the step in whose test that came out.
 */
export function failureError(failure: RunFailure, attempts: readonly StepRun[], at: Location): unknown {
  const { run, thrown, within, because } = failure
  if (thrown instanceof ArazzoError) return documentError(at.file, thrown.problems)
  if (thrown !== undefined) return thrown
  if (!run)
    return positionedError('WorkflowError', `Failed to finish the workflow: ${because}.`, [
      { what: 'workflow', at },
    ])
  const earlier = attempts.filter(attempt => attempt.attempt < run.attempt && attempt.state !== 'passed')
  return stepError(run, { within, because, earlier })
}
