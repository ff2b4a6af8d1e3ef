import { didYouMean, suggestion } from './errors.ts'
import { asUserError, type Fault, sentenceOf } from './fault.ts'
import { given } from './given.ts'
import { isObject } from './object.ts'
import { escapeToken, pointerThrough } from './pointer.ts'
import { removedOption } from './removed-names.ts'
import { show } from './show.ts'
import { type Milliseconds, type PerSecond, parseDuration, parseRate, UnitError } from './units.ts'

/** A fault in options as written. `path` is a JSON Pointer below them: `''`, `/duration`, `/stages/1/rps`. */
export interface OptionFault extends Fault {
  path: string
}

/** More than any generator makes; above it, the figure is a slip. */
export const HIGHEST_RATE = 1_000_000

/** More virtual users than one machine's ports and memory hold. */
export const HIGHEST_VUS = 100_000

/** More threads than any generator has use for. */
export const HIGHEST_THREADS = 256

/** The fields of one object of options, read one by one; all that is wrong with them is collected. */
export class Fields {
  readonly #values: Record<string, unknown>
  readonly #name: string
  readonly #path: string
  /** All that is wrong so far, with what stands within as well. */
  readonly faults: OptionFault[]

  /**
   * @param name what the object is called in messages: `load`, `load.stages[1]`; `''` when its fields speak for
   * themselves.
   */
  constructor(values: object, name: string, faults: OptionFault[] = [], path = '') {
    this.#values = given(values as Record<string, unknown>)
    this.#name = name
    this.faults = faults
    this.#path = path
  }

  get keys(): string[] {
    return Object.keys(this.#values)
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key)
  }

  get(key: string): unknown {
    return this.has(key) ? this.#values[key] : undefined
  }

  /** The fields of an object within; undefined, and a fault, when there is something else. */
  within(key: string, advice: string): Fields | undefined {
    return this.#object(this.get(key), key, [key], advice)
  }

  /** The fields of an object that stands in the place of a key, alone or in a list. */
  part(key: string, value: object): Fields {
    return new Fields(value, this.#nameOf(key), this.faults, this.#path + pointerThrough([key]))
  }

  /**
   * Fields of each credentials object in a record, if there is one: `{ shop: { … } }`. A value that is not an object is
   * never shown.
   */
  credentials(key: string, advice: string): (readonly [name: string, fields: Fields])[] {
    const record = this.has(key) ? this.#secret(key, advice) : undefined
    if (record === undefined) return []
    return record.keys.flatMap(name => {
      const fields = record.#secret(name, advice)
      return fields === undefined ? [] : [[name, fields] as const]
    })
  }

  #secret(key: string, advice: string): Fields | undefined {
    const value = this.get(key)
    return this.#object(value, key, [key], advice, typeof value === 'string' ? 'text' : show(value))
  }

