import { EXTRACT_FIELD } from '../../document/extension-fields.ts'
import type { Raw } from '../../document/raw.ts'
import { pointerThrough } from '../../ground/pointer.ts'
import { decoded, tried } from '../../ground/tried.ts'
import { wordsOf } from '../../ground/words.ts'
import { cookiesSetBy, type Recorded } from './har.ts'
import { fieldsOfPage } from './page.ts'
import { looksRandom } from './shapes.ts'
import { isTelling, type Scalar, scalarsOf } from './values.ts'

/** Where a value was first seen. */
interface Origin {
  stepId: string
  /** What it is called there: `id`. */
  name: string
  /** `$response.body#/0/id`, or what takes it out of a page. */
  expression: string | Raw
}

/** Headers of responses that say something of the response alone. */
const OWN_HEADERS = new RegExp(
  '^(date|age|expires|server|via|vary|allow|location|set-cookie|connection|keep-alive|transfer-encoding|' +
    'cache-control|pragma|last-modified|accept-ranges|alt-svc|x-powered-by|(content|access-control|cross-origin|' +
    'strict|referrer|permissions|cf|x-(ratelimit|frame|content|xss|dns|download|permitted))-?.*)$',
)

/** What is carried over from responses to later requests. A value that a request had before is nobody's to carry. */
export class Carry {
  readonly #origins = new Map<string, Origin>()
  readonly #sent = new Set<string>()
  /** The outputs that later requests take, by step, then by name. */
  readonly outputs = new Map<string, Map<string, string | Raw>>()

  /** A value that a request holds as it is written. */
  noteSent(value: Scalar): void {
    this.#sent.add(String(value))
  }

  /** What a response holds from now on; what was there before stays where it was. */
  learn(stepId: string, recorded: Recorded): void {
    const { responseHeaders, responseType, responseText } = recorded
    const body: unknown = responseText === undefined ? undefined : tried(() => JSON.parse(responseText))
    for (const [path, value] of scalarsOf(body)) {
      const name = [...path].reverse().find(key => !/^\d+$/.test(key)) ?? 'value'
      if (path.every(isPlainKey) && isTelling(name, value))
        this.#add(value, { stepId, name, expression: `$response.body#${pointerThrough(path)}` })
    }
    for (const [name, value] of cookiesSetBy(recorded))
      if (value.length >= 8 && /^[\w!#$%&'*+.^`|~-]+$/.test(name))
        this.#add(decoded(value), { stepId, name, expression: `$response.cookie.${name}` })
    if (/html/i.test(responseType))
      for (const { name, value, regex } of fieldsOfPage(responseText ?? ''))
        this.#add(value, { stepId, name, expression: { context: '$response.body', [EXTRACT_FIELD]: { regex } } })
    for (const [name, value] of responseHeaders)
      if (!OWN_HEADERS.test(name) && value.length >= 4)
        this.#add(value, { stepId, name, expression: `$response.header.${name}` })
  }

  #add(value: Scalar, origin: Origin): void {
    const key = keyOf(value)
    if (!this.#origins.has(key) && !this.#sent.has(String(value))) this.#origins.set(key, origin)
  }

  /** Whether a response had a value that is written as this text. */
  knows(text: string): boolean {
    return this.#origins.has(keyOf(text)) || this.#origins.has(keyOf(Number(text)))
  }

  /** The expression for a value of the same type. */
  find(value: Scalar): string | undefined {
    const origin = this.#origins.get(keyOf(value))
    return origin && this.#take(origin)
  }

  /** The expression for a value that is written as this text, whatever its type. */
  findText(text: string): string | undefined {
    const number = /^-?\d{1,15}$/.test(text) ? this.find(Number(text)) : undefined
    return number ?? this.find(text)
  }

  #take({ stepId, name, expression }: Origin): string {
    const outputs = this.outputs.get(stepId) ?? new Map<string, string | Raw>()
    this.outputs.set(stepId, outputs)
    const known = [...outputs].find(([, written]) => written === expression)
    const base = wordsOf(name)
    let own = known?.[0] ?? base
    for (let n = 2; known === undefined && outputs.has(own); n++) own = `${base}-${n}`
    outputs.set(own, expression)
    return `$steps.${stepId}.outputs.${own}`
  }
}

/** A random key is another one the next time, and may be a secret. */
const isPlainKey = (key: string) => /^[\w@. -]+$/.test(key) && !looksRandom(key)
const keyOf = (value: Scalar) => `${typeof value} ${value}`
