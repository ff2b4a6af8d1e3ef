import { StringDecoder } from 'node:string_decoder'
import { plainLines } from '../../src/ground/plain.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { systemTime } from '../../src/measure/clock.ts'

/** A part of an output, and when it was read. */
interface Piece {
  at: Milliseconds
  text: string
}

/** Last output of an application, standard output and error in the order of arrival. */
export class OutputTail {
  readonly #limit: number
  readonly #pieces: Piece[] = []
  #length = 0

  /** @param limit in characters; older output is dropped. */
  constructor(limit = 64_000) {
    this.#limit = limit
  }

  /** Takes one stream. A character that is split between two chunks stays whole. */
  collect(stream: NodeJS.ReadableStream): void {
    const decoder = new StringDecoder('utf8')
    stream.on('data', (chunk: Buffer) => this.#add(decoder.write(chunk)))
    stream.on('end', () => this.#add(decoder.end()))
    // A broken pipe is the end of the application, of which others tell.
    stream.on('error', () => {})
  }

  /** @param since a time of `systemTime`: what was read before is left out. Default all. */
  text(since: Milliseconds = 0): string {
    return this.#pieces
      .filter(({ at }) => at >= since)
      .map(({ text }) => text)
      .join('')
  }

  #add(text: string): void {
    if (text === '') return
    this.#pieces.push({ at: systemTime(), text })
    this.#length += text.length
    // Twice the limit before it is cut: an application that logs a lot is not copied with every line.
    if (this.#length > 2 * this.#limit) this.#shorten()
  }

  #shorten(): void {
    let surplus = this.#length - this.#limit
    let gone = 0
    while (this.#pieces[gone]!.text.length <= surplus) surplus -= this.#pieces[gone++]!.text.length
    this.#pieces.splice(0, gone)
    const first = this.#pieces[0]!
    first.text = first.text.slice(surplus)
    this.#length = this.#limit
  }
}

/** Lines by which programs say what went wrong: `Error: KEY is not set`, `npm error code E404`, `panic: ...`. */
const OF_ERROR =
  /^\s*(?:uncaught |unhandled |npm )?(?:[\w.]*(?:error|exceptions?\.\w+|exception)|err!|fatal|panic)[:\s]+\S/i
const MOST_ERRORS = 4
/** So many lines are read as a whole. */
const FEW = 5

/**
 * The last lines of an output, marked as such, to go below an error. Of more than a few, those that look like errors
 * come first, also if they are not among the last.
 */
export function quotedLines(text: string, count = 20): string[] {
  const all = lastLines(text, Number.POSITIVE_INFINITY)
  const last = all.slice(-count)
  const errors = all.length > FEW ? all.filter(line => OF_ERROR.test(line)).slice(0, MOST_ERRORS) : []
  return [...errors, ...last.filter(line => !errors.includes(line))].map(line => `  | ${line}`)
}

/** Lines that look like errors among quoted ones, the first two. */
export function errorsIn(quoted: readonly string[]): string[] {
  const lines = quoted.map(line => line.replace(/^ {2}\| /, '').trim())
  return lines.filter(line => OF_ERROR.test(line)).slice(0, 2)
}

/** The last `count` lines, without what a terminal or a log would take for more than text. */
export function lastLines(text: string, count: number): string[] {
  const lines = plainLines(text).trimEnd().split('\n')
  return lines.length === 1 && lines[0] === '' ? [] : lines.slice(-count)
}

/** How a command ended: by a code of its own, or by a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Processes that had left the command, as daemons do, and were ended with it: `nginx (pid 4711)`. */
  strays?: readonly string[]
  /** Process that still listens at its port, and could not be ended. */
  remains?: string
}

/** `exited with code 3`, `was ended by SIGKILL`: goes on behind its subject. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}
