import { performance } from 'node:perf_hooks'
import { isOwnMemory } from '../../budget/budget-kinds.ts'
import { judge } from '../../budget/judge.ts'
import { asUsed } from '../../document/as-used.ts'
import { knownFiles } from '../../ground/environment.ts'
import { failed } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { isLoopback } from '../../http/loopback.ts'
import { readConnections } from '../../http/transport-options.ts'
import { realClock } from '../../measure/clock.ts'
import { environmentOf } from '../../measure/environment.ts'
import { NeighbourWatch } from '../../measure/neighbours.ts'
import type { LoadReport } from '../../measure/report.ts'
import { knownApplications } from '../applications.ts'
import { ResponseTotals } from '../counts/response-counts.ts'
import { allSubjects, type Subject, watchedSubjects } from '../counts/watched.ts'
import type { MetricsExporter } from '../metrics/exporter.ts'
import { APPLICATION, type RunFigures } from '../metrics/figures.ts'
import { cpuQuota } from '../plan/cores.ts'
import { TEARDOWN_GRACE } from '../plan/hooks.ts'
import { type LoadPlan, lengthOf, longestRun, settledAt, windowOf } from '../plan/load-plan.ts'
import type { LoadOptions } from '../plan/options.ts'
import { chooseTransport, type TransportChoice } from '../plan/transport-choice.ts'
import { assertBalanced } from '../thread/ledger.ts'
import type { FromThread, RunTask, ThreadEnd, ThreadPart, ToThread } from '../thread/protocol.ts'
import { type SharedMemory, sharedMemoryFor } from '../thread/shared-memory.ts'
import { SharedWarmUp } from '../warm-up/shared-warm-up.ts'
import { WarmUpWatch } from '../warm-up/steadiness.ts'
import { BudgetWatch } from './budget-watch.ts'
import { doubtsOf } from './doubts.ts'
import { generatorOf, hostFigures, startedBy, usageBy } from './host-figures.ts'
import { onInterrupt } from './interrupt.ts'
import { Ledgers } from './ledgers.ts'
import { lostBefore } from './lost-host-messages.ts'
import { LostHosts } from './lost-hosts.ts'
import { mergeThreads, speakersOf } from './merge.ts'
import type { Meters } from './meters.ts'
import { Outcome } from './outcome.ts'
import { type OpenThreads, openThreads, type Threads } from './pool.ts'
import type { Prepared } from './prepare.ts'
import { ProgressCounter } from './progress.ts'
import { Series } from './series.ts'
import { Steering } from './steering.ts'
import { StuckWatch } from './stuck-watch.ts'
import { supply } from './supply.ts'
import { undocumentedPasses } from './undocumented.ts'
import { workerFile } from './worker-file.ts'

/** Time in which the word that a warm-up is over comes to other hosts. */
const SETTLE_LEAD: Milliseconds = 1_000
/** How often it is asked whether any response comes at all. */
const CHECK: Milliseconds = 1_000

/** Internal options, for tests. */
export interface RunInternals {
  /** The file that load threads run. */
  worker?: string
  /** Location of its threads. Default: this process. */
  open?: OpenThreads
}

export type RunOptions = Pick<LoadOptions, 'signal' | 'onProgress'> & RunInternals

/** One run of a load: threads, measurements, and the report. */
export class LoadRun {
  readonly #prepared: Prepared
  readonly #options: RunOptions
  readonly #meters: Meters
  /** Whether the load or the application is on this machine. */
  readonly #isNear: boolean
  readonly #neighbours: NeighbourWatch | undefined
  readonly #transport: TransportChoice
  readonly #memory: SharedMemory
  readonly #ledgers = new Ledgers()
  readonly #outcome = new Outcome()
  readonly #lost: LostHosts
  readonly #series: Series
  readonly #subjects: readonly Subject[]
  readonly #watch: BudgetWatch
  readonly #responses: ResponseTotals
  readonly #exporter: MetricsExporter | undefined
  readonly #threads: Threads
  #startedAt: Milliseconds = 0
  readonly #timers: (() => void)[] = []
  readonly #steering: Steering
  /** Warm-up of a plan whose warm-up lasts until the load is steady. */
  readonly #warmUp: SharedWarmUp | undefined
  #warmUpWatch: WarmUpWatch | undefined
  #warmUpCut: LoadReport['warmUpCut']
  /** Plan as it is known by now. */
  #load: LoadPlan
  readonly #progress: ProgressCounter
  readonly #stuck: StuckWatch

