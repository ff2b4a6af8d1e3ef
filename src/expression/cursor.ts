import { ExpressionError } from './expression-error.ts'

/**
 * Possible ends of an expression: with its text, at the `}` that closes an embedded one, or, in a condition, where
 * white space, an operator or a bracket begins.
 */
type Ending = 'text' | 'brace' | 'condition'

/** A place in a text that moves on as the text is read. */
export class Cursor {
  readonly text: string
  readonly ending: Ending
  readonly names: DeclaredNames | undefined
  /** Notes about lenient readings, in reading order. */
  readonly notes: string[] = []
  at: number

  constructor(text: string, at: number, ending: Ending, names?: DeclaredNames) {
    this.text = text
    this.names = names
    this.at = at
    this.ending = ending
  }

  /** Consumes and returns the match of a sticky pattern, or `undefined`. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  starts(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  skip(text: string): boolean {
    if (!this.starts(text)) return false
    this.at += text.length
    return true
  }

  get ended(): boolean {
    if (this.at >= this.text.length) return true
    return this.ending === 'brace' && this.text[this.at] === '}'
  }

  /** Describes the text at the cursor, for messages: `"."`, `the end`. */
  get found(): string {
    if (this.at >= this.text.length) return 'the end'
    return JSON.stringify(String.fromCodePoint(this.text.codePointAt(this.at)!))
  }

  fail(expected: string, hint?: string): never {
    throw new ExpressionError(`expected ${expected}, found ${this.found}`, this.at, hint)
  }
}

/**
 * Names of the document that hold characters which end a name in an expression. Version 1.0 lets names be any text
 * (`name = *( CHAR )`; their pattern is a SHOULD), so that only what is declared tells where such a name ends.
 */
export interface DeclaredNames {
  readonly inputs: readonly string[]
  readonly steps: readonly string[]
  readonly workflows: readonly string[]
  /** Inputs of all workflows of the document. */
  readonly workflowInputs: readonly string[]
  readonly sources: readonly string[]
}

/** Names that an expression can only end correctly if they are known, longest first. */
export function unusualNames(names: Iterable<string>): string[] {
  return [...names]
    .filter(name => !/^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u.test(name) && name !== '')
    .sort((a, b) => b.length - a.length)
}
