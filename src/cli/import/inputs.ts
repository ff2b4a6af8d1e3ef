import type { Raw } from '../../document/raw.ts'
import { Names } from './names.ts'
import { Texts } from './texts.ts'

interface Input {
  name: string
  schema: Raw
}

/** Values that are not written into the document as they are: inputs of its workflow. */
export class Inputs {
  readonly #byValue = new Map<string, Input>()
  readonly #names = new Names()
  readonly #guarded = new Map<string, string>()
  /** The secrets among them, and those that are inputs already, to be found in other texts. */
  readonly #secrets = new Texts(LEAST)

  /** A secret that becomes an input once a text holds it. */
  guard(name: string, value: string): void {
    if (value.length < LEAST || this.#guarded.has(value)) return
    this.#guarded.set(value, name)
    this.#secrets.add(value)
  }

  /** Whether a text is such a secret. */
  isGuarded(text: string): boolean {
    return this.#guarded.has(text)
  }

  /** The expression for a secret, which the environment gives. */
  secret(name: string, value: string): string {
    return this.#add(name, value, { type: 'string', format: 'password' })
  }

  /** The expression for a text that is nobody's secret, but is not for the document either. */
  text(name: string, value: string): string {
    return this.#add(name, value, { type: 'string' })
  }

  /** The expression for a text that a document would take for an expression. */
  literal(name: string, value: string): string {
    const holdsSecret = this.#secrets.in(value).some(secret => this.#guarded.has(secret))
    return holdsSecret ? this.text(name, value) : this.#add(name, value, { type: 'string', default: value })
  }

  #add(name: string, value: string, schema: Raw): string {
    const known = this.#byValue.get(value)
    if (known !== undefined) return `$inputs.${known.name}`
    const own = this.#names.take(name)
    this.#byValue.set(value, { name: own, schema })
    if (value.length >= LEAST && schema.default === undefined) this.#secrets.add(value)
    return `$inputs.${own}`
  }

  /** A text without the secrets that are known, each of them an expression within it. */
  without(text: string): string {
    const found = this.#secrets.in(text)
    for (const value of found) if (this.#guarded.has(value)) this.secret(this.#guarded.get(value)!, value)
    const named = found.flatMap(value => {
      const { name, schema } = this.#byValue.get(value) ?? {}
      return name === undefined || schema?.default !== undefined ? [] : [[value, name] as const]
    })
    const [only] = named.filter(([value]) => value === text)
    if (only !== undefined) return `$inputs.${only[1]}`
    // The longest first: one may be a part of another.
    return named
      .sort(([a], [b]) => b.length - a.length)
      .reduce((shown, [value, name]) => shown.replaceAll(value, `{$inputs.${name}}`), text)
  }

  /** Names of those that the environment has to give. */
  get needed(): string[] {
    return [...this.#byValue.values()].filter(({ schema }) => schema.default === undefined).map(({ name }) => name)
  }

  /** Schema of the inputs; undefined where there are none. */
  get schema(): Raw | undefined {
    const all = [...this.#byValue.values()]
    if (all.length === 0) return undefined
    const properties = Object.fromEntries(all.map(({ name, schema }) => [name, schema]))
    const required = this.needed
    return { type: 'object', ...(required.length > 0 && { required }), properties }
  }
}

/** A shorter secret is in every other text by chance. */
const LEAST = 6
