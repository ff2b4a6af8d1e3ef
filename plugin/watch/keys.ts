import process from 'node:process'
import type { Vitest } from 'vitest/node'

/** A key of watch mode in addition to Vitest's: a, b, c, f, h, i, p, q, r, t, u, w, enter, space and escape. */
export interface WatchKey {
  readonly name: string
  /** Words after `press s`: `to restart the application`. */
  readonly purpose: string
  /** Whether it has anything to do. */
  isOn(): boolean
  press(): unknown
}

type Listener = (text: string | undefined, pressed: { name?: string; ctrl?: boolean; meta?: boolean }) => void

/**
 * Keys in addition to those of Vitest's watch mode. Vitest removes its own listener from the terminal while it reads a
 * pattern, in which a key is a letter. So these are active only while Vitest's listener is there.
 */
export class WatchKeys {
  readonly #vitest: Vitest
  readonly #keys: readonly WatchKey[]
  readonly #isRunning: () => boolean
  readonly #hurry: () => void
  readonly #told = new Set<WatchKey>()
  #theirs: readonly unknown[] = []
  #interrupts = 0

  /** @param hurry called when Ctrl-C is pressed again. */
  constructor(vitest: Vitest, keys: readonly WatchKey[], isRunning: () => boolean, hurry: () => void) {
    this.#vitest = vitest
    this.#keys = keys
    this.#isRunning = isRunning
    this.#hurry = hurry
  }

  /** Once Vitest itself listens; again after its configuration has changed. Returns whether keys are read. */
  listen(): boolean {
    const { stdin } = process
    const there = stdin.listeners('keypress')
    if (!stdin.isTTY || there.length === 0) return false
    if (there.includes(this.#onKey)) return true
    this.#theirs = there
    stdin.on('keypress', this.#onKey)
    return true
  }

  retire(): void {
    process.stdin.off('keypress', this.#onKey)
  }

  /** Names each key once, when Vitest says that it waits. */
  tell(): void {
    if (!process.stdin.listeners('keypress').includes(this.#onKey)) return
    for (const key of this.#keys) {
      if (this.#told.has(key) || !key.isOn()) continue
      this.#told.add(key)
      this.#vitest.logger.log(`       ${usageOf(key)}`)
    }
  }

  readonly #onKey: Listener = (_, { name, ctrl, meta } = {}) => {
    // Vitest 4 goes on to wait for its teardown, though it has said that a second one is at once.
    if (ctrl && name === 'c' && ++this.#interrupts > 1) this.#hurry()
    const there = process.stdin.listeners('keypress')
    if (ctrl || meta || !this.#theirs.every(it => there.includes(it as Listener))) return
    for (const key of this.#keys.filter(one => one.isOn())) {
      if (name === key.name) key.press()
      // After Vitest's own list, which it keeps to itself during a run: there the key cancels.
      if (name === 'h' && !this.#isRunning()) this.#vitest.logger.log(`  ${usageOf(key)}`)
    }
  }
}

const usageOf = ({ name, purpose }: WatchKey) => `press ${name} ${purpose}`
