import { Deferred } from '../../../ground/deferred.ts'
import { setEnvironmentFiles } from '../../../ground/environment.ts'
import { setImmediate } from '../../../ground/timers.ts'
import { formatMs, type Milliseconds } from '../../../ground/units.ts'
import { counted } from '../../../ground/words.ts'
import type { Transport } from '../../../http/transport.ts'
import { untilAtRest } from '../../../measure/at-rest.ts'
import { realClock } from '../../../measure/clock.ts'
import { NodeProbe } from '../../../measure/node-probe/probe.ts'
import type { Probe, Reading } from '../../../measure/probe.ts'
import { holdToProcessors } from '../../../measure/processor.ts'
import type { RoundTrips } from '../../../measure/report.ts'
import { createProcessTreeProbe } from '../../../measure/resources.ts'
import type { StallMeter } from '../../../measure/stalls.ts'
import { compilePlan, type Plan, type PlanOptions } from '../../../workflow/plan.ts'
import { User } from '../../../workflow/user.ts'
import { ResponseTotals } from '../../counts/response-counts.ts'
import { type Feed, openFeed, SharedCounters, type Supplied, type ThreadQuery } from '../../feed/feed.ts'
import type { TurnTaker } from '../../pace/model.ts'
import type { LoadPlan } from '../../plan/load-plan.ts'
import { chooseTransport } from '../../plan/transport-choice.ts'
import { type Ended, type ExecutorOptions, execute, executeInTurns } from '../executor.ts'
import { Ledger } from '../ledger.ts'
import { Recorder } from '../recorder.ts'
import { connectionsAhead, openAhead, transportOfShare, usersAhead } from '../transport.ts'
import { isUnlimited, type Turn, type WarmingRound } from './blocks.ts'
import type { BlockReading, DuetTask, PairTask, SideResult, SideTask, SliceUse } from './protocol.ts'

const ALONE = { index: 0, count: 1 }

/** Iterations of a round by which steps are priced, at most. */
const MOST_TO_PRICE = 25

/** A look at it. */
type Seen = Omit<BlockReading, 'isSliced'> & Pick<Reading, 'isFine'>

interface Probes {
  /** Reads its process tree. */
  probe: Probe | undefined
  /** Asks its Node processes. */
  node: NodeProbe | undefined
}

/** Why a side cannot be measured, or not to the end. */
export class SideFault extends Error {}

/**
 * One of the two applications, under the load of its turns. The measured window lies in each turn, from the end of the
 * unmeasured beginning to the end of the turn. Figures include iterations that began and requests that were sent in it,
 * with their latencies even if they end while the turn drains, and responses that arrived in it. Requests sent in the
 * unmeasured beginning are in no latency; their responses count for the rate if they arrive in the window, and late
 * responses do not. CPU, memory and `asked` cover everything from the end of the warm-up.
 */
export class DuetSide {
  readonly #task: DuetTask
  readonly #plan: Plan
  readonly #transport: Transport
  readonly #probe: Probe | undefined
  readonly #node: NodeProbe | undefined
  readonly #feed: Feed
  readonly #ledger = new Ledger()
  readonly #totals: ResponseTotals
  readonly #readings: BlockReading[] = []
  readonly #slices: SliceUse[] = []
  readonly #prices: Milliseconds[][]
  /** Whether its CPU time is known to the nanosecond. */
  #isFine = false
  /** The last look at it. */
  #seen: Seen = { asked: 0, requests: 0 }
  #recorder: Recorder | undefined
  #taker: ReturnType<typeof executeInTurns> | undefined
  #isStopped = false
  readonly #stopped = new Deferred()
  #measured: Milliseconds = 0
  #inTurns: Milliseconds = 0
  /** Responses, and requests without one, at the end of its last block. */
  #before = { responses: 0, unanswered: 0 }
  #roundTrips: RoundTrips | undefined
  #warmedUp = 0
  readonly #ofWarmUp = { failed: 0, of: 0 }
  /** Requests when the warm-up was over. */
  #sentBefore = 0

  private constructor(task: DuetTask, plan: Plan, transport: Transport, feed: Feed, { probe, node }: Probes) {
    this.#task = task
    this.#plan = plan
    this.#transport = transport
    this.#probe = probe
    this.#node = node
    this.#feed = feed
    this.#prices = task.steps.map(() => [])
    this.#totals = new ResponseTotals(new Map(plan.steps.map(({ key, method }) => [key, method])))
  }

