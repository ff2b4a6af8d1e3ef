import { type Fault, type Reason, sentenceOf, wordsOf } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import type { Milliseconds } from '../ground/units.ts'
import { EndedWorkflows, Frame, type Role } from './frame.ts'
import { misfitsOf, withDefaults } from './inputs.ts'
import type { ActionPlan, StepPlan, WorkflowPlan } from './plan.ts'
import type { RecordedRuns } from './recording.ts'
import { misfitOf, runaway, unmetDependency } from './refusal.ts'
import { waitBefore } from './retry-after.ts'
import { RunScope } from './run-scope.ts'
import { ABORTED, CurrentStep, type CutCause } from './step.ts'
import type { User } from './user.ts'

type Values = Record<string, unknown>

const nothing: Values = Object.freeze({})

/** Begin of a branch: one of the steps that run at the same time. */
interface Origin {
  /** The branch that came to its workflow. */
  readonly parent: Branch
  readonly step: StepPlan
  readonly frame: Frame
  /** Place of the record for its attempts, where they are recorded. */
  readonly place: RecordedRuns | undefined
  /** Time to think before its first request. */
  readonly pause: Milliseconds
}

/**
 * Performs steps one after the other: the current step, and the stack of its workflows, a frame each. An event (of the
 * transport, a timer, the start) settles that step, which names the next one, and `work` performs steps until one has
 * to wait. Nothing recurses, for any number of jumps and calls of workflows. Steps that run at the same time have a
 * branch each; the branch of their workflow continues when all have ended.
 *
 * | current                 | event                  | then                                               |
 * | ----------------------- | ---------------------- | -------------------------------------------------- |
 * | operation sent          | response, no response  | criteria, outputs, action -> step, retry, end, ... |
 * | operation not buildable | at once                | as a failed step                                   |
 * | message sent, awaited   | it is sent, it came    | criteria, outputs, action -> step, retry, end, ... |
 * | workflow called         | its frame ends         | criteria, outputs, action of the calling step      |
 * | retry waits             | its reference, timer   | the same step again                                |
 * | user thinks             | timer                  | the next step                                      |
 * | steps in other branches | one of them ends       | steps that waited for it, or the workflow ends     |
 *
 * Hot. Allocated per request: the list of its outputs and their values. Everything else is reused.
 */
export class Branch {
  readonly user: User
  readonly scope: RunScope
  readonly step: CurrentStep
  /** Time that its user's thread may have added on the path to the current step. */
  late: Milliseconds = 0
  /** When what is being seen to has come; 0 where only the clock knows. */
  newsAt: Milliseconds = 0
  /** Why the run fails. */
  because: string | undefined
  /** Outputs of the run's root workflow. */
  outputs: Values = {}
  #origin: Origin | undefined
  /** The step to be performed next. */
  #pending: StepPlan | undefined
  /** Whether the pending step is come to by going on, and not by a retry. */
  #isNewStep = false
  /** A workflow that has come to its end. */
  #ending: Frame | undefined
  #isEndingWell = false
  /** A workflow whose steps are to begin that run at the same time. */
  #forking: Frame | undefined
  /** Parameters that the chosen action passes to its workflow. */
  #given: Values = nothing
  /** The steps that run in other branches. */
  #fork: Fork | undefined
  #places: RecordedRuns[] | undefined
  readonly #below = new Set<Branch>()
  /** Branches that were ended early. They have the outputs of their workflows so far. */
  #broken: Branch[] = []
  /** Ends the current pause: its user thinks before requests, and waits before it tries again. */
  #cancelPause: (() => void) | undefined
  #isThinking = false
  #firstPause: Milliseconds | undefined

  constructor(user: User) {
    this.user = user
    this.scope = new RunScope(user, user.secrets)
    this.step = new CurrentStep(this)
  }

  /** Begins a run, to be driven. @param at a clock reading that was just made. */
  begin(inputs: Values, at: Milliseconds): void {
    this.#reset(at, 0)
    this.step.recording?.begin(this.user.clock.now())
    this.scope.ended = undefined
    this.#enter(new Frame(this.user.plan.root, inputs, 'root', undefined))
  }

