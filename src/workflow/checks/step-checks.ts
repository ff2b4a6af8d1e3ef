import type { Criterion } from '../../document/model.ts'
import { type Evaluate, isStatusAmong, type Scope, statusesNamedBy } from '../../expression/index.ts'
import type { Milliseconds, Share } from '../../ground/units.ts'
import type { PassedBody } from '../../http/transport.ts'
import type { ReceivedResponse } from '../response.ts'
import { type CheckMode, isError, noFaults, type ResponseFault } from './check-rule.ts'
import type { OperationChecks } from './operation-checks.ts'

/**
 * The checks of one step against its operation.
 *
 * An undocumented status is only a warning where the step's criteria, or those of an action on success, name exactly
 * this status: they expect it in so many words, and what lacks is a line in the description. `$statusCode < 500` names
 * none. It is a warning, too, where the criteria are not met: they have said already that the step failed.
 */
export class StepChecks {
  /** Whether nothing reads the body, which has to be what its headers say all the same. */
  isUnread = false
  /** Whether anything is documented that a response can break. */
  readonly describesAnything: boolean
  /** Whether a response that is not as documented fails the step. */
  readonly isStrict: boolean
  readonly #checks: OperationChecks
  readonly #named: readonly Evaluate[]
  readonly #sample: Sample
  readonly #cost: CheckCost
  readonly #own = new StepCost()
  /** Status of the last response whose status is documented: most are like it. */
  #documented = 0

  /**
   * @param criteria all that speak of a step that passes: its own, and those of actions on success.
   * @param cost of all steps of a thread.
   */
  constructor(criteria: readonly Criterion[], checks: OperationChecks, mode: CheckMode, cost: CheckCost) {
    this.#checks = checks
    this.describesAnything = !checks.isEmpty
    this.isStrict = mode !== 'warn'
    this.#cost = cost
    this.#sample = new Sample(cost, mode === 'all')
    this.#named = criteria.flatMap(({ test }) => statusesNamedBy(test))
  }

