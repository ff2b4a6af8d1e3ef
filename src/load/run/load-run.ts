import { performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
import { asUsed } from '../../document/as-used.ts'
import { knownFiles } from '../../ground/environment.ts'
import { failed } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import { sleep } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { readConnections } from '../../http/transport-options.ts'
import { untilAtRest } from '../../measure/at-rest.ts'
import { realClock } from '../../measure/clock.ts'
import { environmentOf } from '../../measure/environment.ts'
import { NeighbourWatch } from '../../measure/neighbours.ts'
import type { LoadReport } from '../../measure/report.ts'
import { createProcessTreeProbe } from '../../measure/resources.ts'
import { knownApplications } from '../applications.ts'
import { ProbeBooks, SharedSchedule } from '../capacity/books.ts'
import { CapacityGovernor } from '../capacity/governor.ts'
import { capacityOf } from '../capacity/search.ts'
import { ResponseTotals } from '../counts/response-counts.ts'
import { allSubjects, type Subject, watchedSubjects } from '../counts/watched.ts'
import { supply } from '../feed/read.ts'
import { governLimit } from '../limit/governor.ts'
import { SharedLimit } from '../limit/shared-limit.ts'
import type { MetricsExporter } from '../metrics/exporter.ts'
import { APPLICATION, type RunFigures } from '../metrics/figures.ts'
import { cpuQuota } from '../plan/cores.ts'
import { TEARDOWN_GRACE } from '../plan/hooks.ts'
import { type LoadPlan, lengthOf, longestRun, settledAt, windowOf } from '../plan/load-plan.ts'
import type { LoadOptions } from '../plan/options.ts'
import { chooseTransport, type TransportChoice } from '../plan/transport-choice.ts'
import { Ledgers } from '../thread/ledger.ts'
import type { FromThread, RunTask, ThreadEnd, ThreadPart, ToThread } from '../thread/protocol.ts'
import { type SharedMemory, sharedMemoryFor } from '../thread/shared-memory.ts'
import { SharedWarmUp } from '../warm-up/shared-warm-up.ts'
import { watchWarmUp } from '../warm-up/steadiness.ts'
import { BudgetWatch } from './budget-watch.ts'
import { startedBy, usageBy } from './host-figures.ts'
import { lostBefore } from './lost-host-messages.ts'
import { LostHosts } from './lost-hosts.ts'
import { type Meters, measureIn } from './meters.ts'
import { type OpenThreads, openThreads, type Threads } from './pool.ts'
import type { Prepared } from './prepare.ts'
import { type EndReason, firstEnd, type RawRun, type RunEnd } from './report-of.ts'
import { addProgress, joinIntervals } from './series.ts'
import { watchStuck } from './stuck-watch.ts'
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

/** One run of a load: its threads, its measurements, and the reason of its end. */
export class LoadRun {
  readonly #prepared: Prepared
  readonly #options: RunOptions
  readonly #meters: Meters
  readonly #exporter: MetricsExporter | undefined
  /** Process of the application, if it is one of this machine. */
  readonly #pid: number | undefined
  readonly #transport: TransportChoice
  readonly #memory: SharedMemory
  readonly #ledgers = new Ledgers()
  readonly #lost: LostHosts
  readonly #series: ReturnType<typeof joinIntervals>
  readonly #subjects: readonly Subject[]
  readonly #watch: BudgetWatch
  readonly #responses: ResponseTotals
  /** Limit of an adaptive load, and its governor. */
  readonly #limit: SharedLimit | undefined
  #governor: ReturnType<typeof governLimit> | undefined
  /** Governor of a search. */
  #search: CapacityGovernor | undefined
  #threads: Threads | undefined
  #neighbours: NeighbourWatch | undefined
  #stuck: ReturnType<typeof watchStuck> | undefined
  #warmUpWatch: ReturnType<typeof watchWarmUp> | undefined
  /** Timers and listeners that end with the run. */
  readonly #timers: (() => void)[] = []
  #startedAt: Milliseconds = 0
  #warmUpCut: LoadReport['warmUpCut']
  #end: RunEnd = { state: 'completed' }
  /** Plan as it is known by now. */
  #load: LoadPlan

  constructor(prepared: Prepared, options: RunOptions, meters: Meters, exporter: MetricsExporter | undefined) {
    this.#exporter = exporter
    this.#prepared = prepared
    this.#options = options
    this.#meters = meters
    const { budgets, load, plan } = prepared
    const { target } = prepared.targets
    const isHere = options.open === undefined
    const stepKeys = plan.steps.map(({ key }) => key)
    this.#load = load
    this.#pid = target && 'pid' in target ? target.pid : undefined
    this.#memory = sharedMemoryFor(load)
    this.#limit = this.#memory.limit && new SharedLimit(load.threads, this.#memory.limit)
    this.#transport = chooseTransport(prepared.options, plan.origins)
    const search = () => this.#search && { ...this.#search.current, done: this.#search.done }
    const progress = addProgress(
      () => this.#load,
      search,
      () => this.#lost.names,
    )
    this.#responses = new ResponseTotals(new Map(plan.steps.map(({ key, method }) => [key, method])))
    this.#subjects = isHere ? watchedSubjects(budgets) : allSubjects(budgets, stepKeys, load.model)
    this.#lost = new LostHosts(load, isHere ? undefined : this.#subjects)
    this.#watch = new BudgetWatch({
      budgets,
      subjects: this.#subjects,
      isWhole: () => !this.#lost.isAny,
      usage: counted => usageBy(!isHere, meters.soFar(), counted),
      onFail: (ended, { title }) =>
        this.#stop('cut short', `the budget ${title} was missed, and ends the run (abortOnFail)`, ended),
    })
    this.#series = joinIntervals(
      load.threads,
      meters.latest,
      (interval, slices) => {
        this.#watch.add(interval, slices)
        const shown = { metrics: exporter?.url, budgets: budgets.length > 0 ? budgets : undefined }
        options.onProgress?.(given({ ...progress(interval), ...shown }))
      },
      () => this.#limit?.current,
    )
  }

  /** Opens threads, runs the plan in them, and closes them, also if that fails half-way. */
  async run(): Promise<RawRun> {
    const { signal } = this.#options
    const onAbort = () => this.#stop('cut short', 'it was cancelled')
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#timers.push(() => signal?.removeEventListener('abort', onAbort))
    if (signal === undefined)
      this.#timers.push(onInterrupt(() => this.#stop('cut short', 'it was interrupted (Ctrl-C)')))
    if (signal?.aborted) onAbort()
    try {
      await this.#rest()
      const threads = this.#open()
      const { refused } = await threads.ready()
      if (this.#lost.isAny) this.#stop('not run', lostBefore(this.#lost.hosts()))
      else if (refused !== undefined) this.#stop('not run', refused)
      this.#start()
      return await this.#raw(await threads.ended())
    } finally {
      for (const callOff of this.#timers) callOff()
      await this.#threads?.close()
    }
  }

  /** Waits for the processes of applications that have just been started, unless the run is ended. */
  async #rest(): Promise<void> {
    const { target, targets } = this.#prepared.targets
    const pids = [target, ...Object.values(targets)].flatMap(one => (one && 'pid' in one ? [one.pid] : []))
    const probes = pids.map(pid => createProcessTreeProbe(pid, { isFine: true }))
    const isOver = () => this.#end.state !== 'completed'
    const looks = probes.map(probe => async () => (isOver() ? undefined : probe.sample().catch(() => undefined)))
    await Promise.all(looks.map(look => untilAtRest(look, sleep)))
  }

  #open(): Threads {
    const { budgets, load, plan, threadHooks } = this.#prepared
    const { open = openThreads, worker = workerFile() } = this.#options
    // A load that runs elsewhere is not disturbed by what goes on here, unless the application is here.
    const isWatched = this.#pid !== undefined || (this.#isHere && load.kind === 'capacity')
    this.#neighbours = isWatched ? NeighbourWatch.of(this.#pid) : undefined
    this.#timers.push(() => this.#neighbours?.stop())
    this.#meters.requests = () => this.#ledgers.responses
    const parts = this.#parts()
    this.#stuck = watchStuck({
      ledgers: this.#ledgers.all,
      stepKeys: plan.steps.map(({ key }) => key),
      end: (thread, cause) => this.#threads!.end(thread, cause),
      after: threadHooks ? TEARDOWN_GRACE : 0,
    })
    this.#timers.push(() => this.#stuck!.stop())
    const onMessage = (thread: number, message: FromThread) => this.#onMessage(thread, message)
    this.#threads = open(
      worker,
      this.#task(),
      parts,
      onMessage,
      budgets.some(({ of, metric }) => of === 'generator' && metric === 'memory'),
    )
    return this.#threads
  }

  get #isHere(): boolean {
    return this.#options.open === undefined
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
    const starved = this.#isHere ? this.#neighbours?.starved.buffer : undefined
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
    const onFault = ({ message }: Error) => this.#stop('cut short', message)
    const send = (message: ToThread) => this.#threads!.send(thread, message)
    if (message.type === 'interval') {
      const { counts } = message
      this.#lost.told(thread, counts)
      this.#responses.add(counts.responses)
      this.#responses.addIterations(counts)
      this.#series.add(thread, counts)
    } else if (message.type === 'call') this.#prepared.runHooks.call(message).then(send).catch(onFault)
    else if (message.type === 'setup failed')
      this.#stop(this.#ledgers.isWithoutResponse ? 'not run' : 'cut short', failed('set up', 'the load', message.cause))
    else if (message.type === 'ended') this.#onEnd(thread, message.end)
    else if (message.type !== 'ready') supply(this.#prepared.caller!, message, send, onFault).catch(onFault)
  }

  #start(): void {
    const load = this.#load
    const { lead } = this.#threads!
    const start = performance.now() + lead
    this.#startedAt = performance.timeOrigin + start
    this.#steer(start)
    this.#timers.push(() => this.#stopSteering())
    this.#exporter?.start(() => this.#figures())
    this.#threads!.start(this.#startedAt)
    this.#stuck!.begin(lead + longestRun(load))
    if (this.#memory.warmUp) {
      const watch = watchWarmUp(
        load,
        new SharedWarmUp(load, this.#memory.warmUp),
        realClock,
        start,
        cut => this.#onCut(cut, start),
        this.#threads!.settle && SETTLE_LEAD,
      )
      this.#warmUpWatch = watch
      this.#timers.push(() => watch.stop())
    } else if (load.kind !== 'capacity') this.#markWindow(start)
    this.#checkEverySecond()
  }

  /** Begins to decide what threads do while they run. */
  #steer(start: Milliseconds): void {
    const { plan: of, budgets } = this.#prepared
    const plan = this.#load
    if (plan.kind === 'adaptive' && this.#limit) this.#governor = governLimit(plan, this.#limit, realClock, start)
    const { search } = this.#memory
    if (plan.kind !== 'capacity' || search === undefined) return
    this.#search = new CapacityGovernor({
      plan,
      schedule: new SharedSchedule(search.schedule),
      books: new ProbeBooks(plan.threads, search.books),
      clock: realClock,
      start,
      requestsPerRun: of.requestsPerRun,
      pending: () => this.#ledgers.pending,
      marks: budgets.filter(({ metric }) => metric === 'capacity').map(({ bound }) => bound),
      neighbours: this.#neighbours,
      hearing: this.#threads!.hearing?.(),
      onWindow: from => this.#tellWindow(from, start),
    })
  }

  #stopSteering(): void {
    this.#governor?.stop()
    this.#search?.stop()
  }

  /** The warm-up is over for all threads. */
  #onCut(cut: NonNullable<LoadReport['warmUpCut']>, start: Milliseconds): void {
    this.#warmUpCut = cut
    this.#tellWindow(cut.at, start)
  }

  /** It is known where the measured window begins. */
  #tellWindow(from: Milliseconds, start: Milliseconds): void {
    this.#threads!.settle?.(from)
    this.#load = settledAt(this.#load, from)
    this.#markWindow(start)
  }

  #markWindow(start: Milliseconds): void {
    const wait = start - performance.now()
    this.#timers.push(measureIn(windowOf(this.#load), wait, this.#meters))
    const left = Math.max(0, wait + lengthOf(this.#load))
    this.#timers.push(realClock.after(left, () => this.#governor?.stop()))
  }

  /** Ends a load of a server that is not there, but not of one that starts late (3 s) or is slow to respond. */
  #checkEverySecond(): void {
    const check = () => {
      if (this.#ledgers.isUnresponsive) this.#stop('not run')
      else if (this.#ledgers.isWithoutResponse) this.#timers.push(realClock.after(CHECK, check))
    }
    this.#timers.push(realClock.after(this.#threads!.lead + 3 * CHECK, check))
  }

  #onEnd(thread: number, end: ThreadEnd): void {
    // Hosts take time to part, in which nothing is loaded.
    if (this.#stuck!.leave(thread)) void this.#meters.stop()
    if (end.state === 'lost') this.#lose(thread, end)
    this.#series.end(thread)
  }

  #lose(thread: number, { host, cause, silence, isEnded }: ThreadEnd & { state: 'lost' }): void {
    if (host === undefined) {
      this.#ledgers.all[thread]!.settle()
      const became = isEnded ? 'was ended' : 'was lost'
      return this.#stop('cut short', `load thread ${thread + 1} of ${this.#ledgers.all.length} ${became}: ${cause}`)
    }
    this.#ledgers.all[thread]!.settleAsTold()
    const end = this.#lost.lose(host, thread, cause, this.#time(), silence)
    if (end !== undefined) this.#stop(...end)
  }

  /** Time from the start of the run; undefined before it is known when that is. */
  #time(): Milliseconds | undefined {
    return this.#startedAt === 0 ? undefined : performance.timeOrigin + performance.now() - this.#startedAt
  }

  /** Ends the run before its plan. The first reason counts. */
  #stop(...why: EndReason): void {
    Atomics.store(new Int32Array(this.#memory.stop), 0, 1)
    this.#prepared.over.abort()
    this.#stuck?.hurry()
    this.#warmUpWatch?.stop()
    this.#stopSteering()
    this.#end = firstEnd(this.#end, why)
  }

  /** Figures at the moment. */
  #figures(): RunFigures {
    const { plan, load, budgets } = this.#prepared
    const { target, targets } = this.#meters.latest()
    const generator = this.#meters.latestOfGenerator()
    const hosts = this.#threads!.hosts?.()
    return given({
      workflow: plan.workflowId,
      startedAt: this.#startedAt,
      responses: this.#responses.groups,
      iterationTimes: this.#responses.iterationTimes,
      arrivals: this.#ledgers.arrivals(),
      limit: this.#limit?.current ?? load.maxVus,
      hosts: hosts && startedBy(hosts, this.#ledgers.all, this.#lost.hosts()),
      targets: { ...(target && { [APPLICATION]: target }), ...targets },
      generator,
      budgets: budgets.map(budget => ({ budget })),
    })
  }

  async #raw(ends: readonly ThreadEnd[]): Promise<RawRun> {
    const load = this.#load
    this.#search?.finish()
    return {
      prepared: this.#prepared,
      load,
      end: this.#end,
      ends,
      ledgers: this.#ledgers,
      lost: this.#lost,
      hosts: this.#threads!.hosts?.(),
      usage: await this.#meters.stop(),
      unread: this.#meters.unread,
      isNear: this.#isHere || this.#pid !== undefined,
      starvation: this.#neighbours?.starvation,
      transport: this.#transport,
      startedAt: this.#startedAt,
      course: this.#warmUpWatch?.course(),
      seen: {
        environment: environmentOf(cpuQuota()),
        warmUpCut: this.#warmUpCut,
        answers: [...this.#responses.groups],
        iterationTimes: this.#responses.iterationTimes,
        series: this.#series.intervals,
        windows: this.#watch.windows(),
        limitChanges: this.#governor?.changes,
        limitSettling: this.#governor?.settling(),
        capacity: load.kind === 'capacity' ? capacityOf(load, this.#search?.probes ?? []) : undefined,
      },
    }
  }
}

/**
 * Calls back at the first Ctrl-C (SIGINT); returns how to call that off. The second Ctrl-C ends the process, as ever. A
 * process that listens for itself is left to do so.
 */
export function onInterrupt(callback: () => void): () => void {
  if (!isMainThread || process.listenerCount('SIGINT') > 0) return () => {}
  process.once('SIGINT', callback)
  return () => process.off('SIGINT', callback)
}