  #reset(at: Milliseconds, late: Milliseconds, firstPause?: Milliseconds): void {
    this.newsAt = at
    this.late = late
    this.because = undefined
    this.#ending = undefined
    this.#forking = undefined
    this.#fork = undefined
    if (this.#below.size > 0) this.#below.clear()
    if (this.#broken.length > 0) this.#broken = []
    this.#isThinking = false
    this.#firstPause = firstPause
    this.user.acts()
  }

  /** Performs steps until one has to wait. */
  work(): void {
    for (;;) {
      if (this.#ending) this.#leave(this.#ending)
      else if (this.#pending && !this.user.isHeld) this.#come(this.#pending)
      else if (this.#forking) this.#split(this.#forking)
      else if (this.#fork?.isOver) this.#join(this.#fork)
      else if (this.#fork?.hasReady && !this.user.isHeld) this.#beginReady(this.#fork)
      else break
    }
    this.newsAt = 0
  }

  /** Users think before each request but the first, and not before they try again. */
  #come(step: StepPlan): void {
    this.#pending = undefined
    let pause = 0
    // A step that runs a workflow is followed by the steps of that.
    if (step.number >= 0) {
      if (this.#isNewStep) pause = this.#pauseBefore()
      this.#isNewStep = false
    }
    if (pause > 0) this.#think(pause, step)
    else this.#perform(step)
  }

  /** Ends it in the middle, and records its requests with the cause. An iteration without a response has failed. */
  abort(cause: 'aborted' | 'no response' = 'aborted'): void {
    const isWaiting = this.#letGo(cause, cause === 'aborted' ? ABORTED : NO_RESPONSE)
    this.#pending = undefined
    for (const branch of this.all()) branch.#cancelTimeouts()
    this.#end(isWaiting && cause === 'no response' ? 'failed' : 'aborted')
  }

  /** Named values of the run so far: outputs of its steps and, after its end, of its workflow. */
  known(hasEnded: boolean): Values {
    return { ...this.scope.frame.known(), ...(hasEnded && given<Values>(this.outputs)) }
  }

  /* ---- pauses ---- */

  /** Think time before a request, except the first. */
  #pauseBefore(): Milliseconds {
    const first = this.#firstPause
    this.#firstPause = undefined
    if (first !== undefined) return first
    const { think, requests } = this.user
    return think === undefined || requests === 0 ? 0 : think()
  }

  #think(length: Milliseconds, step: StepPlan): void {
    this.#isThinking = true
    this.user.thinks()
    this.#wait(length, step)
  }

  /** Performs the step when so much time has passed. */
  #wait(length: Milliseconds, step: StepPlan): void {
    this.#cancelPause = this.user.clock.after(length, () => {
      this.#cancelPause = undefined
      this.#wakeUp()
      this.#pending = step
      this.user.drive(this)
    })
  }

  #wakeUp(): void {
    if (!this.#isThinking) return
    this.#isThinking = false
    this.user.wakes()
  }

  /* ---- one step ---- */

  #perform(plan: StepPlan): void {
    const { frame } = this.scope
    frame.current = plan
    frame.childOutputs = undefined
    this.step.begin(frame, plan)
    if (!this.user.mayVisit()) return this.#giveUp(frame, plan)
    const unmet = plan.step.dependsOn.length === 0 ? undefined : unmetDependency(plan, frame)
    if (unmet !== undefined) this.step.refuse(frame, plan, unmet)
    else if (plan.workflow) this.#performWorkflow(frame, plan, plan.workflow)
    else this.step.send(frame, plan)
  }

