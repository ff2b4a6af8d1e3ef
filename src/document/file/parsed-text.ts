import type { Finding } from '../problems.ts'

/** Content of a parsed text. */
export interface ParsedText {
  /** Plain values. The same anchor gives the same object; `undefined` when the text is not YAML. */
  readonly value: unknown
  readonly faults: readonly YamlFault[]
  readonly lines: Lines
  readonly offsets: Offsets
}

/**
 * Called for each mapping and sequence once, when it has been filled.
 *
 * @param collection its number among the offsets.
 */
export type OnCollection = (value: object, parent: object | undefined, key: string | number, collection: number) => void

/** The warning for a whole number of more digits than a number can hold; undefined for any other. */
export function impreciseNumber(value: number, source: string, offset: number): YamlFault | undefined {
  if (Number.isSafeInteger(value) || !/^[-+]?\d+$/.test(source)) return undefined
  return {
    code: 'imprecise-number',
    severity: 'warning',
    offset,
    found: `${source} has more digits than a number can hold and is read as ${value}`,
    hint: `Write it as text: "${source}".`,
  }
}

/** Position of a member of a collection, as offsets in the text; items of a list have no key. */
export interface MemberOffsets {
  readonly key?: number
  readonly value: number
  /** Position of the value's text, quotes included; absent if the value is not text. */
  readonly text?: number
}

/** Places of a member: its key, its value, the value's text, which is elsewhere for an alias; -1 for what is absent. */
export type MemberNumbers = readonly [key: number, value: number, text: number]

const OF_MEMBER = 3

/**
 * Positions of a file's collections and members, in one list of numbers: the nodes of a parser take thirty times the
 * memory of the text.
 */
export class Offsets {
  #numbers = new Int32Array(1_024)
  #length = 0

  /**
   * Notes a collection, and returns the number by which it is asked for.
   *
   * @param members in the order of the collection's own keys.
   */
  add(start: number, members: readonly MemberNumbers[]): number {
    const collection = this.#length
    this.#length += 1 + members.length * OF_MEMBER
    if (this.#length > this.#numbers.length) {
      const numbers = new Int32Array(2 * this.#length)
      numbers.set(this.#numbers)
      this.#numbers = numbers
    }
    let at = collection
    this.#numbers[at++] = start
    for (const member of members) for (const number of member) this.#numbers[at++] = number
    return collection
  }

  start(collection: number): number {
    return this.#numbers[collection]!
  }

  /** @param position of the member among the collection's own keys. */
  numbers(collection: number, position: number): MemberNumbers {
    const from = collection + 1 + position * OF_MEMBER
    return [...this.#numbers.subarray(from, from + OF_MEMBER)] as unknown as MemberNumbers
  }

  /** @param position of the member among the collection's own keys. */
  member(collection: number, position: number): MemberOffsets {
    const [key, value, text] = this.numbers(collection, position)
    return { ...(key >= 0 && { key }), value, ...(text >= 0 && { text }) }
  }
}

/** Members of a mapping as they are read. Their own order is another than the text's where names are numbers. */
export class Members {
  readonly value: Record<string, unknown> = {}
  readonly #numbers = new Map<string, MemberNumbers>()

  has(name: string): boolean {
    return this.#numbers.has(name)
  }

  /** For a duplicate name, the last value and the first place count. */
  set(name: string, value: unknown, numbers: MemberNumbers): void {
    define(this.value, name, value)
    if (!this.#numbers.has(name)) this.#numbers.set(name, numbers)
  }

  inOwnOrder(): MemberNumbers[] {
    return Object.keys(this.value).map(name => this.#numbers.get(name)!)
  }
}

/** Sets a member with any name, also `__proto__`. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  else target[name] = value
}

/** Lines of a text; those of a large one are looked for when a place in it is asked for. */
export class Lines {
  readonly #text: string
  #starts: number[] | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** Line and column, from 1, of the character at an offset. */
  placeOf(offset: number): { line: number; column: number } {
    const starts = this.#starts ?? startsIn(this.#text)
    this.#starts = starts
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }
}

function startsIn(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** YAML syntax fault, by offset. */
export interface YamlFault extends Required<Pick<Finding, 'severity'>>, Pick<Finding, 'code' | 'found' | 'hint'> {
  readonly offset: number
}
