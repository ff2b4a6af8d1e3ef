import type { Raw } from '../../document/raw.ts'
import { MASK } from '../../workflow/masking/mask.ts'
import { Names } from './names.ts'
import { LEAST, type SecretMatch } from './secrets.ts'

interface Input {
  name: string
  schema: Raw
  /** The name that its value was found with, if it is an input only because it is long and random. */
  randomOf?: string
}

/** Values that are not written into the document as they are: inputs of its workflow. */
export class Inputs {
  readonly #byValue = new Map<string, Input>()
  readonly #names = new Names()
  readonly #guarded = new Map<string, SecretMatch>()
  /** The secrets among them, and those that are inputs already, to be found in other texts. */
  readonly #secrets = new Texts(LEAST)

  /** A secret that becomes an input once a text holds it. */
  guard(name: string, value: string, isRandom = false): void {
    if (value.length < LEAST || this.#guarded.has(value)) return
    this.#guarded.set(value, { name, value, isRandom })
    this.#secrets.add(value)
  }

  /** Whether a text is such a secret. */
  isGuarded(text: string): boolean {
    return this.#guarded.has(text)
  }

  /** Whether a text has such a secret in it. */
  holds(text: string): boolean {
    return this.#secrets.in(text).some(secret => this.#guarded.has(secret))
  }

  /** A text to be shown. */
  masked(text: string): string {
    const found = this.#secrets.in(text).sort((a, b) => b.length - a.length)
    return found.reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
  }

  /** The expression for a secret, which the environment gives. */
  secret(name: string, value: string): string {
    return this.#add(name, value, { type: 'string', format: 'password' })
  }

  /** Expression for a text that is not a secret but should not be in the document either. */
  text(name: string, value: string): string {
    return this.#add(name, value, { type: 'string' })
  }

  /** The expression for a text that a document would take for an expression. */
  literal(name: string, value: string): string {
    return this.holds(value) ? this.text(name, value) : this.#add(name, value, { type: 'string', default: value })
  }

  #add(name: string, value: string, schema: Raw): string {
    const known = this.#byValue.get(value)
    if (known !== undefined) return `$inputs.${known.name}`
    const own = this.#names.take(name)
    const found = this.#guarded.get(value)
    this.#byValue.set(value, { name: own, schema, ...(found?.isRandom && { randomOf: found.name }) })
    if (value.length >= LEAST && schema.default === undefined) this.#secrets.add(value)
    return `$inputs.${own}`
  }

  /** A text without the secrets that are known, each of them an expression within it. */
  without(text: string): string {
    const found = this.#secrets.in(text)
    for (const value of found) if (this.#guarded.has(value)) this.secret(this.#guarded.get(value)!.name, value)
    const named = new Map(
      found.flatMap(value => {
        const { name, schema } = this.#byValue.get(value) ?? {}
        return name === undefined || schema?.default !== undefined ? [] : [[value, name] as const]
      }),
    )
    if (named.has(text)) return `$inputs.${named.get(text)}`
    if (named.size === 0) return text
    // The longest first: one may be a part of another.
    const values = [...named.keys()].sort((a, b) => b.length - a.length)
    const pattern = new RegExp(values.map(value => value.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|'), 'g')
    return text.replace(pattern, value => `{$inputs.${named.get(value)}}`)
  }

  /** Inputs because of long random text alone, with the names that it was found with. */
  get random(): { name: string; value: string; of: string }[] {
    return [...this.#byValue].flatMap(([value, { name, randomOf }]) =>
      randomOf === undefined ? [] : [{ name, value, of: randomOf }],
    )
  }

  /** Names of variables that must be set. */
  get needed(): string[] {
    return [...this.#byValue.values()].filter(({ schema }) => schema.default === undefined).map(({ name }) => name)
  }

  /** Schema of the inputs; undefined without inputs. */
  get schema(): Raw | undefined {
    const all = [...this.#byValue.values()]
    if (all.length === 0) return undefined
    const properties = Object.fromEntries(all.map(({ name, schema }) => [name, schema]))
    const required = this.needed
    return { type: 'object', ...(required.length > 0 && { required }), properties }
  }
}

/** Texts that are looked for in others, however many they are: by how they begin. */
class Texts {
  readonly #least: number
  readonly #byBegin = new Map<string, Set<string>>()

  /** @param least length of the shortest. */
  constructor(least: number) {
    this.#least = least
  }

  add(text: string): void {
    const begin = text.slice(0, this.#least)
    this.#byBegin.set(begin, (this.#byBegin.get(begin) ?? new Set()).add(text))
  }

  /** Texts that a text contains, in their order. */
  in(text: string): string[] {
    const found = new Set<string>()
    for (let at = 0; at + this.#least <= text.length; at++)
      for (const one of this.#byBegin.get(text.slice(at, at + this.#least)) ?? [])
        if (text.startsWith(one, at)) found.add(one)
    return [...found]
  }
}