  /** The fields of each object of a list. */
  each(key: string, advice: string): Fields[] {
    const list = this.get(key)
    if (!Array.isArray(list) || list.length === 0) {
      this.fault(key, Array.isArray(list) ? 'the list is empty' : `${show(list)} is not a list`, advice)
      return []
    }
    return list.flatMap((item, index) => this.#object(item, `${key}[${index}]`, [key, index], advice) ?? [])
  }

  #object(
    value: unknown,
    name: string,
    tokens: readonly (string | number)[],
    advice: string,
    shown = show(value),
  ): Fields | undefined {
    const path = this.#path + pointerThrough(tokens)
    if (isObject(value)) return new Fields(value, this.#nameOf(name), this.faults, path)
    return this.#add(path, this.#nameOf(name), `${shown} is not an object`, advice)
  }

  /**
   * Reports unknown keys with a suggestion, and returns the suggested key.
   * @param adviceFor advice for a key that exists elsewhere.
   */
  checkKeys(
    known: readonly string[],
    shown: readonly string[] = known,
    guessOf: (key: string) => string | undefined = key => didYouMean(key, shown),
    adviceFor: (key: string) => string | undefined = () => undefined,
  ): Set<string> {
    const meant = new Set<string>()
    let all: string | undefined = `Known keys are ${shown.join(', ')}.`
    for (const key of this.keys) {
      if (known.includes(key)) continue
      const guess = guessOf(key)
      if (guess) meant.add(guess)
      const advice = adviceFor(key) ?? removedOption(this.#nameOf(key)) ?? (guess && `Did you mean "${guess}"?`)
      this.fault(key, 'there is no such key', advice ?? all)
      // The list is long, and says the same of each.
      if (!advice) all = undefined
    }
    return meant
  }

  notWith(what: string, keys: readonly string[]): void {
    for (const key of keys) if (this.has(key)) this.fault(key, `it does not go with ${what}`, `Remove ${key}.`)
  }

  length(key: string, otherwise: Milliseconds, isPositive = false): Milliseconds {
    const value = this.quantity(key, otherwise, parseDuration)
    if (isPositive && value === 0) this.fault(key, 'it is zero', 'Give it some time.')
    return value
  }

  /** A rate a second, zero included. */
  rate(key: string, otherwise: PerSecond = 0): PerSecond {
    const value = this.quantity(key, otherwise, parseRate)
    if (value > HIGHEST_RATE) this.fault(key, 'it is more than 1,000,000 a second', 'Give a rate that can be made.')
    return value
  }

  count(key: string, otherwise: number, least = 1, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.get(key) ?? otherwise
    if (Number.isSafeInteger(value) && (value as number) > most) {
      const [found, limit] = [value as number, most].map(count => count.toLocaleString('en'))
      this.fault(key, `${found} is more than ${limit}`, `Give ${limit} at most.`)
      return most
    }
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
    this.fault(key, `${show(value)} is not a whole number of at least ${least}`)
    return otherwise
  }

  flag(key: string): boolean | undefined {
    const value = this.get(key)
    if (value === undefined || typeof value === 'boolean') return value
    return this.fault(key, `${show(value)} is neither true nor false`)
  }

  /** Checks a value with a test. Absent values pass. */
  expect(key: string, is: (value: unknown) => boolean, advice: string): void {
    const value = this.get(key)
    if (this.has(key) && !is(value)) this.fault(key, `it is ${show(value)}`, this.#insteadOf(key, value) ?? advice)
  }

  /** A text, or an object of texts. */
  expectTexts(key: string, advice: string): void {
    const value = this.get(key)
    if (!isObject(value)) return this.expect(key, isText, advice)
    const texts = this.part(key, value)
    for (const [name, text] of Object.entries(value))
      if (!isText(text)) texts.fault(name, `it is ${show(text)}`, advice)
  }

  /** One of a few words. */
  word<Word extends string>(key: string, words: readonly Word[], otherwise: Word): Word {
    const value = this.get(key) ?? otherwise
    if (words.includes(value as Word)) return value as Word
    const guess = typeof value === 'string' ? suggestion(value, words) : this.#insteadOf(key, value)
    const hint = guess ?? `It is ${words.map(word => `"${word}"`).join(' or ')}.`
    this.fault(key, `${show(value)} is not one of its values`, hint)
    return otherwise
  }

  quantity(key: string, otherwise: number, parse: (input: unknown) => number): number {
    return this.has(key) ? this.parsed(key, this.get(key), parse) : otherwise
  }

  /** A value found within a field; NaN when it cannot be read. */
  parsed(key: string, input: unknown, parse: (input: unknown) => number): number {
    try {
      return parse(input)
    } catch (error) {
      if (!(error instanceof UnitError)) throw error
      this.fault(key, `${show(input)}: ${error.found}`, this.#insteadOf(key, input) ?? error.advice)
      return Number.NaN
    }
  }

  /** Advice for an object in the place of a word, a length or another plain value. */
  #insteadOf(key: string, value: unknown): string | undefined {
    return isObject(value) ? removedOption(`${this.#nameOf(key)}.${Object.keys(value)[0]}`) : undefined
  }

  /**
   * Collects a fault; returns nothing, which is what its caller has read instead.
   *
   * @param key `''` for the object itself.
   */
  fault(key: string, found: string, hint?: string): undefined {
    const below = key === '' ? '' : `/${escapeToken(key)}`
    this.#add(this.#path + below, key === '' ? this.#name : this.#nameOf(key), found, hint)
  }

  #nameOf(key: string): string {
    return this.#name === '' ? key : `${this.#name}.${key}`
  }

  #add(path: string, name: string, found: string, hint: string | undefined): undefined {
    this.faults.push({ path, verb: 'read', thing: name, found, advice: hint })
  }
}

/** The keys that an interface has, each of which has to be named: one that comes to it later is not forgotten. */
export function keysOf<T>(keys: { readonly [Key in keyof Required<T>]: true }): readonly (string & keyof T)[] {
  return Object.keys(keys) as (string & keyof T)[]
}

/** Faults as the message of one error, a line each. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults.map(sentenceOf).join('\n')
}

/** Throws a TypeError that lists all that is wrong with options, for callers who have no place of their own for it. */
export function assertNoFaults(faults: readonly OptionFault[]): void {
  if (faults.length > 0) throw asUserError(new TypeError(describeFaults(faults)))
}

/** A text that is more than white space. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

export const isHttpUrl = (value: unknown): value is string =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)

/** Whether a value is globs of which one at least is not left out. */
export const isGlobs = (value: unknown): boolean =>
  Array.isArray(value) && value.every(isText) && value.some(glob => !glob.startsWith('!'))

/** Advice on what `isGlobs` refuses. */
export const GLOBS = "Write a list of globs: ['src/**', 'package-lock.json']."

/** Fields of options. A value that is not an object has no fields and is a fault. */
export function fieldsOf(options: unknown, advice: string): Fields {
  const fields = new Fields(isObject(options) ? options : {}, '')
  if (!isObject(options)) fields.fault('options', `${show(options)} is not an object`, advice)
  return fields
}
