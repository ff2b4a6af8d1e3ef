import type { ArazzoDocument } from '../document/model.ts'
import type { WorkflowPlan } from './plan.ts'

type Values = Record<string, unknown>

/** Inputs and outputs of the last completed run of a workflow. */
interface Ended {
  readonly inputs: Values
  readonly outputs: Values
  /** Whether it has passed, or handed over, in this run: once is enough for those that depend on it. */
  readonly completed: boolean
}

/** The workflows that have ended in a run. Documents may have workflows of the same name. */
export class EndedWorkflows {
  readonly #byPlan = new Map<WorkflowPlan, Ended>()

  add(plan: WorkflowPlan, inputs: Values, outputs: Values, completed: boolean): void {
    this.#byPlan.set(plan, { inputs, outputs, completed: completed || this.isCompleted(plan) })
  }

  isCompleted(plan: WorkflowPlan): boolean {
    return this.#byPlan.get(plan)?.completed ?? false
  }

  find(document: ArazzoDocument, workflowId: string): Ended | undefined {
    for (const [plan, ended] of this.#byPlan)
      if (plan.document === document && plan.workflow.workflowId === workflowId) return ended
    return undefined
  }
}
