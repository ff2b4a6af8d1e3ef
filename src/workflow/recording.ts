import type { Step } from '../document/model.ts'
import {
  compileExpression,
  compileSearchedText,
  type Expression,
  expressionsIn,
  type Template,
} from '../expression/index.ts'
import { isFault, wordsOf } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import { asText } from '../ground/json.ts'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import { whyAbsent } from './absent.ts'
import { deliveryOf } from './channel/task.ts'
import { isError, type ResponseFault } from './checks/check-rule.ts'
import { exchangeOf } from './exchange.ts'
import type { Frame } from './frame.ts'
import { maskedRun } from './masking/records.ts'
import type { Check, Next, StepOutcome, StepRun } from './outcome.ts'
import type { CriterionPlan, StepPlan } from './plan.ts'
import type { CurrentStep } from './step.ts'

/** Everything that happened in a functional run, attempt by attempt. */
export class Recording {
  readonly #step: CurrentStep
  readonly #record: RunRecord
  /** List of attempts. */
  #runs: RecordedRuns = []

  constructor(step: CurrentStep, record: RunRecord) {
    this.#step = step
    this.#record = record
  }

  /** A run begins. */
  begin(now: Milliseconds): void {
    this.#record.begin(now)
    this.#runs = this.#record.runs
  }

  /** Continues at a place that another recording has reserved. */
  beginAt(place: RecordedRuns): void {
    this.#runs = place
  }

  /** Leaves places for so many steps that run at the same time. */
  leave(places: number): RecordedRuns[] {
    const left = Array.from({ length: places }, (): RecordedRuns => [])
    this.#runs.push(left)
    return left
  }

  /** A step is about to be performed. */
  attempt(frame: Frame, plan: StepPlan): void {
    const attempts = this.#record.attempts.get(frame) ?? new Map<StepPlan, number>()
    this.#record.attempts.set(frame, attempts.set(plan, (attempts.get(plan) ?? 0) + 1))
  }

  add(frame: Frame, plan: StepPlan, hasPassed: boolean, next: Next): StepRun {
    return this.#push(frame, plan, this.#outcome(frame, plan, hasPassed), next)
  }

  /** A run that never ends is stopped at a step that was not performed. */
  giveUp(frame: Frame, plan: StepPlan, because: string): void {
    this.#push(frame, plan, { state: 'skipped', stepId: plan.step.stepId, because }, { go: 'end' })
  }

  /** All runs of the record, with every secret that has become known by now masked. */
  masked(): StepRun[] {
    const { secrets } = this.#step.user
    return inOrder(this.#record.runs).map(run => maskedRun(run, secrets))
  }

  #push(frame: Frame, plan: StepPlan, outcome: StepOutcome, next: Next): StepRun {
    const current = this.#step
    const { step, operation, channel } = plan
    const { message } = current.scope
    const isSent = operation !== undefined && current.cause !== 'request' && outcome.state !== 'skipped'
    const { reason, times } = current
    const { queued, ended } = times
    const warnings = current.faults.filter(fault => !isError(fault)).map(checkOf)
    const { start } = this.#record
    const isPerformed = outcome.state !== 'skipped'
    const run = given<StepRun>({
      ...outcome,
      fault: 'error' in outcome && isFault(reason) ? reason : undefined,
      absent: this.#emptyParts(frame, plan),
      workflowId: frame.plan.workflow.workflowId,
      attempt: this.#record.attempts.get(frame)?.get(plan) ?? 0,
      depth: frame.depth,
      at: step.at,
      operationAt: (operation ?? channel?.channel)?.at,
      operation: operation
        ? `${operation.method} ${operation.path}`
        : channel && `${channel.action} ${channel.channel.address}`,
      refusal: isSent && outcome.state === 'failed' ? current.refusal : undefined,
      exchange: isSent ? exchangeOf(current, start) : undefined,
      delivery: channel && message && isPerformed ? deliveryOf(message, current, start) : undefined,
      warnings: warnings.length > 0 ? warnings : undefined,
      next,
      duration: operation || channel ? ended - queued : current.user.clock.now() - frame.stepStarted,
    })
    this.#runs.push(run)
    return run
  }

