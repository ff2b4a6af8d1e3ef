import type { TestModule } from 'vitest/node'
import type { BoardedLoad } from '../coordinator/protocol.ts'
import { groupsOf } from './tests-of-load.ts'

/** Counts the load tests of a run, so that each has a place in it. */
export class LoadCount {
  readonly #files: number
  /** Load tests of the files that are known. */
  readonly #known = new Map<string, number>()
  readonly #places = new Map<string, number>()

  /** @param files test files of the run, with load tests or without. */
  constructor(files: number) {
    this.#files = files
  }

  /** Takes the load tests of a file; a file without any counts as well. */
  add(module: TestModule): void {
    this.#known.set(`${module.project.name}\n${module.moduleId}`, groupsOf([module]).length)
  }

  /**
   * Name of a load with its place before it: `3/20 checkout`, or `3/20+ checkout` while files are left that may have
   * more. One that waits, or is the only one, has no place.
   */
  title(load: Pick<BoardedLoad, 'name' | 'file' | 'state'>): string {
    if (load.state === 'waiting') return load.name
    const key = `${load.file}\n${load.name}`
    const place = this.#places.get(key) ?? this.#places.size + 1
    this.#places.set(key, place)
    const total = [...this.#known.values()].reduce((sum, count) => sum + count, 0)
    const mayBeMore = this.#known.size < this.#files
    if (total < 2 && !mayBeMore) return load.name
    return `${place}/${Math.max(place, total)}${mayBeMore ? '+' : ''} ${load.name}`
  }
}
