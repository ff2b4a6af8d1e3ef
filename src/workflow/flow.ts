import { type Fault, sentenceOf } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { Clock } from '../measure/clock.ts'
import { EndedWorkflows } from './ended.ts'
import { innermost } from './failure.ts'
import { Frame, type Role } from './frame.ts'
import { misfitsOf, withDefaults } from './inputs.ts'
import type { Judge } from './judge.ts'
import type { ActionPlan, StepPlan, WorkflowPlan } from './plan.ts'
import type { RunScope } from './run-scope.ts'

type Values = Record<string, unknown>

const nothing: Values = Object.freeze({})

/** Performer of the steps of a flow. */
export interface FlowOwner {
  /** The workflow of a step has ended. The judge has the result of the step. */
  onStepEnded(caller: Frame, hasPassed: boolean): void
  /** The root workflow has ended, or the one step that the flow began with. */
  onEnded(hasPassed: boolean): void
  /** A workflow fails although its current step does not. The judge has the reason. */
  onBroken(frame: Frame): void
  /** The step is to be performed when so much time has passed. */
  wait(step: StepPlan, delay: Milliseconds): void
}

/**
 * Position of a run, and its next step: a stack of frames, one a workflow. Nothing recurses, however often a workflow
 * goes back or calls another: the step that comes next is left in `pending`, a workflow that has come to its end in
 * `ending`, one whose steps run at the same time in `forking`, and the owner's loop takes them. Each of those steps is
 * a flow of its own, which ends with it.
 */
export class Flow {
  pending: StepPlan | undefined
  /** Whether the pending step is come to by going on, and not by a retry. */
  isNewStep = false
  /** A workflow that has come to its end. */
  ending: Frame | undefined
  /** A workflow whose steps are to begin that run at the same time. */
  forking: Frame | undefined
  /** Why the run fails. */
  because: string | undefined
  /** Outputs of the run's root workflow. */
  outputs: Values = {}
  readonly #owner: FlowOwner
  readonly #scope: RunScope
  readonly #judge: Judge
  readonly #clock: Clock
  #isEndingWell = false
  /** Parameters that the chosen action passes to its workflow. */
  #given: Values = nothing

  constructor(owner: FlowOwner, scope: RunScope, judge: Judge, clock: Clock) {
    this.#owner = owner
    this.#scope = scope
    this.#judge = judge
    this.#clock = clock
  }

  /** Named values of the run so far: outputs of its steps and, after its end, of its workflow. */
  known(hasEnded: boolean): Values {
    return { ...this.#scope.frame.known(), ...(hasEnded && given<Values>(this.outputs)) }
  }

  begin(root: WorkflowPlan, inputs: Values): void {
    this.because = undefined
    this.forking = undefined
    this.#scope.ended = undefined
    this.#enter(new Frame(root, inputs, 'root', undefined))
  }

  /** Begins with one of the steps that run at the same time, in a frame of its own. */
  beginBranch(branch: Frame, step: StepPlan, ended: EndedWorkflows): void {
    this.because = undefined
    this.ending = undefined
    this.forking = undefined
    this.#scope.ended = ended
    this.#scope.frame = branch
    this.#visit(branch, step)
  }

  /** Completed workflows, shared by all lanes. */
  get ended(): EndedWorkflows {
    this.#scope.ended ??= new EndedWorkflows()
    return this.#scope.ended
  }

  /** All steps that ran at the same time have ended: their workflow ends. @param because why it failed. */
  join(frame: Frame, hasPassed: boolean, because: string | undefined): void {
    if (because !== undefined) this.because = because
    frame.current = frame.plan.steps.at(-1)
    this.#end(frame, hasPassed)
  }

  /** Prerequisites first, then the first step, or those that run at the same time. */
  #enter(frame: Frame): void {
    this.#scope.frame = frame
    const { dependencies } = frame.plan
    while (frame.dependency < dependencies.length) {
      const next = dependencies[frame.dependency++]!
      if (this.#scope.ended?.isCompleted(next)) continue
      return this.#enter(new Frame(next, withDefaults(next.workflow.inputs, frame.inputs), 'dependency', frame))
    }
    if (frame.plan.parallel) this.forking = frame
    else this.#visit(frame, frame.plan.steps[0])
  }

  #visit(frame: Frame, step: StepPlan | undefined): void {
    if (!step) return this.#end(frame, true)
    frame.retries?.clear()
    this.pending = step
    this.isNewStep = true
  }