  constructor(prepared: Prepared, options: RunOptions, meters: Meters, exporter: MetricsExporter | undefined) {
    this.#exporter = exporter
    this.#prepared = prepared
    this.#options = options
    this.#meters = meters
    this.#load = prepared.load
    const { threads } = prepared.load
    this.#memory = sharedMemoryFor(prepared.load)
    this.#warmUp = this.#memory.warmUp && new SharedWarmUp(prepared.load, this.#memory.warmUp)
    const { target } = prepared.targets
    const pid = target && 'pid' in target ? target.pid : undefined
    // A load that runs elsewhere is not disturbed by what goes on here, unless the application is here.
    const isHere = options.open === undefined
    this.#isNear = isHere || pid !== undefined
    const isWatched = pid !== undefined || (isHere && prepared.load.kind === 'capacity')
    const neighbours = isWatched ? NeighbourWatch.of(pid) : undefined
    this.#neighbours = neighbours
    if (neighbours) this.#timers.push(() => neighbours.stop())
    this.#steering = new Steering(prepared.load, this.#memory, {
      neighbours,
      requestsPerRun: prepared.plan.requestsPerRun,
      pending: () => this.#ledgers.pending,
      marks: prepared.budgets.filter(({ metric }) => metric === 'capacity').map(({ bound }) => bound),
    })
    this.#transport = chooseTransport(prepared.options, prepared.plan.origins)
    const progress = new ProgressCounter(prepared.load, this.#steering.search, () => this.#lost.names)
    this.#progress = progress
    this.#responses = new ResponseTotals(new Map(prepared.plan.steps.map(({ key, method }) => [key, method])))
    meters.requests = () => this.#ledgers.responses
    const { budgets } = prepared
    const stepKeys = prepared.plan.steps.map(({ key }) => key)
    this.#subjects = isHere ? watchedSubjects(budgets) : allSubjects(budgets, stepKeys, prepared.load.model)
    this.#lost = new LostHosts(prepared.load, isHere ? undefined : this.#subjects)
    this.#watch = new BudgetWatch({
      budgets,
      subjects: this.#subjects,
      isWhole: () => !this.#lost.isAny,
      usage: counted => usageBy(this.#threads, meters.soFar(), counted),
      onFail: (ended, { title }) =>
        this.#end('cut short', `the budget ${title} was missed, and ends the run (abortOnFail)`, ended),
    })
    this.#series = new Series(
      threads,
      meters.latest,
      (interval, slices) => {
        this.#watch.add(interval, slices)
        const metrics = exporter?.url
        const budgets = prepared.budgets.length > 0 ? prepared.budgets : undefined
        options.onProgress?.(given({ ...progress.add(interval), metrics, budgets }))
      },
      this.#steering.limit,
    )
    const open = options.open ?? openThreads
    const isNew = prepared.budgets.some(isOwnMemory)
    const onMessage = (thread: number, message: FromThread) => this.#onMessage(thread, message)
    this.#threads = open(options.worker ?? workerFile(), this.#task(), this.#parts(), onMessage, isNew)
    this.#stuck = new StuckWatch({
      ledgers: this.#ledgers.all,
      stepKeys,
      end: (thread, cause) => this.#threads.end(thread, cause),
      after: prepared.threadHooks ? TEARDOWN_GRACE : 0,
    })
    this.#timers.push(() => this.#stuck.stop())
  }

  async run(): Promise<LoadReport> {
    const { signal } = this.#options
    const onAbort = () => this.#end('cut short', 'it was called off')
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal === undefined)
      this.#timers.push(onInterrupt(() => this.#end('cut short', 'it was interrupted (Ctrl-C)')))
    if (signal?.aborted) onAbort()
    try {
      const { refused } = await this.#threads.ready()
      if (this.#lost.isAny) this.#end('not run', lostBefore(this.#lost.hosts()))
      else if (refused !== undefined) this.#end('not run', refused)
      this.#start()
      return await this.#report(await this.#threads.ended())
    } finally {
      for (const callOff of this.#timers) callOff()
      signal?.removeEventListener('abort', onAbort)
      await this.#threads.close()
    }
  }

  #task(): RunTask {
    const { plan, planOptions, load, inputs, channels, options, threadHooks: hooks } = this.#prepared
    return {
      document: asUsed(plan.document),
      workflowId: plan.workflowId,
      planOptions,
      plan: load,
      inputs,
      subjects: this.#subjects,
      transport: this.#transport,
      connections: readConnections(options.connections, options.allowHosts),
      ...(channels !== undefined && { channels, applications: knownApplications() }),
      ...(hooks && { hooks }),
    }
  }

  #parts(): ThreadPart[] {
    const { threads: count } = this.#load
    const starved = this.#options.open === undefined ? this.#neighbours?.starved.buffer : undefined
    return Array.from({ length: count }, (_, index) =>
      given({
        ...this.#memory,
        ledger: this.#ledgers.open(),
        share: { index, count },
        environment: knownFiles(),
        starved,
      }),
    )
  }

  #onMessage(thread: number, message: FromThread): void {
    const onFault = ({ message }: Error) => this.#end('cut short', message)
    const send = (message: ToThread) => this.#threads.send(thread, message)
    if (message.type === 'interval') {
      const { counts } = message
      this.#lost.told(thread, counts)
      this.#responses.add(counts.responses)
      this.#responses.addIterations(counts)
      this.#series.add(thread, counts)
    } else if (message.type === 'call') this.#prepared.runHooks.call(message).then(send).catch(onFault)
    else if (message.type === 'setup failed')
      this.#end(this.#ledgers.isWithoutResponse ? 'not run' : 'cut short', failed('set up', 'the load', message.cause))
    else if (message.type === 'ended') this.#onEnd(thread, message.end)
    else if (message.type !== 'ready') supply(this.#prepared.caller!, message, send, onFault).catch(onFault)
  }

  #start(): void {
    const load = this.#load
    const { lead } = this.#threads
    const start = performance.now() + lead
    this.#startedAt = performance.timeOrigin + start
    this.#steering.begin(realClock, start, from => this.#tellWindow(from, start), this.#threads.hearing?.())
    this.#timers.push(() => this.#steering.stop())
    this.#exporter?.start(() => this.#figures())
    this.#threads.start(this.#startedAt)
    this.#stuck.begin(lead + longestRun(load))
    if (this.#warmUp) {
      const watch = new WarmUpWatch(
        load,
        this.#warmUp,
        realClock,
        start,
        cut => this.#onCut(cut, start),
        this.#threads.settle && SETTLE_LEAD,
      )
      this.#warmUpWatch = watch
      this.#timers.push(() => watch.stop())
    } else if (load.kind !== 'capacity') this.#markWindow(start)
    this.#checkEverySecond()
  }

  /** The warm-up is over for all threads. */
  #onCut(cut: NonNullable<LoadReport['warmUpCut']>, start: Milliseconds): void {
    this.#warmUpCut = cut
    this.#tellWindow(cut.at, start)
  }

  /** It is known where the measured window begins. */
  #tellWindow(from: Milliseconds, start: Milliseconds): void {
    this.#threads.settle?.(from)
    this.#load = settledAt(this.#load, from)
    this.#progress.replan(this.#load)
    this.#markWindow(start)
  }

  #markWindow(start: Milliseconds): void {
    const { from, to } = windowOf(this.#load)
    const at = (moment: Milliseconds, callback: () => void) =>
      this.#timers.push(realClock.after(Math.max(0, start + moment - performance.now()), callback))
    at(from, () => this.#meters.mark())
    at(to, () => void this.#meters.stop())
    at(lengthOf(this.#load), () => this.#steering.endPlan())
  }

  /** Ends a load of a server that is not there, but not of one that starts late (3 s) or is slow to respond. */
  #checkEverySecond(): void {
    const check = () => {
      if (this.#ledgers.isUnresponsive) this.#end('not run')
      else if (this.#ledgers.isWithoutResponse) this.#timers.push(realClock.after(CHECK, check))
    }
    this.#timers.push(realClock.after(this.#threads.lead + 3 * CHECK, check))
  }

  #onEnd(thread: number, end: ThreadEnd): void {
    // Hosts take time to part, in which nothing is loaded.
    if (this.#stuck.leave(thread)) void this.#meters.stop()
    if (end.state === 'lost') this.#lose(thread, end)
    this.#series.end(thread)
  }

  #lose(thread: number, { host, cause, silence, isEnded }: ThreadEnd & { state: 'lost' }): void {
    if (host === undefined) {
      this.#ledgers.all[thread]!.settle()
      const became = isEnded ? 'was ended' : 'was lost'
      return this.#end('cut short', `load thread ${thread + 1} of ${this.#ledgers.all.length} ${became}: ${cause}`)
    }
    this.#ledgers.all[thread]!.settleAsTold()
    const end = this.#lost.lose(host, thread, cause, this.#time(), silence)
    if (end !== undefined) this.#end(...end)
  }

  /** Time from the start of the run; undefined before it is known when that is. */
  #time(): Milliseconds | undefined {
    return this.#startedAt === 0 ? undefined : performance.timeOrigin + performance.now() - this.#startedAt
  }

  /** Ends the run before its plan. The first reason counts. */
  #end(...why: Parameters<Outcome['end']>): void {
    Atomics.store(new Int32Array(this.#memory.stop), 0, 1)
    this.#prepared.over.abort()
    this.#stuck.hurry()
    this.#warmUpWatch?.stop()
    this.#steering.stop()
    this.#outcome.end(...why)
  }

  /** Figures at the moment. */
  #figures(): RunFigures {
    const { plan, load, budgets } = this.#prepared
    const { target, targets } = this.#meters.latest()
    const generator = this.#meters.latestOfGenerator()
    return given({
      workflow: plan.workflowId,
      startedAt: this.#startedAt,
      responses: this.#responses.groups,
      iterationTimes: this.#responses.iterationTimes,
      arrivals: this.#ledgers.arrivals(),
      limit: this.#steering.limit() ?? load.maxVus,
      hosts: this.#threads.hosts && startedBy(this.#threads.hosts(), this.#ledgers.all, this.#lost.hosts()),
      targets: { ...(target && { [APPLICATION]: target }), ...targets },
      generator,
      budgets: budgets.map(budget => ({ budget })),
    })
  }

  async #report(ends: readonly ThreadEnd[]): Promise<LoadReport> {
    const usage = await this.#meters.stop()
    const { plan, shape, budgets } = this.#prepared
    const load = this.#load
    const results = ends.flatMap(end => (end.state === 'done' ? [end.result] : []))
    const stepKeys = plan.steps.map(step => step.key)
    const books = this.#lost.books(this.#ledgers.all)
    const merged = mergeThreads(stepKeys, books, results, this.#lost.figures())
    assertBalanced(merged.arrivals, 'the run')
    assertBalanced(merged.measuredArrivals, 'the measured window')
    this.#outcome.settle(this.#prepared, load, this.#ledgers, results, merged.measuredArrivals)
    const { lateness, timed, threads, connections, ...figures } = merged
    const eventLoopUtilization = Math.max(0, ...threads.map(thread => thread.eventLoopUtilization))
    const windows = this.#watch.windows()
    const steered = this.#steering.report()
    const hooks = this.#prepared.runHooks.ofThreads(ends)
    const warnings = [...this.#meters.unread, ...undocumentedPasses(plan, this.#responses.groups)]
    const hosts = this.#threads.hosts?.()
    const isUsedUp = results.some(({ ended }) => ended.isUsedUp || ended.withoutRow !== undefined)
    const lost = this.#lost.hosts(books, { load, isUsedUp, measured: merged.measured })
    const from = this.#startedAt - performance.timeOrigin + windowOf(load).from
    const starvation = this.#neighbours?.starvation(from, from + figures.measured)
    const report: LoadReport = given({
      ...this.#outcome.ended,
      workflow: { file: plan.document.file, workflowId: plan.workflowId },
      shape,
      model: load.model,
      transport: { name: speakersOf(results) || this.#transport.name, why: this.#transport.why, ...connections },
      startedAt: new Date(this.#startedAt).toISOString(),
      environment: environmentOf(cpuQuota()),
      warmUp: load.rampUp + load.warmUp,
      warmUpCut: this.#warmUpCut,
      threads: load.threads,
      maxVus: load.maxVus,
      ...figures,
      answers: [...this.#responses.groups],
      iterationTimes: this.#responses.iterationTimes,
      ...usageBy(this.#threads, { target: usage.target, targets: usage.targets }, figures),
      generator: { ...(hosts ? generatorOf(hosts) : usage.generator), lateness, eventLoopUtilization, threads },
      series: this.#series.intervals,
      hooks: hooks.length > 0 ? hooks : undefined,
      windows,
      ...steered,
      budgets,
      hosts: hosts && hostFigures(hosts, books, ends, lost),
      doubts: doubtsOf({
        plan: load,
        ...this.#outcome.ended,
        budgets,
        ...merged,
        arrivals: merged.measuredArrivals,
        machine: this.#isNear ? usage.machine : undefined,
        changed: usage.changed,
        ...{ lost, isUsedUp },
        hosts,
        warmUpCut: this.#warmUpCut,
        capacity: steered.capacity,
        isLocal: plan.origins.some(isLoopback),
        starvation,
        course: this.#warmUpWatch?.course,
      }),
      verdicts: [],
      warnings: warnings.length > 0 ? warnings : undefined,
    })
    return { ...report, verdicts: judge(report, budgets) }
  }
}
