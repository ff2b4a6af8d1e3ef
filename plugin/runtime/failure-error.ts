import type { Step } from '../../src/document/model.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import type { StepRun } from '../../src/workflow/outcome.ts'
import { documentError } from '../failure/document-error.ts'
import { positionedError } from '../failure/positioned-error.ts'
import { stepError } from '../failure/step-error.ts'
import type { RunFailure } from './shared-run.ts'

/**
 * What a test throws for a run that failed.
 *
 * @param attempts of the step that made it fail.
 * @param step the one in whose test that came out.
 */
export function failureError(
  failure: RunFailure,
  attempts: readonly StepRun[],
  { stepId, at }: Pick<Step, 'stepId' | 'at'>,
): unknown {
  const { run, thrown, endedBy, within, because } = failure
  if (thrown instanceof ArazzoError) return documentError(at.file, thrown.problems)
  if (thrown !== undefined) return thrown
  if (run) {
    const earlier = attempts.filter(attempt => attempt.attempt < run.attempt && attempt.state !== 'passed')
    return stepError(run, { within, because, earlier })
  }
  const name = endedBy === 'silence' ? 'TimeoutError' : endedBy === 'abort' ? 'AbortError' : 'WorkflowError'
  const advice =
    endedBy === 'silence'
      ? "Find out what the application waits for, or give it more time: the step's timeout, or that of x-vitest or " +
        "Vitest's testTimeout."
      : undefined
  return positionedError(name, failed('pass', `step "${stepId}"`, because, advice), [{ what: stepId, at }])
}
