import type { Raw } from '../../document/raw.ts'
import { wordsOf } from '../../ground/words.ts'

interface Input {
  name: string
  schema: Raw
}

/** Values that are not written into the document as they are: inputs of its workflow. */
export class Inputs {
  readonly #byValue = new Map<string, Input>()
  readonly #guarded = new Map<string, string>()

  /** A secret that becomes an input once a text holds it. */
  guard(name: string, value: string): void {
    if (value.length >= LEAST && !this.#guarded.has(value)) this.#guarded.set(value, name)
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
    const holdsSecret = [...this.#guarded.keys()].some(secret => value.includes(secret))
    return holdsSecret ? this.text(name, value) : this.#add(name, value, { type: 'string', default: value })
  }

  #add(name: string, value: string, schema: Raw): string {
    const known = this.#byValue.get(value)
    if (known !== undefined) return `$inputs.${known.name}`
    const names = new Set([...this.#byValue.values()].map(one => one.name))
    const base = wordsOf(name)
    let own = base
    for (let n = 2; names.has(own); n++) own = `${base}-${n}`
    this.#byValue.set(value, { name: own, schema })
    return `$inputs.${own}`
  }

  /** A text without the secrets that are known, each of them an expression within it. */
  without(text: string): string {
    let shown = text
    for (const [value, name] of this.#guarded) if (text.includes(value)) this.secret(name, value)
    for (const [value, { name, schema }] of this.#byValue)
      if (value.length >= LEAST && schema.default === undefined && shown.includes(value))
        shown = shown === value ? `$inputs.${name}` : shown.replaceAll(value, `{$inputs.${name}}`)
    return shown
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
