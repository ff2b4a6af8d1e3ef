import type { TestProject, Vitest } from 'vitest/node'
import { given } from '../../src/ground/given.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { sessionOf } from '../coordinator/session.ts'
import { FileChanges } from './file-changes.ts'
import { endNotice, reuseNotice, tell } from './notices.ts'
import type { ResolvedServerOptions } from './options.ts'
import { lastLines } from './output-tail.ts'
import type { StartFailure } from './provide.ts'
import { serversOf } from './servers.ts'
import { type RunningServer, startServer } from './start.ts'
import { ServerStartError } from './start-error.ts'
import { type WatchedFiles, watchedFiles } from './watched-files.ts'

/** An application under test, and the projects that use it: those whose options are the same share one. */
export class Application {
  readonly projects = new Set<TestProject>()
  readonly #options: ResolvedServerOptions
  readonly #watched: WatchedFiles[] = []
  readonly #changes = new FileChanges()
  #starting: Promise<void> | undefined
  #abort = new AbortController()
  #server: RunningServer | undefined
  #failure: StartFailure | undefined
  #hasEnded = false
  #stopping: RunningServer | undefined

  constructor(options: ResolvedServerOptions) {
    this.#options = options
  }

  /** Whether it was there before Vitest, so that it is not ours to start anew. */
  get isReused(): boolean {
    return this.#server?.reused === true
  }

  /** Whether it does not run, for whatever reason, though it should. */
  get isDown(): boolean {
    return this.#starting === undefined && (this.#server === undefined || this.#hasEnded)
  }

  get url(): string {
    return this.#server?.url ?? this.#options.url
  }

  get pid(): number | undefined {
    return this.#server?.pid
  }

  /** What it has written since a time of `systemTime`; nothing of one that was there before. */
  output(since: Milliseconds): string {
    return this.#server?.output(since) ?? ''
  }

  /** What kept it from starting the last time. */
  get failure(): StartFailure | undefined {
    return this.#failure
  }

  /** The folders in which a change may concern it. */
  get folders(): string[] {
    return this.#watched.flatMap(watched => watched.folders)
  }

  /** Starts it for the first project, and has it, or what kept it from starting, known to each. */
  async join(project: TestProject, options: ResolvedServerOptions): Promise<void> {
    const isFirst = this.projects.size === 0
    this.projects.add(project)
    this.#watched.push(watchedFiles(options, project.vitest.config.root, writtenBy(project.vitest)))
    if (isFirst) this.#starting = this.#start(this.#options)
    await this.#starting
    this.#provideTo(project)
    if (isFirst && this.#server?.reused) tell(project.vitest, reuseNotice(this.#server), 'yellow')
  }

  /** Ends it with its last project. */
  async leave(project: TestProject): Promise<boolean> {
    this.projects.delete(project)
    if (this.projects.size > 0) return false
    this.giveUpStart()
    await this.#starting
    await this.#stop()
    return true
  }

  /** Whether a file that was written or removed makes it another application. */
  isChangedBy(file: string): boolean {
    return this.#watched.some(watched => watched.has(file)) && this.#changes.isChange(file)
  }

  /** Ends what runs and starts it anew; when that fails, `failure` has the reason, and nothing runs. */
  async restart(): Promise<void> {
    await this.#stop()
    // What responds at a fixed port now is not what was stopped.
    this.#starting = this.#start({ ...this.#options, reuseExisting: false })
    await this.#starting
    for (const project of this.projects) this.#provideTo(project)
  }

  /** Gives up a start for which something else is needed before it can succeed, or which nobody waits for any more. */
  giveUpStart(): void {
    this.#abort.abort()
  }

  /** Gives it no more time to shut down. */
  hurry(): void {
    void this.#stopping?.stop(0)
  }

  async #start(options: ResolvedServerOptions): Promise<void> {
    this.#abort = new AbortController()
    this.#failure = undefined
    this.#hasEnded = false
    try {
      const server = await startServer(options, undefined, this.#abort.signal)
      this.#server = server
      server.ended.then(exit => {
        if (this.#server !== server) return
        this.#hasEnded = true
        const [project] = this.projects
        if (project) tell(project.vitest, endNotice(server, exit), 'red')
      })
    } catch (error) {
      const [project] = this.projects
      this.#failure = failureOf(error as Error, project)
    } finally {
      this.#starting = undefined
    }
  }

  async #stop(): Promise<void> {
    this.#stopping = this.#server
    this.#server = undefined
    await this.#stopping?.stop()
    this.#stopping = undefined
  }

  #provideTo(project: TestProject): void {
    const server = this.#server
    project.provide('vitest-arazzo:failure', this.#failure)
    if (server === undefined) return project.provide('vitest-arazzo:app', undefined)
    const { origin, url, pid, probe } = server
    project.provide('vitest-arazzo:app', given({ origin, url, pid, probe }))
  }
}

/** In its parts, without the secrets that the session of a project knows. */
function failureOf(error: Error, project: TestProject | undefined): StartFailure {
  if (!(error instanceof ServerStartError)) return { message: error.message, log: [] }
  const { secrets } = project ? sessionOf(project.vitest) : {}
  const { headline, log } = secrets ? error.masked(text => secrets.mask(text)) : error
  return { message: headline, log }
}

/** What a run of Vitest leaves: the results of its reporters, and the coverage. */
function writtenBy({ config: { outputFile, coverage } }: Vitest): string[] {
  const files = typeof outputFile === 'object' ? Object.values(outputFile) : [outputFile]
  return [...files, coverage.reportsDirectory].filter(path => path !== undefined)
}

/**
 * The application that a project's options mean, started by now; the same for all projects that mean the same. Of one
 * that could not be started each project knows why: its documents and load tests fail by it.
 */
export async function joinApplication(project: TestProject, options: ResolvedServerOptions): Promise<Application> {
  const { applications } = serversOf(project.vitest)
  const { watch: _, ...meant } = options
  const key = JSON.stringify(meant)
  const application = applications.get(key) ?? new Application(options)
  applications.set(key, application)
  sessionOf(project.vitest).logs.set(project.name, since => logOf(application.output(since), project.vitest))
  await application.join(project, options)
  return application
}

const MOST_LINES = 10
const LONGEST_LINE = 300

/** The last lines of an output, secrets masked. */
function logOf(output: string, vitest: Vitest): string[] {
  const lines = lastLines(sessionOf(vitest).secrets.mask(output), MOST_LINES)
  return lines.map(line => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}...` : line))
}

/** Ends an application when the last of its projects leaves it. */
export async function leaveApplication(project: TestProject, application: Application): Promise<void> {
  if (!(await application.leave(project))) return
  const { applications } = serversOf(project.vitest)
  for (const [key, known] of applications) if (known === application) applications.delete(key)
}
