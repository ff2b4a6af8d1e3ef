import { relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { TestSpecification, Vitest } from 'vitest/node'
import { sleep } from '../../src/ground/timers.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { shareOf } from '../coordinator/server.ts'
import { isDocument } from '../files.ts'
import type { Application, Applications } from '../server/applications.ts'
import {
  notRestartedNotice,
  printNotice,
  restartedNotice,
  restartFailedNotice,
  writtenFileNotice,
} from '../server/notices.ts'
import { isOutput } from '../server/watched-files.ts'
import type { WatchKey, WatchKeys } from './keys.ts'

/** No change for so long, and a burst of saved files, or a build, is taken to be over. */
const quiet: Milliseconds = 150

/** Applications to restart together, and the reason. */
interface Due {
  which: Set<Application>
  why: string
}

/** Time after a run in which what reporters write is taken for a part of it. */
const afterglow: Milliseconds = 1000

/**
 * Restarts applications whose files change in watch mode, and reruns dependent tests.
 *
 * A running run is finished first, on its application. Vitest then receives a change of the test files, so that there
 * is one next run, of these and of the tests that Vitest itself selects. That run is held until the application
 * responds or has failed to start.
 */
export class Restarts implements WatchKey {
  readonly name = 's'
  readonly purpose = 'to restart the application'
  readonly #vitest: Vitest
  readonly #dependents: Dependents
  readonly #turns: Turns
  readonly #written = new WrittenFiles()
  readonly #applications = new Set<Applications>()
  /** Applications to restart before the next run. */
  readonly #due = new Map<Applications, Due>()
  #lastChange = 0
  /** Test files of the run that is held. */
  #held: ReadonlySet<string> | undefined
  #starting: Applications | undefined

  constructor(vitest: Vitest, dependents: Dependents) {
    this.#vitest = vitest
    this.#dependents = dependents
    this.#turns = new Turns(() => vitest.waitForTestRunEnd())
    const { watcher } = vitest.vite
    for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, file => this.#onFile(file))
    vitest.onTestsRerun(specifications => this.#hold(specifications))
  }

  /** Has applications restarted when their files change. */
  watch(applications: Applications): void {
    this.#applications.add(applications)
    // Vite watches its root already; a folder outside of it, or one that it leaves out, has to be named.
    this.#vitest.vite.watcher.add(applications.all.flatMap(({ folders }) => folders))
  }

  /** Whether there is anything to restart. */
  isOn(): boolean {
    return this.#applications.size > 0
  }

  /** Whether tests run. */
  get isRunning(): boolean {
    return this.#turns.isRunning
  }

  /** Restarts all of them at once: a run that goes on is cancelled, and what it had not come to is run as well. */
  async press(): Promise<void> {
    const interrupted = this.#turns.isRunning ? this.#dependents.lastRun : []
    for (const applications of this.#applications)
      for (const one of applications.all) {
        if (one.isReused) printNotice(this.#vitest, notRestartedNotice('you asked for it', one.server!), 'yellow')
        else this.#ask(applications, one, 'you asked for it')
      }
    if (this.#turns.isRunning) await this.#vitest.cancelCurrentRun('keyboard-input')
    this.#runAgain(new Set([...interrupted, ...[...this.#applications].flatMap(it => this.#dependents.of(it))]))
  }

  /** Waits for no application to shut down any more. */
  hurry(): void {
    for (const applications of this.#applications) applications.hurry()
  }

  runStarts(): void {
    this.#turns.runStarts()
    this.#written.phaseStarts()
  }

  runEnds(): void {
    this.#turns.runEnds()
  }

  #onFile(file: string): void {
    const name = relative(this.#vitest.config.root, file)
    for (const applications of this.#applications) {
      if (applications.projects.size === 0) continue
      const changed = applications.all.filter(one => one.isChangedBy(file))
      const [ours, reused] = [changed.filter(one => !one.isReused), changed.filter(one => one.isReused)]
      for (const one of reused)
        printNotice(this.#vitest, notRestartedNotice(`${name} has changed`, one.server!), 'yellow')
      if (ours.length === 0) continue
      const isIdle = this.#turns.sinceLast > afterglow && this.#starting !== applications
      const verdict = this.#written.changed(file, isIdle)
      if (verdict === 'written') printNotice(this.#vitest, writtenFileNotice(name), 'yellow')
      if (verdict !== 'changed') continue
      for (const one of ours) this.#ask(applications, one, `${name} has changed`)
      // Not for what the command itself may just be building: it would never come to its end.
      if (this.#starting === applications && !isOutput(file)) applications.giveUpStart()
      this.#runAgain(new Set(this.#dependents.of(applications)))
    }
  }

  #ask(applications: Applications, one: Application, why: string): void {
    const due = this.#due.get(applications) ?? { which: new Set(), why }
    due.which.add(one)
    this.#due.set(applications, due)
    this.#lastChange = performance.now()
  }

  #runAgain(files: ReadonlySet<string>): void {
    for (const file of files) if (!this.#held?.has(file)) this.#vitest.watcher.onFileChange(file)
  }

  /** Vitest waits for this before it runs tests again. */
  async #hold(specifications: readonly TestSpecification[]): Promise<void> {
    await this.#turns.next()
    this.#held = new Set(specifications.map(specification => specification.moduleId))
    for (const applications of this.#applications) {
      const { down, projects } = applications
      if (down.length > 0 && projects.size > 0 && !this.#due.has(applications))
        this.#due.set(applications, { which: new Set(down), why: 'it had ended' })
    }
    try {
      while (this.#due.size > 0) await this.#restartNext()
    } finally {
      this.#held = undefined
    }
  }

  async #restartNext(): Promise<void> {
    for (let left = quiet; left > 0; left = this.#lastChange + quiet - performance.now()) await sleep(left)
    const [[applications, due] = []] = this.#due
    if (applications === undefined || due === undefined) return
    this.#due.delete(applications)
    this.#starting = applications
    this.#written.phaseStarts()
    const begun = performance.now()
    const restarted = await applications.restart(due.which)
    this.#starting = undefined
    if (this.#due.has(applications)) return
    const names = restarted.flatMap(({ name }) => name ?? [])
    if (applications.failure !== undefined) return printNotice(this.#vitest, restartFailedNotice(due.why, names), 'red')
    printNotice(this.#vitest, restartedNotice(due.why, names, performance.now() - begun), 'green')
  }
}

/** Phases in a row in which a file changes that make it one which the application writes. */
const enough = 4

/**
 * Separates files that a user saves from files that the application or a test writes whenever it starts or runs: these
 * would restart it endlessly. A change while nothing runs is a user's.
 */
export class WrittenFiles {
  /** Starts of the application and runs of tests, which take turns. */
  #phase = 0
  readonly #seen = new Map<string, { phase: number; inRow: number }>()

  phaseStarts(): void {
    this.#phase += 1
  }

  /**
   * `changed` restarts the application; `written` is a file that from now on does not, `left` one of which that was
   * said.
   */
  changed(file: string, isIdle: boolean): 'changed' | 'written' | 'left' {
    if (isIdle) {
      this.#seen.delete(file)
      return 'changed'
    }
    const { phase, inRow } = this.#seen.get(file) ?? { phase: 0, inRow: 0 }
    if (inRow >= enough) return 'left'
    if (phase === this.#phase && inRow > 0) return 'changed'
    // A file that is written by tests is not written by the start between their runs, and the other way round.
    const next = phase >= this.#phase - 2 ? inRow + 1 : 1
    this.#seen.set(file, { phase: this.#phase, inRow: next })
    return next >= enough ? 'written' : 'changed'
  }
}

/**
 * Lets Vitest's runs begin one at a time: two that are held by the same restart would otherwise begin together, and
 * Vitest only looks for a run that has begun already.
 */
export class Turns {
  readonly #untilNothingRuns: () => Promise<void>
  #last: Promise<void> = Promise.resolve()
  #runs = 0
  #ended = Number.NEGATIVE_INFINITY
  /** Ends the turn of the run that was let through. */
  #end: (() => void) | undefined

  constructor(untilNothingRuns: () => Promise<void>) {
    this.#untilNothingRuns = untilNothingRuns
  }

  get isRunning(): boolean {
    return this.#runs > 0
  }

  /** Milliseconds since the last run has ended; 0 while one goes on. */
  get sinceLast(): Milliseconds {
    return this.isRunning ? 0 : performance.now() - this.#ended
  }

  /** Resolves when nothing runs, and nothing that was let through before is about to. */
  async next(): Promise<void> {
    const before = this.#last
    let end = () => {}
    this.#last = new Promise(resolve => {
      end = resolve
    })
    await before
    await this.#untilNothingRuns()
    this.#end = end
  }

  runStarts(): void {
    this.#runs += 1
  }

  runEnds(): void {
    this.#runs -= 1
    this.#ended = performance.now()
    this.#end?.()
    this.#end = undefined
  }
}

/** Known test files that use the applications of their project. */
export class Dependents {
  /** Files of each project that have run, and whether they have to be taken to use the application. */
  readonly #projects = new Map<string, Map<string, boolean>>()
  lastRun: readonly string[] = []

  /** A file that is about to run counts as a user, until it reports otherwise. */
  runStarts(specifications: readonly TestSpecification[]): void {
    this.lastRun = specifications.map(it => it.moduleId)
    for (const { project, moduleId, pool } of specifications)
      if (pool !== 'typescript') this.#filesOf(project.name).set(moduleId, true)
  }

  /** A test file has run to its end and has had nothing to do with any other process. */
  keptApart(file: string, project: string): void {
    if (!isDocument(file)) this.#filesOf(project).set(file, false)
  }

  of({ projects }: Applications): string[] {
    return [...projects].flatMap(({ name }) =>
      [...this.#filesOf(name)].filter(([, uses]) => uses).map(([file]) => file),
    )
  }

  #filesOf(project: string): Map<string, boolean> {
    const files = this.#projects.get(project) ?? new Map<string, boolean>()
    this.#projects.set(project, files)
    return files
  }
}

/** Watchers of one Vitest, and the Vite server that they were made for. */
interface Watching {
  for?: object
  restarts?: Restarts
  keys?: WatchKeys
}

export const watchingOf = (vitest: Vitest) => shareOf<Watching>(vitest, 'watching', () => ({}))
