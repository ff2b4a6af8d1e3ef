import type { Milliseconds } from '../../src/ground/units.ts'
import type { Progress } from '../../src/load/plan/options.ts'

/** How what has no progress of a load stands, in words, so long after its beginning. */
export interface BoardedStanding {
  elapsed: Milliseconds
  words: string
  /** Whether a log is told at once. */
  isNews?: boolean
}

/** A load test as whoever watches sees it. */
export interface BoardedLoad {
  name: string
  /** Absolute path of its test file. */
  file: string
  /** `waiting` for other test files to end their tests, or `running`. */
  state: 'waiting' | 'running'
  /** The latest, once there is one. */
  progress?: Progress
  /** How a comparison stands, or what a load waits for before it begins. */
  standing?: BoardedStanding
}

/** The load tests of a run that have not ended yet. The coordinator writes it, the reporter reads it. */
export class LoadBoard {
  readonly #loads = new Map<object, BoardedLoad>()
  readonly #watchers = new Set<(load: BoardedLoad) => void>()

  get loads(): BoardedLoad[] {
    return [...this.#loads.values()]
  }

  /** Puts a load up, or writes it anew, under a key that only its owner has. */
  put(key: object, load: BoardedLoad): void {
    this.#loads.set(key, load)
    for (const watcher of this.#watchers) watcher(load)
  }

  take(key: object): void {
    this.#loads.delete(key)
  }

  /** Calls `watcher` with every load that is put up or written anew. Returns how to call that off. */
  watch(watcher: (load: BoardedLoad) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }
}