  /** Left for the owner's loop: of workflows that call one another many end at once. */
  #end(frame: Frame, hasPassed: boolean): void {
    this.ending = frame
    this.#isEndingWell = hasPassed
  }

  /** The workflow in `ending` ends; its caller goes on. */
  leave(): void {
    const frame = this.ending!
    this.ending = undefined
    if (frame.isBranch) return this.#owner.onEnded(this.#isEndingWell)
    frame.cancelTimeout?.()
    frame.childOutputs = undefined
    this.#scope.frame = frame
    const own = this.#scope.evaluateAll(frame.plan.outputs)
    const hasPassed = this.#hasNoFault(frame, this.#isEndingWell)
    const outputs = frame.carried ? { ...frame.carried, ...given<Values>(own) } : own
    const { workflowId } = frame.plan.workflow
    const { caller, role } = frame
    if (!caller) {
      this.outputs = outputs
      return this.#owner.onEnded(hasPassed)
    }
    this.#remember(frame, outputs, hasPassed)
    if (!hasPassed) caller.leaves(frame, outputs)
    this.#scope.frame = caller
    if (role === 'dependency') {
      if (hasPassed) return this.#enter(caller)
      this.because = `prerequisite "${workflowId}" failed: ${this.because ?? 'a step failed'}`
      return this.#end(caller, false)
    }
    if (role === 'retry') return this.comeBack(caller)
    caller.childOutputs = outputs
    if (hasPassed) this.#judge.cause = undefined
    else {
      const found = `workflow "${workflowId}" failed: ${innermost(this.because ?? 'a step failed')}`
      this.#judge.fail('request', { found })
    }
    this.#owner.onStepEnded(caller, hasPassed)
  }

  #remember({ plan, inputs }: Frame, outputs: Values, isCompleted: boolean): void {
    this.ended.add(plan, inputs, outputs, isCompleted)
  }

  call(frame: Frame, workflow: WorkflowPlan, inputs: Values, role: Role): Frame {
    const child = new Frame(workflow, inputs, role, frame)
    this.#enter(child)
    return child
  }

  /** The first action whose criteria are all met; a retry that is used up gives way to the next. */
  choose(frame: Frame, actions: readonly ActionPlan[]): ActionPlan | undefined {
    for (const plan of actions) {
      if (this.#judge.firstUnmet(plan.criteria)) continue
      if (plan.action.type !== 'retry') return plan
      const made = frame.retries?.get(plan) ?? 0
      if (made >= plan.action.retryLimit) continue
      frame.retries ??= new Map()
      frame.retries.set(plan, made + 1)
      return plan
    }
    return undefined
  }

  /** Evaluates the parameters of the action while the current attempt is available. */
  take(action: ActionPlan | undefined): void {
    this.#given = action?.workflow ? this.#scope.evaluateAll(action.inputs) : nothing
  }

  /** Goes on behind a step. */
  follow(frame: Frame, plan: StepPlan, hasPassed: boolean, chosen: ActionPlan | undefined, delay: Milliseconds): void {
    const action = chosen?.action
    if (!chosen || !action)
      return hasPassed && !frame.isBranch
        ? this.#visit(frame, frame.plan.steps[plan.position + 1])
        : this.#end(frame, hasPassed)
    if (action.type === 'end') return this.#end(frame, hasPassed)
    if (action.type === 'retry') return this.#retry(frame, plan, chosen, delay)
    if (action.to.kind === 'workflow') return this.#transfer(frame, chosen.workflow!)
    this.#visit(frame, frame.plan.byId.get(action.to.stepId))
  }

  /** Control passes to another workflow permanently; it returns to the same caller, in the remaining time. */
  #transfer(frame: Frame, workflow: WorkflowPlan): void {
    const outputs = { ...frame.carried, ...given<Values>(this.#scope.evaluateAll(frame.plan.outputs)) }
    const inputs = this.#inputsFor(frame, workflow)
    if (inputs === undefined) return this.#end(frame, false)
    this.#remember(frame, outputs, true)
    const next = new Frame(workflow, inputs, frame.role, frame.caller)
    next.carried = outputs
    next.cancelTimeout = frame.cancelTimeout
    this.#enter(next)
  }

  /** The retry's reference runs first, then the step again, no sooner than its delay after the failure. */
  #retry(frame: Frame, plan: StepPlan, { action, workflow }: ActionPlan, delay: Milliseconds): void {
    const { to } = action as Extract<ActionPlan['action'], { type: 'retry' }>
    frame.detour = { back: plan, at: this.#clock.now() + delay }
    if (!to) return this.comeBack(frame)
    if (to.kind === 'step') {
      this.pending = frame.plan.byId.get(to.stepId)
      return
    }
    const inputs = this.#inputsFor(frame, workflow!)
    if (inputs === undefined) return this.#end(frame, false)
    this.call(frame, workflow!, inputs, 'retry')
  }

  /** The reference of a retry has run. */
  comeBack(frame: Frame): void {
    const { back, at } = frame.detour!
    frame.detour = undefined
    const delay = at - this.#clock.now()
    if (delay <= 0) this.pending = back
    // Timers drop fractions of a millisecond, and would come too early.
    else this.#owner.wait(back, Math.ceil(delay))
  }

  /** Inputs of a workflow that an action leads to; undefined if they make the current workflow fail. */
  #inputsFor(frame: Frame, workflow: WorkflowPlan): Values | undefined {
    if (!this.#hasNoFault(frame)) return undefined
    const inputs = withDefaults(workflow.workflow.inputs, { ...frame.inputs, ...given<Values>(this.#given) })
    const misfits = misfitsOf(workflow.workflow, inputs)
    if (misfits.length === 0) return inputs
    const thing = `to workflow "${workflow.workflow.workflowId}"`
    this.#break(frame, { verb: 'go', thing, found: misfits.join('; '), advice: "Correct the action's parameters." })
    return undefined
  }

  /**
   * Whether outputs or inputs of a workflow could be evaluated; why not is why it fails, unless it has failed before.
   */
  #hasNoFault(frame: Frame, isPassing = true): boolean {
    const fault = this.#scope.takeFault()
    if (fault === undefined || !isPassing) return isPassing
    return this.#break(frame, fault)
  }

  #break(frame: Frame, fault: Fault): false {
    this.because = sentenceOf(fault)
    this.#judge.fail('output', fault)
    if (frame.current) this.#owner.onBroken(frame)
    return false
  }
}
