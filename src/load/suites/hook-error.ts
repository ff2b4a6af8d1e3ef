import type { Workflow } from '../../document/model.ts'
import { asUserError, sentenceOf } from '../../ground/fault.ts'
import type { WorkflowReport } from '../../workflow/outcome.ts'
import { describeHook, type SuiteHook } from './hooks.ts'

/** Why a setup or a teardown failed; secrets are masked. */
export interface HookFailure {
  hook: SuiteHook
  found: string
  /** Report of its workflow, if it ran. */
  report?: WorkflowReport
  /** Thrown value, if nothing ran. */
  thrown?: unknown
}

/** Setups or teardowns that failed. */
export class SuiteHookError extends Error {
  override name: string
  readonly failures: readonly HookFailure[]

  /** @param thing what could not be set up, or torn down: `shop.arazzo.yaml`, `workflow "checkout"`. */
  constructor(thing: string, failures: readonly HookFailure[]) {
    const isSetup = failures[0]?.hook.hook === 'setup'
    const found = failures.map(({ hook, found }) => `${describeHook(hook)} failed: ${found}`).join('; ')
    super(sentenceOf({ verb: isSetup ? 'set up' : 'tear down', thing, found }))
    this.name = isSetup ? 'SetupError' : 'TeardownError'
    this.failures = failures
    asUserError(this)
  }

  /** Error of hooks around a run of a workflow. */
  static around({ workflowId }: Workflow, failures: readonly HookFailure[]): SuiteHookError {
    return new SuiteHookError(`workflow "${workflowId}"`, failures)
  }
}
