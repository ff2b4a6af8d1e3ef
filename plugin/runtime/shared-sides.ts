import { KeptLaunches } from '../../src/compare/kept-launches.ts'
import type { ResolvedCompareOptions } from '../compare/options.ts'
import type { CompareSettings } from '../compare/settings.ts'
import type { Sides } from '../compare/sides.ts'

/**
 * Both builds of the application, opened once for all load tests of a file that compare them. They share launches,
 * which end with the last of these load tests, or with the file.
 */
class SharedSides {
  /** Load tests whose comparison has not ended. */
  readonly #waiting = new Set<object>()
  #opening: Promise<Sides> | undefined
  /** How many notices of the sides a comparison has shown. */
  #shown = 0
  readonly kept = new KeptLaunches(() => this.#waiting.size > 1)

  expect(test: object): void {
    this.#waiting.add(test)
  }

  async open(options: ResolvedCompareOptions, settings: CompareSettings, signal: AbortSignal): Promise<Sides> {
    const { openSides } = await import('../compare/sides.ts')
    this.#opening ??= openSides(options, settings, signal)
    const opening = this.#opening
    return opening.catch(error => {
      if (this.#opening === opening) this.#opening = undefined
      throw error
    })
  }

  /** Notices of processes that launches have left, for a comparison that is over. */
  takeNotices({ left }: Sides): readonly string[] {
    this.#shown = left.length
    return left
  }

  /** The comparison of a load test is over, however it ended. */
  async leave(test: object): Promise<void> {
    this.#waiting.delete(test)
    if (this.#waiting.size === 0) await this.close()
  }

  async close(): Promise<void> {
    this.#waiting.clear()
    const opening = this.#opening
    this.#opening = undefined
    await this.kept.close()
    const sides = await opening?.catch(() => undefined)
    await sides?.close()
    // Notices of launches that were kept for a load test that did not come.
    for (const line of sides?.left.slice(this.#shown) ?? []) console.warn(`${line}.`)
    this.#shown = 0
  }
}

/** The sides of the test file that runs. */
export const sharedSides = new SharedSides()
