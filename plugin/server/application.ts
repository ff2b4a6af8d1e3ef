import { given } from '../../src/ground/given.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { Place } from '../../src/load/plan/addresses.ts'
import type { Surroundings } from './address.ts'
import type { Exit } from './exit.ts'
import { FileChanges } from './file-changes.ts'
import type { ApplicationPlan } from './several.ts'
import { type RunningServer, startServer } from './start.ts'
import type { WatchedFiles } from './watched-files.ts'

/** One application under test, which is started, ended and started again. */
export class Application {
  readonly plan: ApplicationPlan
  readonly #watched: WatchedFiles[] = []
  readonly #changes = new FileChanges()
  #server: RunningServer | undefined
  #exit: Exit | undefined
  #stopping: RunningServer | undefined

  constructor(plan: ApplicationPlan) {
    this.plan = plan
  }

  get name(): string | undefined {
    return this.plan.name
  }

  /** The one that runs; undefined where none does, though it may just be starting. */
  get server(): RunningServer | undefined {
    return this.#server
  }

  /** Whether it was there before Vitest, so that it is not ours to start anew. */
  get isReused(): boolean {
    return this.#server?.reused === true
  }

  get isRunning(): boolean {
    return this.#server !== undefined && this.#exit === undefined
  }

  /** How it has ended by itself; undefined where it has not. */
  get exit(): Exit | undefined {
    return this.#exit
  }

  get url(): string {
    return this.#server?.url ?? this.plan.options.url
  }

  get pid(): number | undefined {
    return this.#server?.pid
  }

  /** What it has written since a time of `systemTime`; nothing of one that was there before. */
  output(since: Milliseconds): string {
    return this.#server?.output(since) ?? ''
  }

  /** The folders in which a change may concern it. */
  get folders(): string[] {
    return this.#watched.flatMap(watched => watched.folders)
  }

  /** Has files watched besides: what is meant by `watch` depends on the project. */
  watch(files: WatchedFiles): void {
    this.#watched.push(files)
  }

  /** Whether a file that was written or removed makes it another application. */
  isChangedBy(file: string): boolean {
    return this.#watched.some(watched => watched.has(file)) && this.#changes.isChange(file)
  }

  /**
   * Starts it. Rejects with what keeps it from starting; then it does not run.
   *
   * @param others those that run, whose addresses it may be given.
   * @param isAnew whether it has run before: what responds at a fixed port now is not what was stopped.
   * @param environment instead of that of this process.
   * @param onEnd called when it ends though nobody asked it to.
   */
  async start(
    others: readonly Place[],
    signal: AbortSignal,
    isAnew: boolean,
    environment: Surroundings['environment'],
    onEnd: (server: RunningServer, exit: Exit) => void,
  ): Promise<void> {
    const { name, options } = this.plan
    this.#exit = undefined
    const meant = isAnew ? { ...options, reuseExisting: false } : options
    const around = given<Surroundings>({ name, others, environment })
    const server = await startServer(meant, undefined, signal, around)
    this.#server = server
    void server.ended.then(exit => {
      if (this.#server !== server) return
      this.#exit = exit
      onEnd(server, exit)
    })
  }

  /** Resolves to how it ended; undefined where it did not run, or is not ours. */
  async stop(): Promise<Exit | undefined> {
    const server = this.#server
    this.#stopping = server
    this.#server = undefined
    await server?.stop()
    this.#stopping = undefined
    return server?.reused === false ? server.ended : undefined
  }

  /** Gives it no more time to shut down. */
  hurry(): void {
    void this.#stopping?.stop(0)
  }
}