  #outcome(frame: Frame, plan: StepPlan, hasPassed: boolean): StepOutcome {
    const current = this.#step
    const { stepId } = plan.step
    const { cause, reason } = current
    if (cause === 'request' || cause === 'events') {
      const events = cause === 'events' ? { events: { at: plan.step.events!.at } } : {}
      return { state: 'failed', stepId, checks: [], error: wordsOf(reason), ...events }
    }
    // Only load ends what has no response until its end.
    if (cause !== undefined && cause !== 'output' && cause !== 'runaway' && cause !== 'no response')
      return { state: 'unanswered', stepId, cause, error: wordsOf(reason) }
    const checks = plan.criteria.map(criterion => this.#check(criterion, frame))
    if (cause === 'output') return { state: 'failed', stepId, checks, error: wordsOf(reason) }
    if (hasPassed) {
      this.#noteEmptyOutputs(frame, plan)
      return { state: 'passed', stepId, checks, outputs: asText(frame.outputsOf(stepId) ?? {}) }
    }
    if (current.isRejectedByStatus(plan)) checks.push(this.#statusCheck(plan))
    checks.push(...current.faults.filter(isError).map(checkOf))
    return { state: 'failed', stepId, checks }
  }

  #check(criterion: CriterionPlan, frame: Frame): Check {
    const { text: condition, at } = criterion.source
    if (this.#step.isMet(criterion)) return { passed: true, condition, at }
    const { actual, expected, error } = criterion.explain(this.#step.scope)
    const empty = Object.keys(actual).filter(text => actual[text] === undefined)
    return given({
      passed: false,
      condition,
      at,
      actual: asText({ ...actual }),
      expected: expected && asText({ ...expected }),
      error,
      absent: this.#absentAmong(empty, frame),
    })
  }

  /** Outputs without a value: later uses have another response. */
  #noteEmptyOutputs(frame: Frame, { step, position }: StepPlan): void {
    const values = frame.stepOutputs[position] ?? []
    const notes = this.#record.absent.get(frame.home) ?? new Map<string, string>()
    for (const [i, { name, value }] of step.outputs.entries()) {
      const key = `${step.stepId} ${name}`
      notes.delete(key)
      const text = textOf(value)
      if (values[i] !== undefined || text === undefined) continue
      const why = this.#whyNoMatch(value) ?? whyAbsent(text, this.#step.scope, this.#originIn(frame))
      notes.set(key, `step "${step.stepId}" took it from ${text}${why === undefined ? '' : `, and ${why}`}`)
    }
    this.#record.absent.set(frame.home, notes)
  }

  /** Why nothing was taken out of a text that is there. A longer one is not shown, for it may end within a secret. */
  #whyNoMatch(value: Template): string | undefined {
    if (value.kind !== 'extract') return undefined
    const { of, extract } = value
    const searched = compileSearchedText(of)(this.#step.scope)
    if (searched === undefined) return undefined
    const text = searched.length > MOST_SHOWN ? `a text of ${searched.length} characters` : JSON.stringify(searched)
    return `its regex ${extract.regex} matches nothing in ${text}`
  }

  /** Reasons why the expressions of an unbuildable request have no value. */
  #emptyParts(frame: Frame, { step }: StepPlan): StepRun['absent'] {
    const { cause, reason } = this.#step
    const { advice } = reason
    if (cause !== 'request' || advice === undefined) return undefined
    const templates = [...step.parameters.map(({ value }) => value), ...payloadOf(step)]
    const empty = templates
      .flatMap(expressionsIn)
      .filter(({ text, expression }) => advice.includes(text) && this.#isEmpty(expression))
      .map(({ text }) => text)
    return this.#absentAmong(empty, frame)
  }

  #isEmpty(expression: Expression): boolean {
    return (tried(() => compileExpression(expression)(this.#step.scope)) ?? undefined) === undefined
  }

  #absentAmong(texts: readonly string[], frame: Frame): StepRun['absent'] {
    const found = texts.flatMap(text => {
      const why = whyAbsent(text, this.#step.scope, this.#originIn(frame))
      return why === undefined ? [] : [[text, why]]
    })
    return found.length > 0 ? Object.fromEntries(found) : undefined
  }

  #originIn(frame: Frame) {
    return (stepId: string, output: string) => this.#record.absent.get(frame.home)?.get(`${stepId} ${output}`)
  }

  /** A step without criteria demands that the server reports no error. */
  #statusCheck(plan: StepPlan): Check {
    return {
      passed: false,
      condition: '$statusCode < 400',
      at: plan.step.at,
      actual: { $statusCode: this.#step.scope.statusCode },
      expected: { $statusCode: '< 400' },
    }
  }
}

function checkOf({ demand, at, actual, expected, details, mismatches }: ResponseFault): Check {
  return given({
    passed: false,
    kind: 'openapi',
    condition: `OpenAPI: ${demand}`,
    at,
    actual: actual && { ...actual },
    expected: expected && { ...expected },
    error: details,
    mismatches: mismatches?.(),
  })
}

/** Characters of a text that is shown as a whole. */
const MOST_SHOWN = 300

const payloadOf = ({ requestBody }: Step): Template[] => (requestBody?.payload ? [requestBody.payload] : [])

/** Expression of an output, if it is a single one. */
function textOf(value: Template): string | undefined {
  if (value.kind === 'extract') return textOf(value.of)
  if (value.kind === 'expression') return value.text
  return value.kind === 'selector' && typeof value.selector === 'string'
    ? `${value.context.text}, ${value.selector}`
    : undefined
}

/** Attempts in their order; in place of steps that run at the same time, a list for each of them. */
export type RecordedRuns = (StepRun | RecordedRuns)[]

/** Recording of a run in all its lanes. */
export class RunRecord {
  start: Milliseconds = 0
  runs: RecordedRuns = []
  /** Attempts at each step of a workflow in the middle of its run. */
  readonly attempts = new Map<Frame, Map<StepPlan, number>>()
  /** Why outputs of steps that have passed have no value, by step and name. */
  readonly absent = new Map<Frame, Map<string, string>>()

  begin(now: Milliseconds): void {
    this.start = now
    this.runs = []
    this.attempts.clear()
    this.absent.clear()
  }
}

/** Attempts one behind the other. */
function inOrder(runs: RecordedRuns): StepRun[] {
  const flat: StepRun[] = []
  // Workflows that call one another may be nested deeper than calls may.
  const open = [runs.values()]
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const { value, done } = last.next()
    if (done) open.pop()
    else if (Array.isArray(value)) open.push(value.values())
    else flat.push(value)
  }
  return flat
}