  static async make(task: DuetTask, { servers, pid, probe: folder }: SideTask): Promise<DuetSide> {
    setEnvironmentFiles(task.environment)
    const planOptions: PlanOptions = { ...task.planOptions, servers: servers ?? task.planOptions.servers }
    const plan = compilePlan(task.document, task.workflowId, planOptions)
    const choice = chooseTransport({ transport: task.transport, protocol: plan.protocol }, plan.origins)
    const transport = await transportOfShare(choice, task.plan, ALONE, plan, task.connections)
    const feed = openFeed(task.inputs, new SharedCounters(), task.plan.seed)
    const probe = pid === undefined ? undefined : createProcessTreeProbe(pid, { isFine: true })
    const node = folder === undefined ? undefined : new NodeProbe(folder)
    return new DuetSide(task, plan, transport, feed, { probe, node })
  }

  /** Opens connections ahead once the application is at rest, as many on both sides. @param ask asks for inputs. */
  async open(ask: (query: ThreadQuery) => void): Promise<void> {
    await untilAtRest(
      () => this.#sample(),
      length => this.#pause(length),
    )
    const fed = this.#feed.open?.(ask, usersAhead(this.#task.plan, ALONE), () => realClock.now())
    await Promise.race([fed, this.#stopped.promise])
    const { plan, connections } = this.#task
    const count = connectionsAhead(plan, ALONE, this.#plan, connections)
    const refusal = await openAhead(this.#plan, this.#transport, count)
    if (refusal && !this.#isStopped) throw new SideFault(refusal.message)
  }

  give(supplied: Supplied): void {
    this.#feed.give?.(supplied)
  }

  get requestsPerRun(): number {
    return this.#plan.requestsPerRun
  }

  /**
   * Warms up by a number of iterations, or by fewer within a time. Returns how many those were, with how many
   * requests, what they cost (CPU time, or time if CPU time is not known finely), and what was slow for an iteration,
   * and what was usual.
   *
   * @param users at most so many. Default: those of the load.
   */
  async warmUp(iterations: number, limit: Milliseconds, users?: number): Promise<WarmingRound> {
    const { grace } = this.#task
    const plan = roundOf(this.#task.plan, iterations, limit, grace, users)
    const ledger = new Ledger()
    const sent = this.#transport.counters.requests
    const before = await this.#sample()
    const start = realClock.now()
    const recorder = this.#recorderOf(plan, ledger, start)
    const ended = await execute(this.#optionsOf(plan, recorder, start))
    const requests = this.#transport.counters.requests - sent
    this.#warmedUp += requests
    const { responseTime, errors, firstFailure } = recorder.close(ended.at)
    const { started, passed, failed, aborted } = ledger.whole()
    if (isUnlimited(this.#task.plan)) {
      this.#ofWarmUp.failed += failed
      this.#ofWarmUp.of += passed + failed
    }
    if (ended.isUsedUp) throw new SideFault('its inputs were used up in the warm-up')
    // A thread that had no core in all that time has begun nothing.
    if (started === 0 && !this.#isStopped) return this.warmUp(iterations, 2 * limit, users)
    if (aborted > 0 && !this.#isStopped) throw new SideFault(lateWords(aborted, grace, 'the warm-up'))
    if (passed === 0 && !this.#isStopped) {
      const why = firstFailure?.message ?? errors[0]?.message
      throw new SideFault(`every iteration of the warm-up failed${why ? `: ${why}` : ''}`)
    }
    const after = await this.#sample()
    const isFine = before?.isFine && after?.isFine
    const cost = isFine ? after.cpuTime! - before.cpuTime! : ended.at
    const { p90: slow, p50: usual } = responseTime
    return { iterations: started, requests, cost, slow, usual, asked: this.#warmedUp, memory: after?.memory }
  }

  /** Holds what it is made of to some processors. Resolves to whether that was possible. */
  async hold(processors: readonly number[]): Promise<boolean> {
    const { pids = [], leftOut = [] } = (await this.#sample()) ?? {}
    return holdToProcessors([...pids, ...leftOut], processors)
  }

  /** The warm-up is over; it waits for its first turn. */
  async begin(stalls: StallMeter): Promise<void> {
    const start = realClock.now()
    const recorder = this.#recorderOf(this.#task.plan, this.#ledger, start, stalls)
    const taker = executeInTurns(this.#optionsOf(this.#task.plan, recorder, start))
    // Its failure is handled where it is ended.
    taker.ended.catch(() => {})
    this.#recorder = recorder
    this.#taker = taker
    this.#sentBefore = this.#transport.counters.requests
    await this.#node?.mark()
    await this.read()
    this.#isFine = this.#seen.isFine ?? false
  }

  /** Has a turn; resolves when nothing of it is in flight any more. */
  async turn(
    { length, discard }: Pick<PairTask, 'length' | 'discard'>,
    { isSlice, endsBlock }: Omit<Turn, 'side'>,
  ): Promise<void> {
    const taker = this.#taker!
    const from = realClock.now()
    taker.resume({ from: discard, to: length })
    await this.#pause(length)
    await this.#drain(taker)
    if (this.#isStopped) return
    this.#inTurns += realClock.now() - from
    if (isSlice && this.#isFine) await this.#endSlice()
    if (endsBlock) {
      await this.read(isSlice)
      this.#assertThere()
    }
    this.#measured += length - discard
  }

  /** It has responded in its last block. */
  #assertThere(): void {
    const { firstFailure } = this.#recorder!
    const { responses, withoutResponse: unanswered } = this.#ledger
    const isSilent = responses === this.#before.responses && unanswered > this.#before.unanswered
    if (firstFailure && (firstFailure.kind === 'refused' || isSilent)) throw new SideFault(firstFailure.message)
    this.#before = { responses, unanswered }
  }

  /** One more round of a user alone finds what a request to each step costs. It is in no other figure. */
  async price(limit: Milliseconds): Promise<void> {
    if (!this.#isFine || this.#isStopped) return
    const { plan: load, grace } = this.#task
    const plan = roundOf(load, MOST_TO_PRICE, limit, grace, 1)
    const { cpuTime } = await this.#look()
    let before = cpuTime
    const add = (step: number, cpuTime: Milliseconds | undefined) => {
      this.#prices[step]!.push((cpuTime ?? Number.NaN) - (before ?? Number.NaN))
      before = cpuTime
    }
    const start = realClock.now()
    const recorder = this.#recorderOf(plan, new Ledger(), start, undefined, PriceRecorder)
    recorder.look = step => {
      this.#sample().then(
        reading => add(step, reading?.cpuTime),
        () => add(step, undefined),
      )
    }
    await execute(this.#optionsOf(plan, recorder, start))
  }

  /** All turns are over: looks at what its processes have used since the warm-up. */
  async readAll(): Promise<void> {
    await this.read()
    this.#roundTrips = (await this.#node?.read())?.roundTrips
  }

  /** Looks at what its processes have used by the end of a block. */
  async read(isSliced = false): Promise<void> {
    const { isFine: _, ...look } = await this.#look()
    this.#readings.push({ isSliced, ...look })
  }

  /** Counters with ticks of ten milliseconds say nothing about a slice. */
  async #endSlice(): Promise<void> {
    const before = this.#seen
    const { asked, cpuTime, isFine } = await this.#look()
    const isKnown = isFine && cpuTime !== undefined && before.cpuTime !== undefined
    this.#slices.push({ asked: asked - before.asked, ...(isKnown && { cpuTime: cpuTime - before.cpuTime! }) })
  }

  /**
   * Ends the requests in progress, and closes its connections.
   *
   * @param isCutShort the pair has ended before all of its blocks: missing values are not a fault.
   */
  async end(isCutShort = false): Promise<SideResult> {
    this.stop()
    this.#taker?.hold(() => {})
    let ended: Ended | undefined
    try {
      ended = await this.#taker?.ended
    } finally {
      this.#node?.close()
      await this.#transport.close()
    }
    const recorded = ended && this.#recorder?.close(ended.at)
    const iterations = this.#ledger.measured()
    const whole = this.#ledger.whole()
    const count = whole.passed + whole.failed
    return {
      cause: recorded && this.#measured > 0 ? nothingIn(recorded, iterations, isCutShort) : undefined,
      recorded,
      answers: [...this.#totals.groups],
      requests: this.#ledger.throughput().requests,
      requestsPerIteration: count > 0 ? this.#ledger.responses / count : undefined,
      iterations,
      started: whole.started,
      measured: this.#measured,
      readings: this.#readings,
      slices: this.#slices,
      prices: this.#prices,
      ...(this.#roundTrips && { roundTrips: this.#roundTrips }),
      warmedUp: this.#warmedUp,
      warmUp: this.#ofWarmUp,
      inTurns: this.#inTurns,
    }
  }

  /** Lets go of all that is in flight, at once. */
  stop(): void {
    this.#isStopped = true
    this.#transport.abort()
    this.#stopped.resolve()
  }

  /** Waits so long, and no less, or until it is stopped. */
  async #pause(length: Milliseconds): Promise<void> {
    const end = realClock.now() + length
    let callOff = () => {}
    const passed = new Promise<void>(resolve => {
      // A timer counts from when its turn of the event loop began: it may come before its time.
      const wait = () => {
        const left = end - realClock.now()
        if (left <= 0) resolve()
        else callOff = realClock.after(left, wait)
      }
      wait()
    })
    await Promise.race([passed, this.#stopped.promise])
    callOff()
  }

  async #drain(taker: TurnTaker): Promise<void> {
    const { grace } = this.#task
    let isAtRest = false
    const rest = new Promise<void>(resolve =>
      taker.hold(() => {
        isAtRest = true
        resolve()
      }),
    )
    await Promise.race([rest, this.#pause(grace)])
    if (this.#isStopped) return
    if (!isAtRest) throw new SideFault(lateWords(taker.inFlight, grace, 'its turn'))
    if (this.#feed.isOver) throw new SideFault('its inputs were used up')
  }

  async #look(): Promise<Seen> {
    const { memory, cpuTime, isFine } = (await this.#sample()) ?? {}
    const asked = this.#transport.counters.requests - this.#sentBefore
    this.#seen = { asked, requests: this.#ledger.throughput().requests, memory, cpuTime, isFine }
    return this.#seen
  }

  async #sample(): Promise<Reading | undefined> {
    try {
      return await this.#probe?.sample()
    } catch (error) {
      throw new SideFault((error as Error).message)
    }
  }

  #recorderOf<R extends Recorder = Recorder>(
    plan: LoadPlan,
    ledger: Ledger,
    origin: Milliseconds,
    stalls?: StallMeter,
    Kind: new (...options: ConstructorParameters<typeof Recorder>) => R = Recorder as never,
  ): R {
    const isWarm = ledger === this.#ledger
    return new Kind({
      plan,
      stepKeys: this.#task.steps,
      ledger,
      origin,
      onInterval: ({ responses }: { responses?: Parameters<ResponseTotals['add']>[0] }) => {
        if (isWarm) this.#totals.add(responses)
      },
      stalls,
    })
  }

  #optionsOf(plan: LoadPlan, recorder: Recorder, start: Milliseconds): ExecutorOptions {
    return {
      plan,
      share: ALONE,
      clock: realClock,
      turn: setImmediate,
      makeUser: think => new User(this.#plan, this.#transport, realClock, recorder, think),
      feed: this.#feed,
      transport: this.#transport,
      requestsPerRun: this.#plan.requestsPerRun,
      recorder,
      start,
      stopped: () => this.#isStopped,
    }
  }
}

/** Users of an open model in the warm-up, where none arrives by himself. */
const WARMING = 8

/** A round of the warm-up: iterations one after another, by the users of the load. */
function roundOf(
  plan: LoadPlan,
  iterations: number,
  limit: Milliseconds,
  grace: Milliseconds,
  users = plan.model === 'open' ? WARMING : plan.maxVus,
): LoadPlan {
  const vus = Math.min(plan.maxVus, users, iterations)
  const times = { rampUp: 0, warmUp: 0, duration: limit, rampDown: 0, gracefulStop: grace }
  const work = { kind: 'iterations', vus, iterations, shared: true } as const
  return { ...times, ...work, threads: 1, maxVus: vus, seed: plan.seed, model: 'closed' }
}

function lateWords(inFlight: number, grace: Milliseconds, what: string): string {
  return `${counted(inFlight, 'iteration')} had not ended ${formatMs(grace)} after ${what}`
}

/** Why there are no figures although there was load. */
function nothingIn(
  { errors, responseTime }: NonNullable<SideResult['recorded']>,
  { passed, failed }: SideResult['iterations'],
  isCutShort: boolean,
): string | undefined {
  if (passed + failed === 0 || responseTime.count === 0)
    return isCutShort ? undefined : 'nothing was measured: no iteration began in its blocks'
  if (passed === 0) return `every iteration failed${errors[0] ? `: ${errors[0].message}` : ''}`
  return undefined
}

/** A recorder of a user alone that has CPU time looked at after each response: it is that of his last request. */
class PriceRecorder extends Recorder {
  look: (step: number) => void = () => {}

  override onAttempt(...attempt: Parameters<Recorder['onAttempt']>): Milliseconds {
    const own = super.onAttempt(...attempt)
    this.look(attempt[0])
    return own
  }
}
