import type { ArazzoDocument } from '../document/model.ts'
import { given } from '../ground/given.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { ActionPlan, StepPlan, WorkflowPlan } from './plan.ts'

type Values = Record<string, unknown>

/** Reason why a workflow runs: it is the root, a step, a retry's reference or a prerequisite. */
export type Role = 'root' | 'step' | 'retry' | 'dependency'

/** One workflow in the middle of its run: what a call stack's frame is to a function. */
export class Frame {
  readonly plan: WorkflowPlan
  readonly inputs: Values
  readonly role: Role
  readonly caller: Frame | undefined
  readonly depth: number
  /** The frame itself; of a branch, that of its workflow. */
  readonly home: Frame
  /** Outputs of the steps that have passed, by their positions, each in the order of the step's outputs. */
  readonly stepOutputs: (readonly unknown[] | undefined)[]
  current: StepPlan | undefined
  /** Prerequisites that have been seen to. */
  dependency = 0
  /** Retries of the current step, by action. */
  retries: Map<ActionPlan, number> | undefined
  /** The step to come back to once a retry's reference has run, and when. */
  detour: { readonly back: StepPlan; readonly at: Milliseconds } | undefined
  /** Outputs of the workflow that the current step ran. */
  childOutputs: Values | undefined
  /** Outputs of the workflows that handed over to this one. */
  carried: Values | undefined
  /** Outputs of failed inner workflows, by name, for clean-ups. */
  left: Values | undefined
  cancelTimeout: (() => void) | undefined
  /** Time when the workflow of the current step was called. */
  stepStarted: Milliseconds = 0

  constructor(plan: WorkflowPlan, inputs: Values, role: Role, caller: Frame | undefined, home?: Frame) {
    this.plan = plan
    this.inputs = inputs
    this.role = role
    this.caller = caller
    this.depth = caller ? caller.depth + 1 : 0
    this.home = home ?? this
    // A copy: twenty times as fast as filling a new one.
    this.stepOutputs = home ? home.stepOutputs : plan.noOutputs.slice()
  }

  /** Frame for one of several simultaneous steps: outputs of steps are shared. */
  branch(): Frame {
    const branch = new Frame(this.plan, this.inputs, this.role, this.caller, this)
    branch.carried = this.carried
    return branch
  }

  get isBranch(): boolean {
    return this.home !== this
  }

  /** Undefined where there is no such step, or it has not passed. */
  outputsOf(stepId: string): Values | undefined {
    const step = this.plan.byId.get(stepId)
    const values = step && this.stepOutputs[step.position]
    return values && Object.fromEntries(step.outputs.map(({ name }, index) => [name, values[index]]))
  }

  /** A workflow that it ran has failed. @param outputs of that workflow. */
  leaves(failed: Frame, outputs: Values): void {
    this.home.left = { ...this.home.left, ...failed.#made(failed.home.left), ...given<Values>(outputs) }
  }

  /** Outputs of the steps that have passed, of those which called this one first. */
  known(): Values {
    return this.#made({ ...this.home.left, ...this.carried, ...this.caller?.known() })
  }

  /** @param before what gives way to the outputs of its own steps. */
  #made(before: Values | undefined): Values {
    const known = { ...before }
    for (const { position, outputs } of this.plan.steps)
      for (const [index, { name }] of outputs.entries()) {
        const value = this.stepOutputs[position]?.[index]
        if (value !== undefined) known[name] = value
      }
    return known
  }

  /** Undefined where there is no such step or output, or the step has not passed. */
  outputOf(stepId: string, name: string): unknown {
    const step = this.plan.byId.get(stepId)
    const values = step && this.stepOutputs[step.position]
    if (values === undefined) return undefined
    const { outputs } = step!
    for (let index = 0; index < outputs.length; index++) if (outputs[index]!.name === name) return values[index]
    return undefined
  }
}

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
