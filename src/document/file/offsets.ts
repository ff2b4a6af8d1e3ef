/** Where a member of a collection stands, as offsets in the text; items of a list have no key. */
export interface MemberOffsets {
  readonly key?: number
  readonly value: number
  /** Where the value's text is written, quotes included; absent where the value is no text. */
  readonly text?: { readonly start: number; readonly end: number }
}

/** Numbers of a member: its key, its value, start and end of the value's text; -1 for what there is not. */
export type MemberNumbers = readonly [key: number, value: number, start: number, end: number]

const OF_MEMBER = 4

/**
 * Where the collections of a file and their members stand, in one list of numbers: the nodes of a parser take thirty
 * times the memory of the text.
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
    const [key, value, start, end] = this.numbers(collection, position)
    return { ...(key >= 0 && { key }), value, ...(start >= 0 && { text: { start, end } }) }
  }
}

/** Members of a mapping as they are read. Their own order is another than the text's where names are numbers. */
export class Members {
  readonly value: Record<string, unknown> = {}
  readonly #numbers = new Map<string, MemberNumbers>()

  has(name: string): boolean {
    return this.#numbers.has(name)
  }

  /** Of a name that stands twice the last value counts, and the first place. */
  set(name: string, value: unknown, numbers: MemberNumbers): void {
    define(this.value, name, value)
    if (!this.#numbers.has(name)) this.#numbers.set(name, numbers)
  }

  inOwnOrder(): MemberNumbers[] {
    return Object.keys(this.value).map(name => this.#numbers.get(name)!)
  }
}

/** Sets a member whatever its name; `__proto__` is a name like any other. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  else target[name] = value
}
