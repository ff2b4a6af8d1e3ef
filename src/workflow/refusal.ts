import type { Step } from '../document/model.ts'
import { ExpressionError } from '../expression/index.ts'
import { type Fault, type Finding, type Reason, reasonOf } from '../ground/fault.ts'
import { isTooDeep } from '../ground/show.ts'
import type { Frame } from './frame.ts'
import { misfitsOf } from './inputs.ts'
import type { StepPlan, WorkflowPlan } from './plan.ts'
import { RequestError } from './request/error.ts'
import { RUNAWAY } from './runaway.ts'

/* Why a step is not performed. */

/** It depends on a step that has not been completed. */
export function unmetDependency({ step }: StepPlan, frame: Frame): Fault | undefined {
  const missing = step.dependsOn.find(stepId => frame.plan.byId.has(stepId) && frame.outputsOf(stepId) === undefined)
  if (missing === undefined) return undefined
  return running(step, `it depends on step "${missing}", which has not been completed`)
}

/** The workflow that it runs cannot take these inputs. */
export function misfitOf(
  { step }: StepPlan,
  { workflow }: WorkflowPlan,
  inputs: Record<string, unknown>,
): Fault | undefined {
  const misfits = misfitsOf(workflow, inputs)
  if (misfits.length === 0) return undefined
  const found = `for workflow "${workflow.workflowId}", ${misfits.join('; ')}`
  const advice = 'Correct the parameters, or what their values come from.'
  return running(step, found, advice)
}

const running = ({ stepId }: Step, found: string, advice?: string): Fault => ({
  verb: 'run',
  thing: `step "${stepId}"`,
  found,
  advice,
})

/** The run has performed so many steps that it will not end. */
export function runaway({ step }: StepPlan): Finding {
  return {
    found: `the run was given up as a runaway after ${RUNAWAY.visits} step visits, at step "${step.stepId}"`,
    advice: 'Check its goto and retry actions for a loop that never ends.',
  }
}

/** Its request could not be built. Throws what is a fault of the engine's own. */
export function refusalOf(error: unknown, { step }: StepPlan): Reason {
  if (error instanceof RequestError || error instanceof ExpressionError) return reasonOf(error)
  if (!isTooDeep(error)) throw error
  const advice = 'Send a part of it, or check its source.'
  return { verb: 'build', thing: `what step "${step.stepId}" sends`, found: 'a value is nested too deeply', advice }
}
