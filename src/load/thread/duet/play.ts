import { formatMs, type Milliseconds } from '../../../ground/units.ts'
import { realClock, systemTime } from '../../../measure/clock.ts'
import { ownProcessors } from '../../../measure/proc-stat.ts'
import { StallMeter } from '../../../measure/stalls.ts'
import type { Supplied, ThreadQuery } from '../../feed/feed.ts'
import { NOTHING_ARRIVED } from '../ledger.ts'
import { WindowWatch } from '../rehearsal.ts'
import {
  blockLength,
  DISCARD_OF_SLICE,
  gapOf,
  isWarm,
  type Round,
  sliceLength,
  type Turn,
  turnsOf,
  type WarmingRound,
} from './blocks.ts'
import type { DuetTask, PairResult, PairTask, Place, SideResult, SoakReading, WarmUp } from './protocol.ts'
import { DuetSide, SideFault } from './side.ts'

/**
 * Requests of a round of the warm-up, at most, and how long its iterations may take to begin: also a part of all the
 * time before it, since a slow fall does not show in short rounds.
 */
const ROUND_REQUESTS = 750
const ROUND_TIME: Milliseconds = 300
const ROUND_SHARE = 0.25
/** The longest time of a round whose usual time is known, unless the pair has a bound of its own. */
const PATIENCE: Milliseconds = 10_000
/** How long rounds of the soak are. */
const SOAK_ROUND: Milliseconds = 200
/** Share of rows which are used once that the soak may use up: what comes after it needs some, too. */
const SOAK_ROWS = 0.5
/** Iterations of one side alone by which it is found how long one takes, and the time for them. */
const ALONE = { iterations: 20, time: 200 as Milliseconds }

/** Rounds in which a side finds what a request to each step costs. */
const PRICE_ROUNDS = 8
/** Time of such a round. */
const PRICE_TIME: Milliseconds = 40

const PLACES: readonly Place[] = [0, 1]

interface Hooks {
  /** It goes on. */
  beat(): void
  ask(side: Place, query: ThreadQuery): void
}

/** One pair of launches: both sides are warmed up, then have their turns. */
export class PairPlay {
  readonly #task: DuetTask
  readonly #pair: PairTask
  readonly #hooks: Hooks
  readonly #sides: (DuetSide | undefined)[] = [undefined, undefined]
  readonly #causes: (string | undefined)[] = [undefined, undefined]
  readonly #patience: Milliseconds
  #isStopped = false
  #warmUp: WarmUp | undefined
  #length: Milliseconds
  #slice: Milliseconds | undefined
  #isHeld = false
  /** The last round of each side. */
  readonly #last: WarmingRound[] = []
  #soaked: SoakReading[] | undefined

  constructor(task: DuetTask, pair: PairTask, hooks: Hooks) {
    this.#task = task
    this.#pair = pair
    this.#hooks = hooks
    this.#patience = pair.warmUpBounds.patience ?? PATIENCE
    this.#length = pair.length
    this.#slice = pair.slice
  }

  give(side: Place, supplied: Supplied): void {
    this.#sides[side]?.give(supplied)
  }

