import type { Vitest } from 'vitest/node'
import { isOfLoad } from './reporter/tests-of-load.ts'
import type { WatchKey } from './watch/keys.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether load tests are skipped until their key is pressed: in watch mode, in a terminal. */
    'vitest-arazzo:load-waits': boolean | undefined
  }
}

/** Runs load tests in watch mode when their key is pressed, since a load for each saved file would take too long. */
export class LoadKey implements WatchKey {
  readonly name = 'l'
  readonly purpose = 'to run load tests'
  readonly #vitest: Vitest

  constructor(vitest: Vitest) {
    this.#vitest = vitest
  }

  /** Has load tests skipped, or run by the next run. */
  wait(isWaiting: boolean): void {
    for (const project of this.#vitest.projects) project.provide('vitest-arazzo:load-waits', isWaiting)
  }

  isOn(): boolean {
    return this.#files().length > 0
  }

  press(): void {
    this.wait(false)
    for (const file of this.#files()) this.#vitest.watcher.onFileChange(file)
  }

  #files(): string[] {
    const modules = this.#vitest.state.getTestModules()
    return modules.filter(({ children }) => [...children.allTests()].some(isOfLoad)).map(({ moduleId }) => moduleId)
  }
}
