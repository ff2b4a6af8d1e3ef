import { given } from '../../../ground/given.ts'
import { formatMs, type Milliseconds } from '../../../ground/units.ts'
import { StallMeter } from '../../../measure/stalls.ts'
import { NOTHING_ARRIVED } from '../ledger.ts'
import type { Asked, Supplied } from '../protocol.ts'
import { WindowWatch } from '../window-watch.ts'
import { blockLength, gapOf } from './blocks.ts'
import type { DuetTask, PairResult, PairTask, Place, SideResult, WarmUp } from './protocol.ts'
import { isWarm } from './rounds.ts'
import { DuetSide, SideFault } from './side.ts'

/** Requests of a round of the warm-up, at most, and how long the first one may take. */
const ROUND_REQUESTS = 250
const ROUND_TIME: Milliseconds = 250
/** What a round may take of which it is known how long it should. */
const PATIENCE: Milliseconds = 10_000

export interface Hooks {
  /** It goes on. */
  beat(): void
  ask(side: Place, asked: Asked): void
}

/** One pair of launches: both sides are warmed up, then have their turns. */
export class PairPlay {
  readonly #task: DuetTask
  readonly #pair: PairTask
  readonly #hooks: Hooks
  readonly #sides: (DuetSide | undefined)[] = [undefined, undefined]
  readonly #causes: (string | undefined)[] = [undefined, undefined]
  #isStopped = false
  #warmUp: WarmUp | undefined
  #length: Milliseconds

  constructor(task: DuetTask, pair: PairTask, hooks: Hooks) {
    this.#task = task
    this.#pair = pair
    this.#hooks = hooks
    this.#length = pair.length
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
    try {
      await this.#both(place => this.#open(place))
      await this.#warm()
      await this.#both(place => this.#sides[place]!.begin(stalls))
      watch.start()
      watch.onWindow('begins')
      stalls.mark()
      await this.#takeTurns()
      await this.#both(place => this.#sides[place]!.read())
      watch.onWindow('ends')
    } finally {
      watch.stop()
      stalls.close()
      results = await Promise.all(
        this.#sides.map((side, place) => side?.end(this.#isOver) ?? unopened(this.#causes[place])),
      )
    }
    const [base, head] = results.map((result, place) =>
      given<SideResult>({ ...result, cause: this.#causes[place] ?? result.cause }),
    )
    const { health } = watch
    return given<PairResult>({
      sides: [base!, head!],
      warmUp: this.#warmUp,
      length: this.#length,
      health: health && given({ ...health, stalls: stalls.seen }),
      isStopped: this.#isStopped,
    })
  }

  get #first(): Place {
    return this.#pair.turns[0] ?? 0
  }

  /** Neither goes on when one cannot. */
  get #isOver(): boolean {
    return this.#isStopped || this.#causes.some(cause => cause !== undefined)
  }

  async #open(place: Place): Promise<void> {
    const side = await DuetSide.make(this.#task, this.#pair.sides[place])
    this.#sides[place] = side
    if (this.#isStopped) side.stop()
    else await side.open(asked => this.#hooks.ask(place, asked))
  }

  async #warm(): Promise<void> {
    if (this.#isOver) return
    const known = this.#pair.warmUp
    const most = Math.ceil(ROUND_REQUESTS / this.#sides[this.#first]!.requestsPerRun)
    const rounds: number[] = []
    const times: [Milliseconds[], Milliseconds[]] = [[], []]
    const slow: [Milliseconds, Milliseconds] = [0, 0]
    while (!this.#isOver && !(known ? rounds.length >= known.length : isWarm(rounds, times, this.#pair.warmUpTime))) {
      let iterations = known?.[rounds.length]
      await this.#both(async place => {
        const limit = iterations === undefined ? ROUND_TIME : PATIENCE
        const round = await this.#sides[place]!.warmUp(iterations ?? most, limit)
        if (round.iterations < (iterations ?? 1) && !this.#isStopped)
          throw new SideFault(`a round of its warm-up had not ended within ${formatMs(limit)}`)
        iterations = round.iterations
        times[place].push(round.took)
        slow[place] = round.slow
        this.#hooks.beat()
      })
      rounds.push(iterations ?? 0)
    }
    this.#warmUp = rounds
    if (!this.#pair.mayStretch || this.#isOver) return
    const gap = gapOf(this.#task.plan, this.#sides[this.#first]!.requestsPerRun)
    this.#length = blockLength(this.#pair, Math.max(...slow), gap)
  }

  async #takeTurns(): Promise<void> {
    const { turns, discard } = this.#pair
    for (const place of turns) {
      if (this.#isOver) return
      await this.#do(place, () => this.#sides[place]!.turn({ length: this.#length, discard }))
      this.#hooks.beat()
    }
  }

  /** One after the other, as the first turn has it. */
  async #both(action: (place: Place) => Promise<void>): Promise<void> {
    for (const place of [this.#first, (1 - this.#first) as Place]) {
      if (!this.#isOver) await this.#do(place, () => action(place))
    }
  }

  /** What is wrong with a side ends the pair; what is wrong with us is thrown. */
  async #do(place: Place, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof SideFault)) throw error
      this.#causes[place] = error.message
    }
  }
}

/** The result of a side that could not even be opened. */
function unopened(cause: string | undefined): SideResult {
  const iterations = NOTHING_ARRIVED
  return given({ cause, answers: [], requests: 0, iterations, started: 0, blocks: 0, readings: [], warmedUp: 0 })
}