  stop(): void {
    this.#isStopped = true
    for (const side of this.#sides) side?.stop()
  }

  async run(): Promise<PairResult> {
    const stalls = new StallMeter()
    const watch = new WindowWatch()
    let results: SideResult[] = []
    const window: [Milliseconds, Milliseconds] = [0, 0]
    try {
      await this.#both(place => this.#open(place))
      await this.#warm()
      await this.#soak()
      await this.#hold()
      await this.#both(place => this.#sides[place]!.begin(stalls))
      watch.start()
      window[0] = systemTime()
      watch.onWindow('begins')
      stalls.mark()
      await this.#takeTurns()
      await this.#both(place => this.#sides[place]!.readAll())
      window[1] = systemTime()
      watch.onWindow('ends')
      if (this.#pair.isPriced && this.#task.steps.length > 1)
        // By turns: the speed of a processor changes from second to second.
        for (let round = 0; round < PRICE_ROUNDS; round++)
          await this.#both(place => this.#sides[place]!.price(PRICE_TIME))
      await this.#letGo()
    } finally {
      watch.stop()
      stalls.close()
      results = await Promise.all(
        this.#sides.map((side, place) => side?.end(this.#isOver) ?? unopened(this.#causes[place])),
      )
    }
    const [base, head] = results.map(
      (result, place): SideResult => ({ ...result, cause: this.#causes[place] ?? result.cause }),
    )
    const { health } = watch
    return {
      sides: [base!, head!],
      warmUp: this.#warmUp,
      length: this.#length,
      slice: this.#slice,
      isHeld: this.#isHeld,
      soak: this.#soaked,
      window,
      health: health && { ...health, stalls: stalls.seen },
    }
  }

  /** If one side cannot go on, neither does. */
  get #isOver(): boolean {
    return this.#isStopped || this.#causes.some(cause => cause !== undefined)
  }

  async #open(place: Place): Promise<void> {
    const side = await DuetSide.make(this.#task, this.#pair.sides[place])
    this.#sides[place] = side
    if (this.#isStopped) side.stop()
    else await side.open(query => this.#hooks.ask(place, query))
  }

  async #warm(): Promise<void> {
    if (this.#isOver) return
    const { warmUp, warmUpBounds, mayStretch } = this.#pair
    if (warmUp) return this.#warmAsBefore(warmUp)
    const rounds: Round[] = []
    const iterations: number[] = []
    while (!this.#isOver && !isWarm(rounds, warmUpBounds)) {
      const sum = (of: 'requests' | 'took') => rounds.reduce((total, round) => total + round[of], 0)
      const most = Math.min(ROUND_REQUESTS, warmUpBounds.requests - sum('requests'))
      const round = await this.#roundOfBoth(most, Math.max(ROUND_TIME, ROUND_SHARE * sum('took')))
      rounds.push(round)
      iterations.push(round.iterations)
    }
    this.#warmUp = iterations
    if (mayStretch) await this.#findLengths()
  }

  /** A round on both sides at once. What the slower one has not begun in its time comes after it. */
  async #roundOfBoth(mostRequests: number, limit: Milliseconds): Promise<Round & { iterations: number }> {
    const start = realClock.now()
    const [begun, requests, costs] = [
      [0, 0],
      [0, 0],
      [0, 0],
    ]
    const play = async (place: Place, wanted: number, limit: Milliseconds) => {
      const round = await this.#round(place, wanted, limit)
      begun[place]! += round.iterations
      requests[place]! += round.requests
      costs[place]! += round.cost
    }
    const most = Math.ceil(mostRequests / this.#requestsPerRun)
    await this.#atOnce(place => play(place, most, limit))
    const iterations = Math.max(...begun)
    await this.#atOnce(async place => {
      const missing = iterations - begun[place]!
      if (missing === 0 || this.#isOver) return
      await play(place, missing, this.#patience)
      this.#assertWhole(begun[place]!, iterations)
    })
    const cost = Math.sqrt(costs[0]! * costs[1]!) / iterations
    return { iterations, requests: Math.min(...requests), cost, took: realClock.now() - start }
  }

  /** Uses the number of rounds of an earlier pair. */
  async #warmAsBefore(rounds: WarmUp): Promise<void> {
    await this.#atOnce(async place => {
      for (const iterations of rounds) {
        if (this.#isOver) return
        const round = await this.#round(place, iterations, this.#patience)
        this.#assertWhole(round.iterations, iterations)
      }
    })
    this.#warmUp = rounds
  }

  /** Load on both at once, by as many iterations of each, with a look at their memory after each round. */
  async #soak(): Promise<void> {
    const { soak } = this.#pair
    if (soak === undefined) return
    const end = realClock.now() + soak
    const readings: SoakReading[] = []
    let left = usableOnce(this.#task.inputs)
    while (!this.#isOver && realClock.now() < end && left >= 1) {
      const { iterations } = await this.#roundOfBoth(left * this.#requestsPerRun, SOAK_ROUND)
      left -= iterations
      const [base, head] = this.#last
      if (base?.memory !== undefined && head?.memory !== undefined)
        readings.push({ requests: Math.min(base.asked, head.asked), memory: [base.memory, head.memory] })
    }
    this.#soaked = readings
  }

  async #round(place: Place, iterations: number, limit: Milliseconds, users?: number): Promise<WarmingRound> {
    const round = await this.#sides[place]!.warmUp(iterations, limit, users)
    this.#hooks.beat()
    this.#last[place] = round
    return round
  }

  #assertWhole(iterations: number, wanted: number): void {
    if (iterations < wanted && !this.#isStopped)
      throw new SideFault(`a round of its warm-up had not ended within ${formatMs(this.#patience)}`)
  }

  /**
   * Finds how long blocks and slices are, by iterations of each side alone: by the users of a closed model, who come
   * round in the same way in blocks; by one in an open model, where more would only wait for each other.
   */
  async #findLengths(): Promise<void> {
    const { plan, measures } = this.#task
    const [iterations, users] = plan.model === 'open' ? [ALONE.iterations, 1] : [ROUND_REQUESTS, undefined]
    const rounds: WarmingRound[] = []
    await this.#both(async place => {
      const before = rounds[0]?.iterations
      const limit = before === undefined ? ALONE.time : this.#patience
      const round = await this.#round(place, before ?? iterations, limit, users)
      this.#assertWhole(round.iterations, before ?? 0)
      rounds.push(round)
    })
    if (this.#isOver) return
    const gap = gapOf(plan, this.#requestsPerRun)
    const most = (of: 'slow' | 'usual') => Math.max(...rounds.map(round => round[of]))
    this.#length = blockLength(this.#pair, most('slow'), gap)
    const isSliced = measures.work && this.#pair.sides.every(({ pid }) => pid !== undefined)
    this.#slice = isSliced ? sliceLength(this.#length, most('usual'), gap) : undefined
  }

  /** Holds both to the processor, or neither: one that is held alone would be another application. */
  async #hold(): Promise<void> {
    const { processor } = this.#pair
    if (processor === undefined || this.#isOver) return
    const held = [false, false]
    await this.#both(async place => {
      held[place] = await this.#sides[place]!.hold([processor])
    })
    this.#isHeld = held.every(Boolean)
    if (this.#isHeld) return
    const own = ownProcessors()
    await this.#both(async place => {
      if (held[place] && !(await this.#sides[place]!.hold(own)))
        throw new SideFault('it was held to one processor, the other could not be, and it could not be released')
    })
  }