  #performWorkflow(frame: Frame, plan: StepPlan, workflow: WorkflowPlan): void {
    frame.stepStarted = this.user.clock.now()
    const passed = this.scope.evaluateAll(plan.inputs)
    const fault = this.scope.takeFault()
    if (fault !== undefined) return this.step.refuse(frame, plan, fault)
    const inputs = withDefaults(workflow.workflow.inputs, given(passed))
    const misfit = misfitOf(plan, workflow, inputs)
    if (misfit !== undefined) return this.step.refuse(frame, plan, misfit)
    const child = this.#call(frame, workflow, inputs, 'step')
    const { timeout } = plan.step
    if (timeout) child.cancelTimeout = this.user.clock.after(timeout, () => this.#expire(frame, plan, timeout))
  }

  /** A step that runs a workflow has taken too long: all its inner work is abandoned. */
  #expire(frame: Frame, plan: StepPlan, timeout: Milliseconds): void {
    this.#cancelTimeouts(frame)
    const reason = { found: `workflow step "${plan.step.stepId}" took longer than its timeout of ${timeout} ms` }
    this.step.isTold = this.#letGo('timeout', reason)
    this.#wakeUp()
    this.#leaveAll()
    this.#pending = undefined
    this.#forking = undefined
    this.scope.frame = frame
    this.scope.received.clear()
    this.step.fail('timeout', reason)
    this.settle(frame, plan)
    this.user.drive(this)
  }

  #giveUp(frame: Frame, plan: StepPlan): void {
    const reason = runaway(plan)
    this.because = wordsOf(reason)
    this.step.fail('runaway', reason)
    this.step.gaveUp(frame, plan, this.because)
    this.outputs = {}
    this.#end('given up')
  }

  /** The current attempt has ended. @param at time of its event. */
  onAttemptEnded(at: Milliseconds): void {
    const { frame } = this.scope
    this.newsAt = at
    this.settle(frame, frame.current!)
    this.user.drive(this)
  }

  /** Judges the current attempt and decides the next step. */
  settle(frame: Frame, plan: StepPlan): void {
    const { step, user } = this
    const hasPassed = step.judge(frame, plan)
    const chosen = frame.detour ? undefined : this.#choose(frame, hasPassed ? plan.onSuccess : plan.onFailure)
    const isRetry = chosen?.action.type === 'retry'
    const wait = isRetry ? waitBefore(chosen.action, plan, this.scope.received, user.plan) : 0
    this.late += step.report(frame, plan, hasPassed, isRetry && typeof wait === 'number')
    const [action, delay] = typeof wait === 'string' ? [undefined, 0] : [chosen, wait]
    // Parameters of the action are evaluated while the current attempt is available.
    this.#given = action?.workflow ? this.scope.evaluateAll(action.inputs) : nothing
    if (step.recording) {
      step.record(frame, plan, hasPassed, action, wait)
      user.onRecorded()
    }
    const because = hasPassed ? undefined : step.explain(plan)
    this.scope.judged = undefined
    if (step.cause === 'aborted' && plan.number >= 0) return this.#end('aborted')
    if (frame.detour) return this.#comeBack(frame)
    this.because = because ?? this.because
    this.#follow(frame, plan, hasPassed, action, delay)
    if (typeof wait === 'string') this.because = `${because}; it is not tried again, ${wait}`
  }

  /* ---- where the run goes on ---- */

  /** Completed workflows, shared by all branches. */
  get #ended(): EndedWorkflows {
    this.scope.ended ??= new EndedWorkflows()
    return this.scope.ended
  }

  /** Prerequisites first, then the first step, or those that run at the same time. */
  #enter(frame: Frame): void {
    this.scope.frame = frame
    const { dependencies } = frame.plan
    while (frame.dependency < dependencies.length) {
      const next = dependencies[frame.dependency++]!
      if (this.scope.ended?.isCompleted(next)) continue
      return this.#enter(new Frame(next, withDefaults(next.workflow.inputs, frame.inputs), 'dependency', frame))
    }
    if (frame.plan.parallel) this.#forking = frame
    else this.#visit(frame, frame.plan.steps[0])
  }

  #visit(frame: Frame, step: StepPlan | undefined): void {
    if (!step) return this.#finish(frame, true)
    frame.retries?.clear()
    this.#pending = step
    this.#isNewStep = true
  }

  /** Left for `work`: of workflows that call one another many end at once. */
  #finish(frame: Frame, hasPassed: boolean): void {
    this.#ending = frame
    this.#isEndingWell = hasPassed
  }

  /** A workflow ends; its caller goes on. */
  #leave(frame: Frame): void {
    this.#ending = undefined
    if (frame.isBranch) return this.#end(this.#isEndingWell ? 'passed' : 'failed')
    frame.cancelTimeout?.()
    frame.childOutputs = undefined
    this.scope.frame = frame
    const own = this.scope.evaluateAll(frame.plan.outputs)
    const hasPassed = this.#hasNoFault(frame, this.#isEndingWell)
    const outputs = frame.carried ? { ...frame.carried, ...given<Values>(own) } : own
    const { workflowId } = frame.plan.workflow
    const { caller, role } = frame
    if (!caller) {
      this.outputs = outputs
      return this.#end(hasPassed ? 'passed' : 'failed')
    }
    this.#ended.add(frame.plan, frame.inputs, outputs, hasPassed)
    if (!hasPassed) caller.leaves(frame, outputs)
    this.scope.frame = caller
    if (role === 'dependency') {
      if (hasPassed) return this.#enter(caller)
      this.because = `prerequisite "${workflowId}" failed: ${this.because ?? 'a step failed'}`
      return this.#finish(caller, false)
    }
    if (role === 'retry') return this.#comeBack(caller)
    caller.childOutputs = outputs
    if (hasPassed) this.step.cause = undefined
    else {
      const found = `workflow "${workflowId}" failed: ${innermost(this.because ?? 'a step failed')}`
      this.step.fail('request', { found })
    }
    this.step.isTold = !hasPassed
    this.settle(caller, caller.current!)
  }

  #call(frame: Frame, workflow: WorkflowPlan, inputs: Values, role: Role): Frame {
    const child = new Frame(workflow, inputs, role, frame)
    this.#enter(child)
    return child
  }

  /** The first action whose criteria are all met; a retry that is used up gives way to the next. */
  #choose(frame: Frame, actions: readonly ActionPlan[]): ActionPlan | undefined {
    for (const plan of actions) {
      if (this.step.firstUnmet(plan.criteria)) continue
      if (plan.action.type !== 'retry') return plan
      const made = frame.retries?.get(plan) ?? 0
      if (made >= plan.action.retryLimit) continue
      frame.retries ??= new Map()
      frame.retries.set(plan, made + 1)
      return plan
    }
    return undefined
  }

  /** Goes on behind a step. */
  #follow(frame: Frame, plan: StepPlan, hasPassed: boolean, chosen: ActionPlan | undefined, delay: Milliseconds): void {
    const action = chosen?.action
    if (!chosen || !action)
      return hasPassed && !frame.isBranch
        ? this.#visit(frame, frame.plan.steps[plan.position + 1])
        : this.#finish(frame, hasPassed)
    if (action.type === 'end') return this.#finish(frame, hasPassed)
    if (action.type === 'retry') return this.#retry(frame, plan, chosen, delay)
    if (action.to.kind === 'workflow') return this.#transfer(frame, chosen.workflow!)
    this.#visit(frame, frame.plan.byId.get(action.to.stepId))
  }

  /** Control passes to another workflow permanently; it returns to the same caller, in the remaining time. */
  #transfer(frame: Frame, workflow: WorkflowPlan): void {
    const outputs = { ...frame.carried, ...given<Values>(this.scope.evaluateAll(frame.plan.outputs)) }
    const inputs = this.#inputsFor(frame, workflow)
    if (inputs === undefined) return this.#finish(frame, false)
    this.#ended.add(frame.plan, frame.inputs, outputs, true)
    const next = new Frame(workflow, inputs, frame.role, frame.caller)
    next.carried = outputs
    next.cancelTimeout = frame.cancelTimeout
    this.#enter(next)
  }

  /** The retry's reference runs first, then the step again, no sooner than its delay after the failure. */
  #retry(frame: Frame, plan: StepPlan, { action, workflow }: ActionPlan, delay: Milliseconds): void {
    const { to } = action as Extract<ActionPlan['action'], { type: 'retry' }>
    frame.detour = { back: plan, at: this.user.clock.now() + delay }
    if (!to) return this.#comeBack(frame)
    if (to.kind === 'step') {
      this.#pending = frame.plan.byId.get(to.stepId)
      return
    }
    const inputs = this.#inputsFor(frame, workflow!)
    if (inputs === undefined) return this.#finish(frame, false)
    this.#call(frame, workflow!, inputs, 'retry')
  }

  /** The reference of a retry has run. */
  #comeBack(frame: Frame): void {
    const { back, at } = frame.detour!
    frame.detour = undefined
    const delay = at - this.user.clock.now()
    if (delay <= 0) this.#pending = back
    // Timers drop fractions of a millisecond, and would come too early.
    else this.#wait(Math.ceil(delay), back)
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
    const fault = this.scope.takeFault()
    if (fault === undefined || !isPassing) return isPassing
    return this.#break(frame, fault)
  }

  /** A workflow fails although its current step does not. */
  #break(frame: Frame, fault: Fault): false {
    this.because = sentenceOf(fault)
    this.step.fail('output', fault)
    if (frame.current) this.step.callFailed(frame, frame.current)
    return false
  }

  /* ---- steps at the same time ---- */

  #split(frame: Frame): void {
    this.#forking = undefined
    // From here on, the current steps are in other branches.
    this.step.rest()
    this.#places = this.step.recording?.leave(frame.plan.steps.length)
    this.#fork = new Fork(frame)
    this.user.rests()
  }

  /** Steps begin. Users think once before all that begin together. */
  #beginReady(fork: Fork): void {
    const pause = this.#pauseBefore()
    // The clock reading was made for the first of them.
    let at = this.newsAt
    for (const step of fork.takeReady()) {
      const branch = this.user.takeBranch()
      fork.running++
      this.#below.add(branch)
      const place = this.#places?.[step.position]
      branch.#beginAt({ parent: this, step, frame: fork.frame.branch(), place, pause }, at)
      at = 0
      this.user.drive(branch)
    }
  }

  /** Begins with a step that runs at the same time as others, to be driven. */
  #beginAt(origin: Origin, at: Milliseconds): void {
    const { parent, step, frame, place, pause } = origin
    this.#origin = origin
    this.#reset(at, parent.late, pause)
    if (place) this.step.recording?.beginAt(place)
    this.scope.ended = parent.#ended
    this.scope.frame = frame
    this.#visit(frame, step)
  }

  /** A branch below has ended. */
  #onBranchEnded(branch: Branch, step: StepPlan, end: BranchEnd): void {
    // Added time of the last step that it waited for also counts in the step's time.
    this.late = branch.late
    this.newsAt = branch.newsAt
    this.#fork!.ended(step, end, branch.because)
    this.#rest(branch)
    if (end === 'aborted' || end === 'given up') this.#broken.push(branch)
    else this.user.giveBack(branch)
    this.user.drive(this)
  }

  /** All have ended: the workflow ends. */
  #join({ frame, end, because }: Fork): void {
    this.#fork = undefined
    this.user.acts()
    if (end === 'passed' || end === 'failed') {
      if (because !== undefined) this.because = because
      frame.current = frame.plan.steps.at(-1)
      return this.#finish(frame, end === 'passed')
    }
    this.because = because
    if (end === 'given up') this.outputs = {}
    this.#end(end)
  }

  /** This branch, and all that perform what it has forked into. */
  all(): Branch[] {
    const all: Branch[] = [this]
    for (const branch of all) all.push(...branch.#below, ...branch.#broken)
    return all
  }

  /** The exchanges of branches below are not needed any more and were abandoned. */
  #leaveAll(): void {
    for (const branch of this.all().reverse()) {
      for (const one of [...branch.#below]) {
        one.#cancelTimeouts()
        one.#wakeUp()
        one.#pending = undefined
        one.#forking = undefined
        branch.#rest(one)
        this.user.giveBack(one)
      }
      if (branch.#fork === undefined) continue
      branch.#fork = undefined
      this.user.acts()
    }
  }

  #rest(branch: Branch): void {
    branch.step.rest()
    this.user.rests()
    this.#below.delete(branch)
  }

  /* ---- its end ---- */

  #end(end: BranchEnd): void {
    this.#cancelTimeouts()
    const origin = this.#origin
    this.#origin = undefined
    if (origin) origin.parent.#onBranchEnded(this, origin.step, end)
    else this.user.onEnded(end)
  }

  /** @param above the frame up to which they go; of all frames when absent. */
  #cancelTimeouts(above?: Frame): void {
    for (let frame: Frame | undefined = this.scope.frame; frame && frame !== above; frame = frame.caller) {
      if (frame.isBranch) break // frames above it are in another branch
      frame.cancelTimeout?.()
    }
  }

  /** Forgets the current work of this branch and of those below it. Returns whether there was a request. */
  #letGo(cause: CutCause, reason: Reason): boolean {
    let hadRequest = false
    for (const branch of this.all()) {
      branch.#cancelPause?.()
      branch.#cancelPause = undefined
      if (branch.step.letGo(cause, reason)) hadRequest = true
    }
    return hadRequest
  }
}

