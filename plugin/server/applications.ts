import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TestProject, Vitest } from 'vitest/node'
import { environment as mergedWith } from '../../src/ground/environment.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Place } from '../../src/load/plan/addresses.ts'
import type { Started } from '../coordinator/protocol.ts'
import { sessionOf } from '../coordinator/server.ts'
import type { Surroundings } from './address.ts'
import { readEnvironmentFiles } from './environment-files.ts'
import { endNotice, leftNotice, printNotice, reuseNotice, sweptNotice } from './notices.ts'
import type { Exit } from './output-tail.ts'
import { sweepApplications } from './record.ts'
import type { ProvidedApp, StartFailure } from './servers.ts'
import type { ApplicationPlan } from './several.ts'
import { endedMeanwhile, type RunningServer, ServerStartError, startServer } from './start.ts'
import { type WatchedFiles, watchedFiles } from './watched-files.ts'

/**
 * The applications under test that belong together, one or several, and the projects that use them: those whose options
 * are the same share them. Either all of them run or none does.
 */
export class Applications {
  readonly projects = new Set<TestProject>()
  /** In an order in which each comes after those that it depends on. */
  readonly all: readonly Application[]
  #starting: Promise<void> | undefined
  #abort = new AbortController()
  /** Failure of the last start. */
  failure: StartFailure | undefined
  #vitest: Vitest | undefined

  constructor(plans: readonly ApplicationPlan[]) {
    this.all = plans.map(plan => new Application(plan))
  }

  /** Applications that should run but do not. */
  get down(): Application[] {
    return this.#starting === undefined ? this.all.filter(({ isRunning }) => !isRunning) : []
  }

  named(name: string | undefined): Application | undefined {
    return this.all.find(application => application.name === name)
  }

  /**
   * Starts them for the first project, and has them, or what kept them from starting, known to each. What it returns
   * never rejects.
   */
  async join(project: TestProject, plans: readonly ApplicationPlan[]): Promise<Started> {
    const isFirst = this.projects.size === 0
    this.projects.add(project)
    const { vitest } = project
    this.#vitest = vitest
    for (const { name, options } of plans)
      this.named(name)!.watch(watchedFiles(options, vitest.config.root, writtenBy(vitest)))
    if (isFirst) this.#starting = this.#start(this.all, false)
    await this.#starting
    const reused = isFirst ? this.all.filter(({ isReused }) => isReused) : []
    for (const { server } of reused) printNotice(vitest, reuseNotice(server!), 'yellow')
    return this.#provideTo(project)
  }

  /** Ends them with their last project. */
  async leave(project: TestProject): Promise<boolean> {
    this.projects.delete(project)
    if (this.projects.size > 0) return false
    this.giveUpStart()
    await this.#starting
    await this.#stop(this.all)
    return true
  }

  /**
   * Ends some and starts them anew, and with them those that depend on them, and those that do not run. When that
   * fails, `failure` has the reason, and none runs. Resolves to those that were to be started.
   */
  async restart(some: Iterable<Application>): Promise<readonly Application[]> {
    const which = this.#withDependents(new Set([...some, ...this.down]))
    await this.#stop(which)
    this.#starting = this.#start(which, true)
    await this.#starting
    for (const project of this.projects) this.#provideTo(project)
    return which
  }

  /** Gives up a start that needs something else first, or that is not needed any more. */
  giveUpStart(): void {
    this.#abort.abort()
  }

  /** Gives them no more time to shut down. */
  hurry(): void {
    for (const application of this.all) application.hurry()
  }

  #withDependents(some: ReadonlySet<Application>): Application[] {
    const found = new Set<Application>()
    for (const application of this.all)
      if (some.has(application) || this.#needsOf(application).some(one => found.has(one))) found.add(application)
    return [...found]
  }

  #needsOf({ plan }: Application): Application[] {
    return plan.dependsOn.map(name => this.named(name)!)
  }

  async #start(which: readonly Application[], isAnew: boolean): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    this.failure = undefined
    try {
      const swept = await sweepApplications()
      if (swept.length > 0 && this.#vitest) printNotice(this.#vitest, sweptNotice(swept), 'yellow')
      await this.#startInOrder(which, isAnew, abort)
    } catch (error) {
      await this.#stop(this.all)
      const [project] = this.projects
      this.failure = failureOf(error as Error, project)
    } finally {
      this.#starting = undefined
    }
  }

  /** Each begins when all that it depends on respond. Rejects with the first failure, when nothing starts any more. */
  async #startInOrder(which: readonly Application[], isAnew: boolean, abort: AbortController): Promise<void> {
    const started = new Map<Application, Promise<void>>()
    const failures: unknown[] = []
    // Read with each start: they may have changed.
    const [project] = this.projects
    const environment = mergedWith(project && (await readEnvironmentFiles(project)))
    for (const application of which) {
      const needed = this.#needsOf(application)
      const start = async () => {
        await Promise.all(needed.map(one => started.get(one)))
        if (failures.length > 0) return
        await application.start(this.#placesOf(needed), abort.signal, isAnew, environment, (server, exit) => {
          const [project] = this.projects
          if (project && this.#starting === undefined)
            printNotice(project.vitest, endNotice(server, exit, application.name), 'red')
        })
      }
      const settled = start().catch(error => {
        failures.push(error)
        abort.abort()
      })
      started.set(application, settled)
    }
    await Promise.all(started.values())
    if (failures.length > 0) throw failures[0]
    for (const { exit, plan, server } of this.all)
      if (exit !== undefined && server !== undefined)
        throw new ServerStartError(endedMeanwhile({ ...plan.options, ...plan }, exit), server.output())
  }

  #placesOf(applications: readonly Application[]): Place[] {
    return applications.flatMap(({ name, server }) =>
      name !== undefined && server ? [{ name, origin: server.origin }] : [],
    )
  }

  /** Ends each when those that depend on it have ended. */
  async #stop(which: readonly Application[]): Promise<void> {
    const stopped = new Map<Application, Promise<void>>()
    for (const application of which.toReversed()) {
      const dependents = this.all.filter(other => this.#needsOf(other).includes(application))
      const others = Promise.all(dependents.map(one => stopped.get(one)))
      const stop = async () => {
        const notice = leftNotice((await application.stop()) ?? {}, application.name)
        if (notice.length > 0 && this.#vitest) printNotice(this.#vitest, notice, 'yellow')
      }
      stopped.set(application, others.then(stop))
    }
    await Promise.all(stopped.values())
  }

  #provideTo(project: TestProject): Started {
    const failure = this.failure === undefined ? [] : [this.failure]
    const applications = this.all.flatMap(({ name, server }) => (server ? [appOf(name, server)] : []))
    project.provide('vitest-arazzo:failure', failure)
    project.provide('vitest-arazzo:applications', applications)
    return { applications, failure }
  }
}