  /** Launches may have load again, which need not hold them. */
  async #letGo(): Promise<void> {
    if (this.#pair.mayGoOn && this.#isHeld && !this.#isOver)
      await this.#both(async place => void (await this.#sides[place]!.hold(ownProcessors())))
  }

  async #takeTurns(): Promise<void> {
    for (const turn of this.#turns) {
      if (this.#isOver) return
      await this.#do(turn.side, () => this.#sides[turn.side]!.turn(this.#windowOf(turn), turn))
      this.#hooks.beat()
    }
  }

  get #turns(): Turn[] {
    const { blocks, seed } = this.#pair
    const slices = this.#slice === undefined ? 0 : Math.round(this.#length / this.#slice)
    return turnsOf(blocks, seed, slices, this.#task.measures.times)
  }

  /** A slice measures only CPU time if whole blocks measure latencies. */
  #windowOf({ isSlice }: Turn): Pick<PairTask, 'length' | 'discard'> {
    const { discard } = this.#pair
    if (!isSlice) return { length: this.#length, discard }
    const length = this.#slice!
    return { length, discard: this.#task.measures.times ? length : DISCARD_OF_SLICE }
  }

  get #requestsPerRun(): number {
    return this.#sides[0]!.requestsPerRun
  }

  async #atOnce(action: (place: Place) => Promise<void>): Promise<void> {
    await Promise.all(PLACES.map(place => this.#do(place, () => action(place))))
  }

  /** One after the other, as the first turn has it. */
  async #both(action: (place: Place) => Promise<void>): Promise<void> {
    const first = turnsOf(1, this.#pair.seed)[0]!.side
    for (const place of [first, (1 - first) as Place]) {
      if (!this.#isOver) await this.#do(place, () => action(place))
    }
  }

  /** A fault of a side ends the pair; a fault of this code is thrown. */
  async #do(place: Place, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof SideFault)) throw error
      this.#causes[place] = error.message
    }
  }
}

/** Iterations for which there are rows. */
function usableOnce(inputs: DuetTask['inputs']): number {
  const isEndless = inputs.kind !== 'rows' || inputs.order !== 'unique'
  return isEndless || inputs.per === 'vu' ? Number.MAX_SAFE_INTEGER : Math.floor(inputs.rows.length * SOAK_ROWS)
}

/** The result of a side that could not even be opened. */
function unopened(cause: string | undefined): SideResult {
  const iterations = NOTHING_ARRIVED
  return {
    cause,
    answers: [],
    requests: 0,
    iterations,
    started: 0,
    measured: 0,
    readings: [],
    slices: [],
    prices: [],
    warmedUp: 0,
    inTurns: 0,
  }
}
