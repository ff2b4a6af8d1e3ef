import type { Step } from '../../src/document/model.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'
import type { StepRun } from '../../src/workflow/outcome.ts'
import { documentError, positionedError } from '../failure/positioned-error.ts'
import { exchangeLines, type Locate, stepError } from '../failure/step-error.ts'
import { logBehind } from './application-log.ts'
import type { RunFailure, SharedRun } from './shared-run.ts'

/**
 * Error of a test for a failed run.
 *
 * @param attempts of the step that made it fail.
 * @param step the one whose test reports it.
 * @param shared the run, with its start and its secrets.
 */
export async function failureError(
  failure: RunFailure,
  attempts: readonly StepRun[],
  step: Pick<Step, 'stepId' | 'at'>,
  shared: Pick<SharedRun, 'mask' | 'startedAt'>,
): Promise<unknown> {
  const { run, thrown, endedBy, within, because } = failure
  if (thrown instanceof ArazzoError) return documentError(step.at.file, thrown.problems)
  // It says what is wrong: where in this package it was thrown says nothing more.
  if (isUserError(thrown) && /\n\s+at /.test(thrown.stack ?? '')) thrown.stack = stackOf(thrown.name, thrown.message)
  if (thrown !== undefined) return thrown
  if (run === undefined || endedBy !== undefined) return endedError(failure, step)
  const earlier = attempts.filter(attempt => attempt.attempt < run.attempt && attempt.state !== 'passed')
  const origin = within[0] ?? run
  const [log, locate] = await Promise.all([logOf(origin, shared), locatorFor(origin)])
  return stepError(run, { within, because, earlier, log, ...(locate && { locate }) })
}

/** Error of a run that was ended from outside, with the current request. */
function endedError({ run, endedBy, because }: RunFailure, { stepId, at }: Pick<Step, 'stepId' | 'at'>): Error {
  const name = endedBy === 'silence' ? 'TimeoutError' : endedBy === 'abort' ? 'AbortError' : 'WorkflowError'
  const advice =
    endedBy === 'silence'
      ? "Find out what the application waits for, or give it more time: the step's timeout, or that of x-vitest or " +
        "Vitest's testTimeout."
      : undefined
  const message = [failed('pass', `step "${stepId}"`, because, advice), ...(run ? exchangeLines(run) : [])]
  return positionedError(name, message.join('\n').trimEnd(), [{ what: stepId, at }])
}

async function logOf({ exchange }: StepRun, shared: Pick<SharedRun, 'mask' | 'startedAt'>): Promise<string[]> {
  if (exchange === undefined || shared.startedAt === undefined) return []
  const lines = await logBehind(exchange, shared.startedAt)
  return lines.map(line => shared.mask(line))
}

/** Reading a description again takes some time to load: only where there is a place to be looked up. */
async function locatorFor(run: StepRun): Promise<Locate | undefined> {
  if (!('checks' in run) || run.checks.every(({ mismatches }) => mismatches === undefined)) return undefined
  const { locate } = await import('../../src/document/file/files.ts')
  return locate
}
