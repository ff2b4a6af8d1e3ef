import { isFault, wordsOf } from '../ground/fault.ts'
import { asText } from '../ground/json.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { AttemptView } from './attempt-view.ts'
import { deliveryOf } from './channel/delivery.ts'
import { checkOf, isError } from './checks/fault.ts'
import { exchangeOf } from './exchange.ts'
import type { Frame } from './frame.ts'
import { maskedRun } from './masking/records.ts'
import type { Check, Next, StepOutcome, StepRun } from './outcome.ts'
import type { CriterionPlan, StepPlan } from './plan.ts'

/** Everything that happened in a functional run, attempt by attempt. */
export class Recording {
  readonly #machine: AttemptView
  #start: Milliseconds = 0
  #runs: StepRun[] = []
  /** Attempts at each step of a workflow in the middle of its run. */
  #attempts = new Map<Frame, Map<StepPlan, number>>()

  constructor(machine: AttemptView) {
    this.#machine = machine
  }

  start(now: Milliseconds): void {
    this.#start = now
    this.#runs = []
    this.#attempts.clear()
  }

  /** A step is about to be performed. */
  attempt(frame: Frame, plan: StepPlan): void {
    const attempts = this.#attempts.get(frame) ?? new Map<StepPlan, number>()
    this.#attempts.set(frame, attempts.set(plan, (attempts.get(plan) ?? 0) + 1))
  }

  add(frame: Frame, plan: StepPlan, hasPassed: boolean, next: Next): StepRun {
    return this.#push(frame, plan, this.#outcome(frame, plan, hasPassed), next)
  }

  /** A run that never ends is stopped at a step that was not performed. */
  giveUp(frame: Frame, plan: StepPlan, because: string): void {
    this.#push(frame, plan, { state: 'skipped', stepId: plan.step.stepId, because }, { go: 'end' })
  }

  /** All runs, with every secret that has become known by now masked. */
  masked(): StepRun[] {
    const { secrets } = this.#machine
    return this.#runs.map(run => maskedRun(run, secrets))
  }

  #push(frame: Frame, plan: StepPlan, outcome: StepOutcome, next: Next): StepRun {
    const machine = this.#machine
    const { step, operation, channel } = plan
    const { message } = machine.scope
    const isSent = operation !== undefined && machine.judge.cause !== 'request' && outcome.state !== 'skipped'
    const { reason, times } = machine.judge
    const { queued, ended } = times
    const warnings = machine.judge.faults.filter(fault => !isError(fault)).map(checkOf)
    const run: StepRun = {
      ...outcome,
      ...('error' in outcome && isFault(reason) ? { fault: reason } : {}),
      workflowId: frame.plan.workflow.workflowId,
      attempt: this.#attempts.get(frame)?.get(plan) ?? 0,
      depth: frame.depth,
      at: step.at,
      ...(operation ? { operationAt: operation.at, operation: `${operation.method} ${operation.path}` } : {}),
      ...(channel
        ? { operationAt: channel.channel.at, operation: `${channel.action} ${channel.channel.address}` }
        : {}),
      ...(isSent ? { exchange: exchangeOf(machine, this.#start) } : {}),
      ...(channel && message && outcome.state !== 'skipped'
        ? { delivery: deliveryOf(message, machine, this.#start) }
        : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
      next,
      duration: operation || channel ? ended - queued : machine.clock.now() - frame.stepStarted,
    }
    this.#runs.push(run)
    return run
  }

  #outcome(frame: Frame, plan: StepPlan, hasPassed: boolean): StepOutcome {
    const machine = this.#machine
    const { stepId } = plan.step
    const { cause, reason } = machine.judge
    if (cause !== undefined && cause !== 'request' && cause !== 'output' && cause !== 'runaway')
      return { state: 'unanswered', stepId, cause, error: wordsOf(reason) }
    if (cause === 'request') return { state: 'failed', stepId, checks: [], error: wordsOf(reason) }
    const checks = plan.criteria.map(criterion => this.#check(criterion))
    if (cause === 'output') return { state: 'failed', stepId, checks, error: wordsOf(reason) }
    if (hasPassed) return { state: 'passed', stepId, checks, outputs: asText(frame.outputsOf(stepId) ?? {}) }
    if (machine.judge.isRejectedByStatus(plan)) checks.push(this.#statusCheck(plan))
    checks.push(...machine.judge.faults.filter(isError).map(checkOf))
    return { state: 'failed', stepId, checks }
  }

  #check(criterion: CriterionPlan): Check {
    const { text: condition, at } = criterion.source
    if (criterion.test(this.#machine.scope)) return { passed: true, condition, at }
    const { actual, expected, error } = criterion.explain(this.#machine.scope)
    return {
      passed: false,
      condition,
      at,
      actual: asText({ ...actual }),
      ...(expected ? { expected: asText({ ...expected }) } : {}),
      ...(error === undefined ? {} : { error }),
    }
  }

  /** A step without criteria demands that the server reports no error. */
  #statusCheck(plan: StepPlan): Check {
    return {
      passed: false,
      condition: '$statusCode < 400',
      at: plan.step.at,
      actual: { $statusCode: this.#machine.scope.statusCode },
      expected: { $statusCode: '< 400' },
    }
  }
}
