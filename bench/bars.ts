import { setInterval } from 'node:timers'
import type { LoadReport } from 'vitest-arazzo/engine'

/** Prints the figures of bars, and remembers whether all are met. */
export class Bars {
  #missed = 0

  /** @param found with its unit, and the bar: `12.3 MB (bar: 60 MB)`. */
  check(what: string, found: string, isMet: boolean): void {
    if (!isMet) this.#missed++
    console.log(`${isMet ? 'met    ' : 'NOT MET'}  ${what}: ${found}`)
  }

  /** A run whose figures mean anything: it came to its end, and nothing failed or was dropped. */
  clean({ state, cause, errors, arrivals, doubts }: LoadReport): void {
    const { failed, aborted, dropped } = arrivals
    const found = `${state}, ${failed} failed, ${aborted} aborted, ${dropped} dropped`
    this.check('clean run', found, state === 'completed' && failed + dropped === 0)
    if (cause !== undefined) console.log(`         ${cause}`)
    for (const { kind, message, count } of errors) console.log(`         ${count} x ${kind}: ${message}`)
    for (const { found } of doubts) console.log(`         in doubt: ${found}`)
  }

  get exitCode(): number {
    return this.#missed === 0 ? 0 : 1
  }
}

/** Looks at this process's memory every 20 ms until `growth` is asked for: bytes from the beginning to the peak. */
export function watchMemory(): { growth(): number } {
  const start = process.memoryUsage.rss()
  let peak = start
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const timer = setInterval(look, 20)
  return {
    growth() {
      clearInterval(timer)
      look()
      return peak - start
    },
  }
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