function appOf(name: string | undefined, server: NonNullable<Application['server']>): ProvidedApp {
  const { origin, url, pid, listener, probe, reused: isReused } = server
  return { name, origin, url, pid, own: listener ?? pid, probe, isReused }
}

/** In its parts, without the secrets that the session of a project knows. */
function failureOf(error: Error, project: TestProject | undefined): StartFailure {
  if (!(error instanceof ServerStartError)) return { message: error.message, log: [] }
  const { secrets } = project ? sessionOf(project.vitest) : {}
  const { headline, log } = secrets ? error.masked(text => secrets.mask(text)) : error
  return { message: headline, log }
}

/** Files that a Vitest run writes: results of its reporters, and coverage. */
function writtenBy({ config: { outputFile, coverage } }: Vitest): string[] {
  const files = typeof outputFile === 'object' ? Object.values(outputFile) : [outputFile]
  return [...files, coverage.reportsDirectory].filter(path => path !== undefined)
}

/** One application under test, which is started, ended and started again. */
export class Application {
  readonly plan: ApplicationPlan
  readonly #watched: WatchedFiles[] = []
  /** Content of each file when it was last asked for. */
  readonly #contents = new Map<string, string>()
  /** The one that runs; undefined where none does, though it may just be starting. */
  server: RunningServer | undefined
  /** How it has ended by itself; undefined where it has not. */
  exit: Exit | undefined
  #stopping: RunningServer | undefined

  constructor(plan: ApplicationPlan) {
    this.plan = plan
  }

  get name(): string | undefined {
    return this.plan.name
  }

  /** Whether it was there before Vitest, so that it is not ours to start anew. */
  get isReused(): boolean {
    return this.server?.reused === true
  }

  get isRunning(): boolean {
    return this.server !== undefined && this.exit === undefined
  }

  /** The folders in which a change may concern it. */
  get folders(): string[] {
    return this.#watched.flatMap(watched => watched.folders)
  }

  /** Watches further files. The meaning of `watch` depends on the project. */
  watch(files: WatchedFiles): void {
    this.#watched.push(files)
  }

  /**
   * Whether a file, of which the system says that it was written or removed, makes it another application. A build that
   * writes the same content again does not.
   */
  isChangedBy(file: string): boolean {
    if (!this.#watched.some(watched => watched.has(file))) return false
    const [before, now] = [this.#contents.get(file), contentOf(file)]
    this.#contents.set(file, now)
    return before !== now
  }

  /**
   * Starts it. Rejects with the reason if it does not start.
   *
   * @param others running applications whose addresses it may use.
   * @param isAnew whether it has run before: another process at a fixed port is then not the stopped one.
   * @param environment replaces that of this process.
   * @param onEnd called when it ends unexpectedly.
   */
  async start(
    others: readonly Place[],
    signal: AbortSignal,
    isAnew: boolean,
    environment: Surroundings['environment'],
    onEnd: (server: RunningServer, exit: Exit) => void,
  ): Promise<void> {
    const { name, options } = this.plan
    this.exit = undefined
    const meant = isAnew ? { ...options, reuseExisting: false } : options
    const server = await startServer(meant, signal, { name, others, environment })
    this.server = server
    void server.ended.then(exit => {
      if (this.server !== server) return
      this.exit = exit
      onEnd(server, exit)
    })
  }

  /** Resolves to how it ended; undefined where it did not run, or is not ours. */
  async stop(): Promise<Exit | undefined> {
    const server = this.server
    this.#stopping = server
    this.server = undefined
    await server?.stop()
    this.#stopping = undefined
    return server?.reused === false ? server.ended : undefined
  }

  /** Gives it no more time to shut down. */
  hurry(): void {
    void this.#stopping?.stop(0)
  }
}

function contentOf(file: string): string {
  return tried(() => createHash('sha1').update(readFileSync(file)).digest('base64')) ?? 'none'
}
