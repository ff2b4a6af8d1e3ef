import { StringDecoder } from 'node:string_decoder'
import { plainLines } from '../../src/ground/plain.ts'

/** The last of what an application wrote, standard output and error in the order of arrival. */
export class OutputTail {
  readonly #limit: number
  #text = ''

  /** @param limit in characters; what is older is let go. */
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

  get text(): string {
    return this.#text
  }

  #add(text: string): void {
    this.#text += text
    // Twice the limit before it is cut: an application that logs a lot is not copied with every line.
    if (this.#text.length > 2 * this.#limit) this.#text = this.#text.slice(-this.#limit)
  }
}

/** The last `count` lines, without what a terminal or a log would take for more than text. */
export function lastLines(text: string, count: number): string[] {
  const lines = plainLines(text).trimEnd().split('\n')
  return lines.length === 1 && lines[0] === '' ? [] : lines.slice(-count)
}