const NO_RESPONSE: Reason = { found: 'no response: the load and its graceful stop were over' }

const LONGEST_CHAIN = 1_000

/** Workflows that call one another give a reason for each; of very many only the last, where it began. */
const innermost = (reasons: string): string =>
  reasons.length <= LONGEST_CHAIN ? reasons : `... ${reasons.slice(-LONGEST_CHAIN / 2)}`

/** End of a step that ran at the same time as others: `given up` with the whole run, as a runaway. */
export type BranchEnd = 'passed' | 'failed' | 'aborted' | 'given up'

/**
 * Workflow whose steps run at the same time: steps that may begin, and the states of the others. After a failure no
 * step begins any more, and running ones complete.
 */
class Fork {
  readonly frame: Frame
  /** Steps that run. */
  running = 0
  readonly #waits: number[]
  #ready: StepPlan[]
  readonly #because = new Map<number, string | undefined>()
  /** How it ended. */
  end: BranchEnd = 'passed'

  constructor(frame: Frame) {
    const { steps, parallel } = frame.plan
    this.frame = frame
    this.#waits = parallel!.waits.slice()
    this.#ready = steps.filter(({ position }) => this.#waits[position] === 0)
  }

  /** Steps that may begin now, each returned once, in their order. */
  takeReady(): readonly StepPlan[] {
    const ready = this.#ready
    if (ready.length > 0) this.#ready = []
    return ready
  }

  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  get isOver(): boolean {
    return this.running === 0 && this.#ready.length === 0
  }

  /** A step has ended; those that waited for nothing else may begin. @param because why it failed. */
  ended({ position }: StepPlan, end: BranchEnd, because: string | undefined): void {
    this.running--
    if (end !== 'passed') return this.#fail(position, end, because)
    if (this.end !== 'passed') return
    const { steps, parallel } = this.frame.plan
    for (const follower of parallel!.followers[position]!)
      if (--this.#waits[follower]! === 0) this.#ready.push(steps[follower]!)
  }

  #fail(position: number, end: BranchEnd, because: string | undefined): void {
    this.#ready = []
    this.#because.set(position, because)
    if (this.end !== 'aborted' && this.end !== 'given up') this.end = end
  }

  /** Why it failed: of several failures all, in the order of their steps. */
  get because(): string | undefined {
    const [first] = this.#because.values()
    if (this.end === 'given up') return first
    const reasons = [...this.#because].sort(([a], [b]) => a - b).map(([, because]) => because ?? 'a step failed')
    return reasons.length === 0 ? undefined : reasons.join('; ')
  }
}
