import { ArazzoError } from '../../src/ground/errors.ts'
import { isUserError } from '../../src/ground/fault.ts'
import { type HookFailure, SuiteHookError } from '../../src/load/suites/hooks.ts'
import { withinOf } from '../../src/workflow/outcome.ts'
import { documentError, type Frame, positionedError } from './positioned-error.ts'
import { stepError } from './step-error.ts'

/**
 * A setup or a teardown that failed as an error whose stack leads to where it is written; its cause leads to the step
 * that failed, or to the line of the function. Another error stays as it is.
 */
export function hookError(error: unknown): unknown {
  if (!(error instanceof SuiteHookError)) return error
  const frames = error.failures.flatMap(({ hook: { hook, at } }): Frame[] =>
    at === undefined ? [] : [{ what: `x-vitest > ${hook}`, at }],
  )
  const cause = causeOf(error.failures[0]!)
  const positioned = positionedError(error.name, error.message, frames)
  return cause === undefined ? positioned : Object.assign(positioned, { cause })
}

function causeOf({ hook, report, thrown }: HookFailure): unknown {
  if (thrown instanceof ArazzoError) return documentError(hook.file, thrown.problems)
  // Our own errors have been reported already.
  if (thrown !== undefined) return isUserError(thrown) ? undefined : thrown
  const run = report?.steps.findLast(({ state }) => state !== 'passed')
  if (report === undefined || run === undefined) return undefined
  const { because, steps } = report
  return stepError(run, { within: withinOf(steps, run), ...(because !== undefined && { because }) })
}