  /** Everything that is wrong with a response. `isMet` tells whether the step's criteria are. */
  of(received: ReceivedResponse, isMet: boolean, scope: Scope): readonly ResponseFault[] {
    const documented = this.#checks.faults(received)
    const faults = documented.length === 0 && this.isUnread ? this.#checks.unreadable(received) : documented
    if (faults.length === 0) return noFaults
    return faults.map(fault => (this.#isError(fault, isMet, scope) ? fault : { ...fault, severity: 'warning' }))
  }

  /**
   * Under load, of strict ones: whether this response is checked. All are whose status is not documented, and all of
   * a step of which no body is looked into.
   *
   * @param isMissed whether its body is needed, and was not held.
   * @param at when it came.
   */
  isDue(status: number, isMissed: boolean, at: Milliseconds): boolean {
    if (!this.#looksIntoBodies) return true
    const isDue = this.#sample.isDue(!isMissed) || !this.#isDocumented(status)
    this.#cost.came(at, this.#own.mean)
    return isDue
  }

  /** Under load: whether the next response that is looked at is one of those whose cost is measured. */
  get isMeasured(): boolean {
    return this.#looksIntoBodies && this.#own.isMeasured
  }

  /** Under load: a response was looked at. @param cost undefined for one that was not measured. */
  looked(cost: Milliseconds | undefined): void {
    if (this.#looksIntoBodies) this.#own.add(cost)
  }

  get #looksIntoBodies(): boolean {
    return this.#checks.haveSchemas || this.isUnread
  }

  /** Whether the checks have not seen the body that they need. @param passed a body that was not held. */
  misses(passed: PassedBody): boolean {
    return this.#checks.haveSchemas || (this.isUnread && passed.isEncoded)
  }

  /** Under load: whether the current body, if it was stored, may be validated. */
  get mayCheckBody(): boolean {
    return this.isStrict && this.#checks.haveSchemas && this.#sample.isNextDue
  }

  /** Under load: a response that met all criteria had a fault. What a server always does is to count each time. */
  distrust(): void {
    this.#sample.takeAll()
  }

  /**
   * Under load: whether the body of the response to a request is to be held, however long it is. `letGo` has to follow.
   */
  hold(): boolean {
    return this.isStrict && this.#checks.haveSchemas && this.#sample.hold()
  }

  /** The response is there, or will not come. */
  letGo(): void {
    this.#sample.letGo()
  }

  /** Documented statuses, for an undocumented one: `200 and 4XX`. */
  documentedBeside(status: number): string | undefined {
    return this.#checks.documents(status) ? undefined : this.#checks.documented
  }

  #isDocumented(status: number): boolean {
    if (status === this.#documented) return true
    if (!this.#checks.documents(status)) return false
    this.#documented = status
    return true
  }

  #isError(fault: ResponseFault, isMet: boolean, scope: Scope): boolean {
    if (!this.isStrict || !isError(fault)) return false
    return !fault.isOfStatus || (isMet && !isStatusAmong(this.#named, scope.statusCode ?? 0, scope))
  }
}

/** How many are looked at in any case. */
const FIRST = 10

/** Golden ratio, in 32 bits: its multiples fall evenly and repeat no pattern of the caller's. */
const STEP = 0x9e3779b9

/** Multiples of `STEP` below the share, in 32 bits, are the share. */
const isTurn = (count: number, share: number): boolean =>
  count < FIRST || share >= 1 || Math.imul(count, STEP) >>> 0 < share * 2 ** 32

/**
 * Decides which of many to look at: the first ten, then a share that may change, and all from when that is asked for.
 * Bodies that are too long pass by unseen, unless it was known before that they are to be held: for each that was due
 * and has passed, one that comes later is held, one at a time.
 */
export class Sample {
  #count = 0
  /** Checks that were due and could not be made on a whole body. */
  #owed = 0
  #isHolding = false
  #takesAll = false
  readonly #rule: { readonly share: Share }
  readonly #holdsAll: boolean

  /**
   * @param rule its share may change.
   * @param holdsAll all are due, and held, however many at a time.
   */
  constructor(rule: { readonly share: Share }, holdsAll = false) {
    this.#rule = rule
    this.#holdsAll = holdsAll
    this.#takesAll = holdsAll
  }

  /** Whether the requested body is to be stored whole, at any length. It must be released afterwards. */
  hold(): boolean {
    if (this.#holdsAll) return true
    const isWanted = this.#count < FIRST || this.#owed > 0 || this.#takesAll || this.#rule.share >= 1
    if (this.#isHolding || !isWanted) return false
    this.#isHolding = true
    return true
  }

  /** The body is complete, or will not come. */
  letGo(): void {
    this.#isHolding = false
  }

  /** @param isWhole whether all of it can be seen. */
  isDue(isWhole = true): boolean {
    const isDue = isTurn(this.#count++, this.#rule.share) || this.#takesAll
    if (isWhole && !isDue && this.#owed > 0) {
      this.#owed--
      return true
    }
    if (isDue && !isWhole) this.#owed++
    return isDue
  }

  /** Whether `isDue` will be true of one that can be seen as a whole. */
  get isNextDue(): boolean {
    return this.#owed > 0 || this.#takesAll || isTurn(this.#count, this.#rule.share)
  }

  /** From now on all are due. */
  takeAll(): void {
    this.#takesAll = true
  }
}

/** Share of a core that validation may take. */
const MOST: Share = 0.2
/** Share of responses that is validated in any case. */
const LEAST: Share = 0.01
const WINDOW: Milliseconds = 100
/** Measurements that the cost is worked out from: the last of them, without the longest ones, in which others ran. */
const KEPT = 16
const LEFT_OUT = 2
/** Number of first validations that are each measured; after them one in `EACH` is. */
const FIRST_RUNS = 64
const EACH = 32

/** Cost of validating the responses of one step. The first one counts for nothing: its schema is compiled for it. */
export class StepCost {
  /** Cost of one response; 0 as long as it is not known. */
  mean: Milliseconds = 0
  readonly #last: Milliseconds[] = []
  #seen = 0
  #measured = 0

  /** Whether the response that is validated next is to be measured. */
  get isMeasured(): boolean {
    return this.#seen < FIRST_RUNS || this.#seen % EACH === 0
  }

  /** One was validated. @param took undefined for one that was not measured. */
  add(took: Milliseconds | undefined): void {
    if (this.#seen++ === 0 || took === undefined) return
    this.#last[this.#measured++ % KEPT] = took
    const shortest = [...this.#last].sort((a, b) => a - b).slice(0, -LEFT_OUT)
    if (shortest.length > 0) this.mean = shortest.reduce((sum, one) => sum + one, 0) / shortest.length
  }
}

/**
 * Share of responses that a thread validates: all, as long as that takes less than a fifth of a core, else as many as
 * can be validated in a fifth. Looked at ten times a second.
 */
export class CheckCost {
  share: Share = 1
  #from = Number.NEGATIVE_INFINITY
  #asked: Milliseconds = 0
  /** Time a millisecond that validating all would take. */
  #load = 0

  /** A response came. @param at a clock reading. @param cost what validating it takes. */
  came(at: Milliseconds, cost: Milliseconds): void {
    this.#asked += cost
    const length = at - this.#from
    if (length < WINDOW) return
    // A long silence says nothing of the load before and after it.
    if (length < 10 * WINDOW) this.#load = (this.#load + this.#asked / length) / 2
    this.share = Math.max(LEAST, Math.min(1, MOST / this.#load))
    this.#from = at
    this.#asked = 0
  }
}
