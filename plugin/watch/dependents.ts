import type { TestSpecification } from 'vitest/node'
import { isDocument } from '../files.ts'
import type { Applications } from '../server/applications.ts'

/** Which test files use the applications of their project, as far as that is known. */
export class Dependents {
  /** Files of each project that have run, and whether they have to be taken to use the application. */
  readonly #projects = new Map<string, Map<string, boolean>>()
  #lastRun: readonly string[] = []

  /** Whoever is about to run uses it, until it has said otherwise. */
  runStarts(specifications: readonly TestSpecification[]): void {
    this.#lastRun = specifications.map(it => it.moduleId)
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

  ofLastRun(): readonly string[] {
    return this.#lastRun
  }

  #filesOf(project: string): Map<string, boolean> {
    const files = this.#projects.get(project) ?? new Map<string, boolean>()
    this.#projects.set(project, files)
    return files
  }
}
