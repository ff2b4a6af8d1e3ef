import process from 'node:process'
import type { Vitest } from 'vitest/node'
import { shareOf } from '../coordinator/server.ts'
import type { Restarts } from './restarts.ts'

/** Free in the watch mode of Vitest 4 and 5: theirs are a, b, c, f, h, i, p, q, r, t, u, w, enter, space and escape. */
const key = 's'
const usage = `press ${key} to restart the application`

type Listener = (text: string | undefined, pressed: { name?: string; ctrl?: boolean; meta?: boolean }) => void

/**
 * Key for {@link Restarts.restartAll}, in addition to those of Vitest's watch mode. Vitest removes its own listener
 * from the terminal while it reads a pattern, in which an s is a letter. So this key is active only while Vitest's
 * listener is there.
 */
export class RestartKey {
  readonly #vitest: Vitest
  readonly #restarts: Restarts
  #theirs: readonly unknown[] = []
  #isTold = false
  #interrupts = 0

  constructor(vitest: Vitest, restarts: Restarts) {
    this.#vitest = vitest
    this.#restarts = restarts
  }

  /** Once Vitest itself listens; again after its configuration has changed. */
  listen(): void {
    const { stdin } = process
    const there = stdin.listeners('keypress')
    if (!stdin.isTTY || there.length === 0 || there.includes(this.#onKey)) return
    this.#theirs = there
    stdin.on('keypress', this.#onKey)
  }

  retire(): void {
    process.stdin.off('keypress', this.#onKey)
  }

  /** Says which key, when Vitest says that it waits. */
  tell(): void {
    if (this.#isTold || !this.#restarts.hasApplications || !process.stdin.listeners('keypress').includes(this.#onKey))
      return
    this.#isTold = true
    this.#vitest.logger.log(`       ${usage}`)
  }

  readonly #onKey: Listener = (_, { name, ctrl, meta } = {}) => {
    // Vitest 4 goes on to wait for its teardown, though it has said that a second one is at once.
    if (ctrl && name === 'c' && ++this.#interrupts > 1) this.#restarts.hurry()
    const there = process.stdin.listeners('keypress')
    if (!this.#restarts.hasApplications || ctrl || meta || !this.#theirs.every(it => there.includes(it as Listener)))
      return
    if (name === key) void this.#restarts.restartAll()
    // After Vitest's own list, which it keeps to itself during a run: there the key cancels.
    if (name === 'h' && !this.#restarts.isRunning) this.#vitest.logger.log(`  ${usage}`)
  }
}

/** Watchers of one Vitest, and the Vite server that they were made for. */
interface Watching {
  for?: object
  restarts?: Restarts
  key?: RestartKey
}

export const watchingOf = (vitest: Vitest) => shareOf<Watching>(vitest, 'watching', () => ({}))

/** Restarter of applications, in watch mode. */
export function restartsOf(vitest: Vitest): Restarts | undefined {
  return watchingOf(vitest).restarts
}
