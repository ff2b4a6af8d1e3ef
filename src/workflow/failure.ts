import type { Location } from '../ground/errors.ts'
import { claimOf, isFault, type Reason, wordsOf } from '../ground/fault.ts'
import { shorten, shortened, shownAsJson } from '../ground/show.ts'
import { SHORT_DOCUMENT } from '../http/select/index.ts'
import type { ShownExchange } from '../measure/report.ts'
import { deliveryOf } from './channel/task.ts'
import { isError, type ResponseFault } from './checks/check-rule.ts'
import { exchangeOf, lineOf, noteSecrets } from './exchange.ts'
import { maskedDelivery, maskedExchange } from './masking/records.ts'
import type { StepPlan } from './plan.ts'
import type { CurrentStep } from './step.ts'
import { shownDelivery, shownExchange } from './text.ts'
import type { Contract, FailedAttempt, SeenAttempt } from './virtual-user.ts'

/** Attempt of the current step, failed or not; computed on demand. */
export class Failure implements FailedAttempt, SeenAttempt {
  isRetried = false
  readonly #step: CurrentStep
  #plan!: StepPlan

  constructor(step: CurrentStep) {
    this.#step = step
  }

  of(plan: StepPlan, isRetried = false): this {
    this.#plan = plan
    this.isRetried = isRetried
    return this
  }

  get contract(): Contract | undefined {
    return this.#step.contract
  }

  get size(): number | undefined {
    const { received } = this.#step.scope
    const { status, size } = received
    return status === undefined || (size === 0 && !received.isEmpty) ? undefined : size
  }

  get kind(): string {
    return this.#step.cause ?? (this.#isMet ? 'openapi' : 'criterion')
  }

  get at(): Location {
    if (this.kind === 'openapi') return this.#fault!.at
    return this.#step.unmet?.source.at ?? this.#plan.step.at
  }

  get message(): string {
    const words = this.#words
    // Masked before it is shortened, as values are.
    return shortened(this.#step.user.secrets.mask(words), LONGEST_MESSAGE)
  }

  get #words(): string {
    const { cause, reason } = this.#step
    if (cause !== undefined) return wordsOf(reason) || cause
    const fault = this.#fault?.summary
    if (fault !== undefined) this.#noteSecrets()
    if (this.#isMet) return fault!
    const { refusal } = this.#step
    return (
      this.#criterion() +
      (refusal === undefined ? '' : `; ${refusal}`) +
      (fault === undefined ? '' : `; by OpenAPI, ${fault}`)
    )
  }

  #criterion(): string {
    const { scope, unmet, user } = this.#step
    if (!unmet)
      return `the server responded with ${scope.statusCode}, and the step has no successCriteria that accept it`
    scope.received.takeMisread()
    const { actual, error } = unmet.explain(scope)
    if (error !== undefined || Object.values(actual).some(holdsText)) this.#noteSecrets()
    const misread = scope.received.takeMisread()
    const why = misread === undefined ? '' : `; ${claimOf(misread)}`
    if (error !== undefined) return `${unmet.source.text} could not be evaluated: ${error}${why}`
    // Masked before it is shortened, because half a secret cannot be recognized.
    const values = Object.values(actual).map(value => shorten(user.secrets.mask(shownOf(value))))
    return `${unmet.source.text} is not met${values.length > 0 ? ` (${values.join(', ')})` : ''}${why}`
  }

  /** Secrets that a server creates are known only from its headers. */
  #noteSecrets(): void {
    const { message } = this.#step.scope
    if (message && this.#plan.channel) deliveryOf(message, this.#step, 0)
    else noteSecrets(this.#step)
  }

  get #isMet(): boolean {
    return this.#step.unmet === undefined && !this.#step.isRejectedByStatus(this.#plan)
  }

  /** The first fault by OpenAPI. Of a response that fails by its criteria it is looked for now. */
  get #fault(): ResponseFault | undefined {
    const step = this.#step
    if (this.#isMet) return step.faults.find(isError)
    // Under load only some of these bodies are there, and one failure would have two reasons.
    if (this.#step.scope.received.size > SHORT_DOCUMENT) return undefined
    const found = step.faults.length > 0 ? step.faults : step.lookForFaults(this.#plan, false)
    return found.find(isError)
  }

  exemplar(): ShownExchange {
    const { cause, reason, user } = this.#step
    const { secrets } = user
    const { message } = this.#step.scope
    const failure = cause === undefined ? undefined : secrets.mask(whatCame(reason))
    if (message && this.#plan.channel) {
      const delivery = maskedDelivery(deliveryOf(message, this.#step, 0), secrets)
      return shownDelivery(delivery, failure)
    }
    const { passed } = this.#step.scope.received
    const shown = shownExchange(maskedExchange(exchangeOf(this.#step, 0), secrets), failure, passed?.size)
    // A part of a stream had arrived.
    return failure !== undefined && isFault(reason) && reason.note !== undefined ? { ...shown, failure } : shown
  }

  line(): { request: string; status?: number } {
    const { scope, user } = this.#step
    const { secrets } = user
    const { message } = scope
    if (message) return { request: secrets.mask(`${message.plan.action} ${message.address}`) }
    const { request, trace } = lineOf(this.#step)
    const { status } = scope.received
    return { request: secrets.mask(request), ...(status !== undefined && { status }), ...(trace && { trace }) }
  }
}

/** Messages may contain data of servers: a Content-Type of 60 KB. */
const LONGEST_MESSAGE = 2_000

/** Why there is no response; of one that was given up, how much of it had come. */
function whatCame(reason: Reason): string {
  return isFault(reason) && reason.note !== undefined ? `${reason.found}: ${reason.note}` : wordsOf(reason)
}

const holdsText = (value: unknown): boolean => typeof value === 'string' || typeof value === 'object'

/** So much of a text is written as JSON, masked and then shortened: far more than the longest secret. */
const LOOKED_AT = 2 ** 20

function shownOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return shownAsJson(typeof value === 'string' ? value.slice(0, LOOKED_AT) : value)
}
