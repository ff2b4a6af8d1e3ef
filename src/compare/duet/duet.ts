import { isDeepStrictEqual } from 'node:util'
import { comparedOf } from '../../budget/metrics/index.ts'
import type { RelativeBudget } from '../../budget/relative.ts'
import { asUsed } from '../../document/as-used.ts'
import type { ArazzoDocument } from '../../document/model.ts'
import { knownFiles } from '../../ground/environment.ts'
import { ArazzoError } from '../../ground/errors.ts'
import { failure } from '../../ground/fault.ts'
import type { OptionFault } from '../../ground/fields.ts'
import { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { readConnections } from '../../http/transport-options.ts'
import type { Supplied } from '../../load/feed/feed.ts'
import { type InputCaller, type Supplier, supply } from '../../load/feed/read.ts'
import type { InputRow } from '../../load/feed/source.ts'
import { assertAllowed, touchedBy } from '../../load/plan/hosts.ts'
import { hold, type LoadPlan } from '../../load/plan/load-plan.ts'
import { ANY_SERVER, type LoadTest, loadTestOrThrow, problemsOf } from '../../load/plan/load-test.ts'
import { onInterrupt } from '../../load/run/load-run.ts'
import { inputsOf, type Prepared } from '../../load/run/prepare.ts'
import type * as protocol from '../../load/thread/duet/protocol.ts'
import { ownProcessors } from '../../measure/proc-stat.ts'
import { sourcesOf } from '../../workflow/check-options.ts'
import { type OpenOptions, openRun, toEnd } from '../../workflow/functional.ts'
import { compilePlan } from '../../workflow/plan.ts'
import type { ServerOverride } from '../../workflow/server.ts'
import { hasTimes } from '../degradation.ts'
import { findNewSteps, type NewSteps } from '../new-steps/find.ts'
import type { FileOfBase } from '../new-steps/places.ts'
import { type Launch, type LaunchFigures, type MeasuredPair, SIDES, type SideName } from '../pair.ts'
import { hodgesLehmann } from '../statistics/signed-rank.ts'
import { deviationsOf, driftOf, figuresOf, isSpread } from './figures.ts'
import { DuetThread } from './thread.ts'

/** A block, unless iterations take so long that few of them would find room in it. */
const LENGTH: Milliseconds = 100
const DISCARD: Milliseconds = 10

/** Requests in progress at the end of a block get the load test's grace, and no more than this. */
const MOST_GRACE: Milliseconds = 5_000

/** Runs of the workflow by which it is found which steps base has, at most, on each side. */
const TRIES = 3

interface DuetOptions {
  /** The file that the load thread runs. */
  worker?: string
  /** Gives up what it opens. */
  signal?: AbortSignal
  /** Bounds of the warm-up of a pair. */
  warmUp: protocol.WarmUpBounds
  /** Whether it may become longer than these. Default: no. */
  mayWarmLonger?: boolean
  /** Finds the documents of head in base: operations that they describe there are not new. */
  fileOfBase?: FileOfBase | undefined
}

interface PairOptions extends Pick<protocol.PairTask, 'blocks' | 'seed' | 'soak' | 'mayGoOn'> {
  /** Length of a block. Default 100 ms, more where iterations take long. */
  length?: Milliseconds
  /**
   * Whether it is for profiles: half of the warm-up, no prices of steps, and all processors. Default: no, and they may
   * be held to one.
   */
  isProfiled?: boolean
  signal?: AbortSignal
}

/**
 * Puts the load of a load test on base and head in turns: one load thread for both, which is kept over all pairs of
 * launches, as are the number of requests of a warm-up and the length of blocks once they are found.
 */
export class Duet {
  readonly #test: LoadTest
  #task: protocol.DuetTask
  readonly #caller: Prepared['caller']
  readonly #over: AbortController
  readonly #worker: string | undefined
  #warmUpBounds: protocol.WarmUpBounds
  #mayWarmLonger: boolean
  readonly #fileOfBase: FileOfBase | undefined
  readonly #routes: Readonly<Record<string, string>>
  #thread: DuetThread
  /** Warm-ups of fresh launches and of launches that had load before. */
  #warmUps: Partial<Record<'fresh' | 'used', protocol.WarmUp>> = {}
  /** Whether the application uses more than one processor; unknown before the first pair. */
  #isSpread: boolean | undefined
  #lengths: Pick<protocol.PairTask, 'length' | 'slice'> | undefined

  private constructor(
    test: LoadTest,
    task: protocol.DuetTask,
    { caller, over }: Pick<Prepared, 'caller' | 'over'>,
    { worker, warmUp, mayWarmLonger = false, fileOfBase }: DuetOptions,
  ) {
    this.#test = test
    this.#task = task
    this.#caller = caller
    this.#over = over
    this.#worker = worker
    this.#warmUpBounds = warmUp
    this.#mayWarmLonger = mayWarmLonger
    this.#fileOfBase = fileOfBase
    this.#thread = new DuetThread(task, worker)
    const routed = test.plan.steps.filter(({ path }) => path !== undefined)
    this.#routes = Object.fromEntries(routed.map(({ key, method, path }) => [key, `${method} ${path}`]))
  }

  /**
   * Rejects with ArazzoError for a load that cannot be compared, for inputs, and for what is still open but servers and
   * ports, which launches have.
   */
  static async open(read: LoadTest, duetOptions: DuetOptions): Promise<Duet> {
    const { signal } = duetOptions
    signal?.throwIfAborted()
    const test = read.open ? loadTestOrThrow(await read.open.readAgain()) : read
    if (test.open) compilePlan(test.plan.document, test.plan.workflowId, { ...test.planOptions, servers: ANY_SERVER })
    const { options, planOptions, plan, load } = test
    const { plan: turns, fault } = comparable(load)
    if (fault) throw new ArazzoError(problemsOf([fault], () => plan.workflow.at))
    if (options.channels !== undefined)
      throw notCompared('the load test has channels, which belong to neither', 'Remove channels.')
    if (options.agents)
      throw notCompared('the load test is run by agents, and a comparison runs in this process', 'Write agents: false.')
    if (test.hooks.length > 0)
      throw notCompared(
        'the load test has setup or teardown, which a comparison does not run',
        'Compare with a load test of its own, whose workflow does it.',
      )
    const over = new AbortController()
    const { inputs, caller } = inputsOf({ ...test, load: turns }, { signal: over.signal })
    await caller?.open(inputs.per)
    const grace = Math.min(MOST_GRACE, load.gracefulStop)
    const task: protocol.DuetTask = {
      document: asUsed(plan.document),
      workflowId: plan.workflowId,
      planOptions: { ...planOptions, runTime: grace },
      steps: plan.steps.map(({ key }) => key),
      plan: turns,
      grace,
      inputs,
      transport: options.transport,
      connections: readConnections(options.connections, options.allowHosts),
      measures: measuresOf(test.relative),
      environment: knownFiles(),
    }
    const duet = new Duet(test, task, { caller, over }, duetOptions)
    await duet.#thread.ready(signal)
    return duet
  }

  /**
   * Measures a fresh pair. What happens to a side is the `cause` of its figures; then neither side's count. Rejects
   * when it was cancelled (with the signal's reason), for a host that may not be loaded, and when the load thread was
   * lost.
   */
  async run(launches: Record<SideName, Launch>, options: PairOptions): Promise<MeasuredPair> {
    const { blocks, seed, signal } = options
    signal?.throwIfAborted()
    const servers = await this.#allowedServers(launches)
    signal?.throwIfAborted()
    if (this.#thread.isGone) this.#thread = new DuetThread(this.#task, this.#worker)
    await this.#thread.ready(signal)
    const { asked: before = 0 } = launches.base
    const kind = before > 0 ? 'used' : 'fresh'
    const result = await this.#play(
      {
        sides: [sideOf(launches.base, servers.base), sideOf(launches.head, servers.head)],
        blocks,
        seed,
        discard: DISCARD,
        ...(options.length === undefined ? (this.#lengths ?? { length: LENGTH }) : { length: options.length }),
        mayStretch: options.length === undefined && this.#lengths === undefined,
        warmUp: options.isProfiled ? this.#shortened(this.#warmUps[kind]) : this.#warmUps[kind],
        warmUpBounds: { ...this.#warmUpBounds, isUsed: kind === 'used' },
        soak: options.soak,
        mayGoOn: options.mayGoOn,
        isPriced: !options.isProfiled,
        processor: options.isProfiled ? undefined : this.#processorFor(launches, seed),
      },
      signal,
    )
    const { sides, warmUp, length, slice, isHeld, soak, window, health } = result
    const hasCause = sides.some(({ cause }) => cause !== undefined)
    if (!hasCause) {
      if (options.length === undefined) this.#lengths = { length, slice }
      if (!options.isProfiled) this.#warmUps[kind] = warmUp
      this.#isSpread ??= sides.some(isSpread)
    }
    const found = figuresOf(this.#task, sides)
    const [base, head] = SIDES.map((name, i) => afterEarlier(found[i]!, launches[name])) as typeof found
    const deviation = hasCause ? {} : deviationsOf(sides, blocks)
    const took = sides.reduce((sum, { inTurns }) => sum + inTurns, 0) / blocks
    return {
      base,
      head,
      blocks: { pairs: blocks, length, took, deviation },
      routes: this.#routes,
      isHeld,
      window,
      ...(!hasCause && { typicalChange: typicalChange(sides), drift: driftOf(sides), soak }),
      generator: health,
    }
  }

  /** The first half of the rounds, of a usual warm-up. */
  #shortened(warmUp: protocol.WarmUp | undefined): protocol.WarmUp | undefined {
    return warmUp?.slice(0, Math.ceil(warmUp.length / (this.#warmUpBounds.isFull ? 2 * LONGER : 2)))
  }

  /**
   * Warms up launches with three times as many requests from here on, in the same time, even if they seem to be warm;
   * false if the user gave the warm-up, or it is so already.
   */
  warmLonger(): boolean {
    if (!this.#mayWarmLonger) return false
    this.#mayWarmLonger = false
    this.#warmUpBounds = { ...this.#warmUpBounds, requests: LONGER * this.#warmUpBounds.requests, isFull: true }
    this.#warmUps = {}
    return true
  }

  /**
   * Runs the workflow on both sides before there is any load, and leaves out the steps that head alone has, from here
   * on. Rejects as `run` does.
   */
  async leaveOutNew(launches: Record<SideName, Launch>, signal?: AbortSignal): Promise<NewSteps> {
    const servers = await this.#allowedServers(launches)
    const { plan, relative } = this.#test
    const { workflowId, planOptions } = this.#task
    const rows = await this.#rows()
    const keysOf = (document: ArazzoDocument) =>
      compilePlan(document, workflowId, { ...planOptions, servers: ANY_SERVER }).steps.map(({ key }) => key)
    const { document, newSteps, fault, broken } = await findNewSteps({
      ...{ document: plan.document, workflowId, keysOf, rows: rows.length, fileOfBase: this.#fileOfBase },
      run: async (side, document, row) => {
        const own = servers[side] ?? planOptions.servers
        const options: OpenOptions = { ...planOptions, servers: own, inputs: rows[row], signal }
        const report = await toEnd(openRun(document, workflowId, options))
        signal?.throwIfAborted()
        return report
      },
    })
    const steps = keysOf(document)
    // A comparison may be made once more, and find others.
    if (fault === undefined && !isDeepStrictEqual(steps, this.#task.steps)) {
      const measures = measuresOf(relative.filter(({ step }) => step === undefined || steps.includes(step)))
      await this.#thread.end()
      this.#task = { ...this.#task, document: asUsed(document), steps, measures }
    }
    return { newSteps, fault, broken }
  }

  /** Inputs of a few runs. */
  async #rows(): Promise<InputRow[]> {
    const { inputs } = this.#task
    if (inputs.kind === 'fixed') return [inputs.inputs]
    if (inputs.kind === 'rows') return inputs.rows.slice(0, TRIES)
    const row = inputs.per === 'vu' ? await this.#caller!.forUser(0) : (await this.#caller!.next(1)).rows[0]
    return row === undefined ? [{}] : [row]
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#thread.end()
  }

  async #play(task: protocol.PairTask, signal: AbortSignal | undefined) {
    const thread = this.#thread
    const rows = this.#caller && sharedRows(this.#caller)
    let why: unknown
    const played = thread.play(task, ({ side, query }) => {
      const send = (supplied: Supplied) => {
        if (why === undefined) thread.send({ type: 'supplied', side, supplied })
      }
      supply(rows!(side), query, send, callOff).catch(callOff)
    })
    const callOff = (reason: unknown) => {
      why ??= { reason }
      void thread.stop(played)
    }
    const onAbort = () => callOff(signal!.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const interrupted = () => callOff(notCompared('it was interrupted (Ctrl-C)'))
    const offInterrupt = signal === undefined ? onInterrupt(interrupted) : () => {}
    try {
      return await played.finally(() => {
        if (why !== undefined) throw (why as { reason: unknown }).reason
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
      offInterrupt()
    }
  }

  /**
   * One processor for both sides, drawn for each pair: the processors of a virtual machine are not equally fast, and a
   * process tends to stay on its processor. Not used for applications with several processors, for latencies, and for
   * applications that were already running.
   */
  #processorFor(launches: Record<SideName, Launch>, seed: number): number | undefined {
    const { times, work } = this.#task.measures
    const areOurs = SIDES.every(name => launches[name].pid !== undefined && launches[name].ended !== undefined)
    if (!work || times || !areOurs || this.#isSpread !== false) return undefined
    const own = ownProcessors()
    return own.length > 1 ? own[new Random(seed, 'processor').below(own.length)] : undefined
  }

  /** Servers of both sides. Refuses hosts that are not allowed, and the same application on both. */
  async #allowedServers({ base, head }: Record<SideName, Launch>) {
    const { plan, planOptions, options, ownServers } = this.#test
    const { document } = this.#task
    const of = {
      base: serversOf(document, base.servers, ownServers),
      head: serversOf(document, head.servers, ownServers),
    }
    const asked: (readonly string[])[] = []
    for (const name of SIDES) {
      const servers = of[name] ?? planOptions.servers
      const compiled = compilePlan(plan.document, plan.workflowId, { ...planOptions, servers })
      await assertAllowed(touchedBy(compiled), options.allowHosts)
      asked.push(compiled.origins)
    }
    if (!isDeepStrictEqual(base.servers, head.servers) && isDeepStrictEqual(asked[0], asked[1]))
      throw notCompared(
        `both would be asked at ${asked[0]!.join(' and ')}`,
        "Leave the application under test out of the load test's servers.",
      )
    return of
  }
}

/** Times as many requests in a longer warm-up. */
const LONGER = 3

/** Counts of a launch include what earlier load tests asked of it. Its memory is of that, too. */
function afterEarlier(figures: LaunchFigures, { asked = 0 }: Launch): LaunchFigures {
  if (asked === 0) return figures
  const { memory, ...rest } = figures
  return { ...rest, warmedUp: rest.warmedUp + asked, askedInAll: rest.askedInAll + asked }
}

const notCompared = (found: string, advice?: string) => failure('compare', 'base and head', found, advice)

const sideOf = ({ pid, probe }: Launch, servers: Launch['servers']): protocol.SideTask => ({ servers, pid, probe })

function measuresOf(budgets: readonly RelativeBudget[]): protocol.Measures {
  return { times: hasTimes(budgets), work: budgets.some(budget => comparedOf(budget)?.isWork) }
}

/**
 * Inputs that a function makes: both sides of a pair get the same, however fast each is. Returns the source of a side.
 */
function sharedRows(caller: InputCaller): (side: protocol.Place) => Supplier {
  const made: InputRow[] = []
  const given = [0, 0]
  const ofUsers = new Map<number, Promise<InputRow | undefined>>()
  let isNoMore = false
  let turn: Promise<unknown> = Promise.resolve()
  const next = async (side: protocol.Place, count: number) => {
    const from = given[side]!
    const missing = from + count - made.length
    if (missing > 0 && !isNoMore) {
      const { rows, isLast } = await caller.next(missing)
      made.push(...rows)
      isNoMore = isLast
    }
    const rows = made.slice(from, from + count)
    given[side] = from + rows.length
    return { rows, isLast: isNoMore && given[side] === made.length }
  }
  return side => ({
    next(count) {
      const rows = turn.then(() => next(side, count))
      turn = rows.catch(() => {})
      return rows
    },
    forUser(user) {
      const row = ofUsers.get(user) ?? caller.forUser(user)
      ofUsers.set(user, row)
      return row
    },
  })
}

/** Longer than any comparison: the turns say when it ends. */
const ENDLESS: Milliseconds = 1e9

/**
 * Load of a comparison: the highest level of the plan, for all turns. Ramps, the plan's own warm-up and threads do not
 * apply. Think time of an open model is dropped, because it does not change the rate.
 */
export function comparable(
  plan: LoadPlan,
): { plan: LoadPlan; fault?: undefined } | { plan?: undefined; fault: OptionFault } {
  const { seed, maxVus } = plan
  const times = { rampUp: 0, warmUp: 0, duration: ENDLESS, rampDown: 0, gracefulStop: 0, threads: 1, seed, maxVus }
  switch (plan.kind) {
    case 'rps':
    case 'rate': {
      const { kind, rate } = plan
      return { plan: { ...times, model: 'open', kind, rate, curve: [hold(rate, ENDLESS)] } }
    }
    case 'vus':
    case 'iterations': {
      const { vus, pacing, thinkTime } = plan
      if (thinkTime)
        return { fault: fault('/load/thinkTime', THINKING, 'Remove thinkTime, or compare at a rate (rps).') }
      return {
        plan: { ...times, model: 'closed', kind: 'vus', vus, curve: [hold(vus, ENDLESS)], ...(pacing && { pacing }) },
      }
    }
    case 'adaptive':
      return { fault: fault('/load/adaptive', 'its number of users depends on the compared figures', STEADY) }
    case 'capacity':
      return { fault: fault('/load/capacity', 'its rate depends on the compared figures', STEADY) }
  }
}

const THINKING = 'users that think are idle for longer than the blocks in which base and head take turns'
const STEADY = "Compare under a steady load: { rps: 300, duration: '5s' } or { vus: 20, duration: '5s' }."

function fault(path: string, found: string, advice: string): OptionFault {
  return { path, verb: 'compare', thing: 'base and head', found, advice }
}

/** Fewest pairs of slices that tell what is typical. */
const LEAST = 8

/**
 * `ln(head / base)` of CPU time per request in a typical slice; undefined with too few slices. The host of a virtual
 * machine takes processors away, and this time counts as CPU time of the running process. It is most of the noise of
 * sums: pairs of launches differed by 1.8 to 4 % (deviation) in their sums, and by 0.6 to 1.5 % in this.
 */
export function typicalChange([base, head]: readonly [protocol.SideResult, protocol.SideResult]): number | undefined {
  const [of, to] = [base.slices.map(workOf), head.slices.map(workOf)]
  const changes = of.map((cost, slice) => Math.log(to[slice]! / cost)).filter(Number.isFinite)
  return changes.length < LEAST ? undefined : hodgesLehmann(changes)
}

/** CPU time a request. */
const workOf = ({ cpuTime = Number.NaN, asked }: protocol.SliceUse) => cpuTime / asked

/**
 * Destination of requests to a launch: what the load test itself says of a source comes first, as a stub that base and
 * head share. One URL for all sources says where the application is, which a launch knows better.
 */
export function serversOf(document: ArazzoDocument, launch: Launch['servers'], own: ServerOverride): Launch['servers'] {
  if (launch === undefined || own === undefined || typeof own === 'string') return launch
  if (typeof launch !== 'string') return { ...launch, ...own }
  const ofSources = [...sourcesOf(document)].map(source => [source, launch])
  return { ...Object.fromEntries(ofSources), ...own }
}
