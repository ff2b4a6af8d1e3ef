import type { Location } from '../../src/ground/errors.ts'
import type { Segment } from './source-map.ts'

/** JavaScript as it is written down, with the places that its tokens come from. */
export class Code {
  text = ''
  readonly segments: Segment[] = []
  #line = 0
  #column = 0

  /** Writes text; with `at`, its first token is made from that place. */
  write(text: string, at?: Location): this {
    if (at) this.segments.push({ line: this.#line, column: this.#column, at })
    this.text += text
    const lines = text.split('\n')
    this.#line += lines.length - 1
    this.#column = lines.length > 1 ? lines.at(-1)!.length : this.#column + text.length
    return this
  }
}
