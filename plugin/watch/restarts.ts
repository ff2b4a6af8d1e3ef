import { relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestSpecification, Vitest } from 'vitest/node'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { Application } from '../server/application.ts'
import { notRestartedNotice, restartFailedNotice, tell, writtenFileNotice } from '../server/notices.ts'
import { isOutput } from '../server/watched-files.ts'
import type { Dependents } from './dependents.ts'
import { Turns } from './turns.ts'
import { WrittenFiles } from './written-files.ts'

/** No change for so long, and a burst of saved files, or a build, is taken to be over. */
const quiet: Milliseconds = 150

/** Time after a run in which what reporters write is taken for a part of it. */
const afterglow: Milliseconds = 1000

/**
 * Restarts applications whose files change while Vitest watches, and has what depends on them run again.
 *
 * The run that goes on when a file changes is finished first, on the application that it began with. Vitest is told
 * that the test files have changed, so that there is one next run, of these and of what Vitest itself finds to run; and
 * that run is held until the application is there, or has turned out not to start.
 */
export class Restarts {
  readonly #vitest: Vitest
  readonly #dependents: Dependents
  readonly #turns: Turns
  readonly #written = new WrittenFiles()
  readonly #applications = new Set<Application>()
  /** What is to be restarted before the next run, and why. */
  readonly #due = new Map<Application, string>()
  #lastChange = 0
  /** Test files of the run that is held. */
  #held: ReadonlySet<string> | undefined
  #starting: Application | undefined

  constructor(vitest: Vitest, dependents: Dependents) {
    this.#vitest = vitest
    this.#dependents = dependents
    this.#turns = new Turns(() => vitest.waitForTestRunEnd())
    const { watcher } = vitest.vite
    for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, file => this.#onFile(file))
    vitest.onTestsRerun(specifications => this.#hold(specifications))
  }

  /** Has an application restarted when its files change. */
  watch(application: Application): void {
    this.#applications.add(application)
    // Vite watches its root already; a folder outside of it, or one that it leaves out, has to be named.
    this.#vitest.vite.watcher.add(application.folders)
  }

  /** Whether there is anything to restart. */
  get hasApplications(): boolean {
    return this.#applications.size > 0
  }

  /** Restarts all of them at once: a run that goes on is cancelled, and what it had not come to is run as well. */
  async restartAll(): Promise<void> {
    const interrupted = this.#turns.isRunning ? this.#dependents.ofLastRun() : []
    for (const application of this.#applications) {
      if (application.isReused) tell(this.#vitest, notRestartedNotice('you asked for it', application), 'yellow')
      else this.#ask(application, 'you asked for it')
    }
    if (this.#turns.isRunning) await this.#vitest.cancelCurrentRun('keyboard-input')
    this.#runAgain(new Set([...interrupted, ...[...this.#applications].flatMap(it => this.#dependents.of(it))]))
  }

  /** Waits for no application to shut down any more. */
  hurry(): void {
    for (const application of this.#applications) application.hurry()
  }

  runStarts(): void {
    this.#turns.runStarts()
    this.#written.phaseStarts()
  }

  runEnds(): void {
    this.#turns.runEnds()
  }

  #onFile(file: string): void {
    for (const application of this.#applications) {
      if (!application.projects.size || !application.isChangedBy(file)) continue
      const name = relative(this.#vitest.config.root, file)
      if (application.isReused) {
        tell(this.#vitest, notRestartedNotice(`${name} has changed`, application), 'yellow')
        continue
      }
      const isIdle = this.#turns.sinceLast > afterglow && this.#starting !== application
      const verdict = this.#written.changed(file, isIdle)
      if (verdict === 'written') tell(this.#vitest, writtenFileNotice(name), 'yellow')
      if (verdict !== 'changed') continue
      this.#ask(application, `${name} has changed`)
      // Not for what the command itself may just be building: it would never come to its end.
      if (this.#starting === application && !isOutput(file)) application.giveUpStart()
      this.#runAgain(new Set(this.#dependents.of(application)))
    }
  }

  #ask(application: Application, why: string): void {
    this.#due.set(application, this.#due.get(application) ?? why)
    this.#lastChange = performance.now()
  }

  #runAgain(files: ReadonlySet<string>): void {
    for (const file of files) if (!this.#held?.has(file)) this.#vitest.watcher.onFileChange(file)
  }

  /** Vitest waits for this before it runs tests again. */
  async #hold(specifications: readonly TestSpecification[]): Promise<void> {
    await this.#turns.next()
    this.#held = new Set(specifications.map(specification => specification.moduleId))
    for (const application of this.#applications)
      if (application.isDown && application.projects.size > 0 && !this.#due.has(application))
        this.#due.set(application, 'it had ended')
    try {
      while (this.#due.size > 0) await this.#restartNext()
    } finally {
      this.#held = undefined
    }
  }

  async #restartNext(): Promise<void> {
    for (let left = quiet; left > 0; left = this.#lastChange + quiet - performance.now()) await sleep(left)
    const [[application, why] = []] = this.#due
    if (application === undefined || why === undefined) return
    this.#due.delete(application)
    this.#starting = application
    this.#written.phaseStarts()
    const begun = performance.now()
    await application.restart()
    this.#starting = undefined
    if (this.#due.has(application)) return
    if (application.failure !== undefined) return tell(this.#vitest, restartFailedNotice(why), 'red')
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    tell(this.#vitest, [`The application was restarted (${why}), which took ${seconds} s.`], 'green')
  }
}
