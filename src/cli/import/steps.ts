import { EXTRACT_FIELD } from '../../document/extension-fields.ts'
import type { Raw } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import { parseJson } from '../../ground/json.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import { pointerThrough } from '../../ground/pointer.ts'
import { decoded, tried } from '../../ground/tried.ts'
import { wordsOf } from '../../ground/words.ts'
import { MASK } from '../../workflow/masking/mask.ts'
import { cookiesIn, cookiesSetBy, fieldsOf, type Header, type Recorded } from './har.ts'
import { byForm, type CalledPath, type PathReader } from './operations.ts'
import { fieldsOfPage } from './page.ts'
import { BROWSERS, LEAST, type SecretMatch } from './secrets.ts'
import { looksRandom } from './shapes.ts'
import { isIdName, isPasswordName, isSecretField, isSecretName, isUserName } from './values.ts'

/** A request that became a step. */
export interface Call {
  recorded: Recorded
  path: CalledPath
  /** Id of the operation, in a description that is made from the requests. */
  operationId: string
  /** Query parameters as they were sent, several of one name as a list. */
  query: ReadonlyMap<string, unknown>
  /** Headers that are sent by the step. */
  headers: readonly Header[]
}

/** The one workflow of a recording. */
export interface Written {
  steps: Raw[]
  calls: Call[]
  inputs: Inputs
  carry: Carry
  /** Requests that the description does not know, without secrets. */
  unknown: readonly string[]
  /** How many names of parameters and members hold secrets, so that they are in no step. */
  namesLeftOut: number
}

/**
 * Makes steps of requests, in their order.
 *
 * @param nameOf how an operation is named in the document, if it is of a description that was given.
 * @param secrets what is not written.
 */
export function stepsOf(
  all: readonly Recorded[],
  read: PathReader | undefined,
  nameOf: (path: CalledPath) => Raw | undefined,
  secrets: readonly SecretMatch[],
): Written {
  const logsIn = all.some(({ body }) => fieldsOf(body).some(([name]) => isPasswordName(name)))
  const writer = new Writer(read, nameOf, logsIn, secrets)
  for (const recorded of all) writer.add(recorded)
  return writer.end()
}

class Writer {
  readonly #carry = new Carry()
  readonly #inputs = new Inputs()
  readonly #read: PathReader
  readonly #nameOf: (path: CalledPath) => Raw | undefined
  readonly #steps: Raw[] = []
  readonly #calls: Call[] = []
  readonly #unknown: string[] = []
  readonly #namesLeftOut = new Set<string>()
  readonly #stepIds = new Names()
  readonly #operationIds = new Map<string, string>()
  readonly #operationNames = new Names()
  /** Cookies that responses have set, which virtual users keep. */
  readonly #kept = new Set<string>()
  /** Whether any request has a password. */
  readonly #logsIn: boolean

  constructor(
    read: PathReader | undefined,
    nameOf: (path: CalledPath) => Raw | undefined,
    logsIn: boolean,
    secrets: readonly SecretMatch[],
  ) {
    for (const { name, value, isRandom } of secrets) this.#inputs.guard(name, value, isRandom)
    this.#logsIn = logsIn
    const isSecret = (text: string) => this.#inputs.holds(text)
    this.#read = read ?? byForm(text => this.#carry.knows(text), isSecret)
    this.#nameOf = nameOf
  }

  add(recorded: Recorded): void {
    this.#guard(recorded)
    const path = this.#read(recorded)
    if (path === undefined) {
      this.#unknown.push(`${recorded.method} ${decoded(recorded.url.pathname)}`)
      return
    }
    const operationId = this.#operationIdOf(recorded, path)
    const stepId = this.#stepIds.take(path.operation?.operationId ?? operationId)
    const query = new Map([...queryOf(recorded.url)].filter(([name]) => this.#isShown(name)))
    const headers = this.#headersOf(recorded)
    const parameters = [
      ...path.values.map(({ name, value }) => ({ name, in: 'path', value: this.#ofPath(name, value) })),
      ...[...query].map(([name, value]) => ({ name, in: 'query', value: this.#member(name, value) })),
      ...headers.map(([name, value]) => ({ name, in: 'header', value: this.#ofHeader(name, value) })),
      ...this.#cookies(recorded),
    ]
    this.#steps.push(
      given<Raw>({
        stepId,
        ...(this.#nameOf(path) ?? { operationId }),
        parameters: parameters.length > 0 ? parameters : undefined,
        requestBody: this.#body(recorded),
        successCriteria: [{ condition: `$statusCode == ${statusOf(recorded)}` }],
      }),
    )
    this.#calls.push({ recorded, path, operationId, query, headers })
    this.#carry.learn(stepId, recorded)
  }

  end(): Written {
    const steps = this.#steps.map(step => {
      const outputs = this.#carry.outputs.get(String(step.stepId))
      const { parameters, requestBody } = step
      return given<Raw>({
        ...step,
        parameters: this.#withoutSecrets(parameters),
        requestBody: this.#withoutSecrets(requestBody),
        outputs: outputs && Object.fromEntries(outputs),
      })
    })
    const namesLeftOut = this.#namesLeftOut.size
    const unknown = this.#unknown.map(text => this.#inputs.masked(text))
    return { steps, calls: this.#calls, inputs: this.#inputs, carry: this.#carry, unknown, namesLeftOut }
  }

  /** Cookies and secrets of responses may be sent again under other names. */
  #guard(recorded: Recorded): void {
    const { headers, responseText } = recorded
    for (const [name, value] of headers)
      if (name === 'cookie') for (const [cookie, text] of cookiesIn(value)) this.#inputs.guard(cookie, text)
    for (const [cookie, text] of cookiesSetBy(recorded)) this.#inputs.guard(cookie, text)
    const response = responseText === undefined ? undefined : tried(() => JSON.parse(responseText) as unknown)
    for (const [path, value] of scalarsOf(response))
      if (typeof value === 'string' && isSecretName(path.at(-1) ?? '')) this.#inputs.guard(path.at(-1)!, value)
  }

  /** Whether a name of a parameter or a member may be written; one that may not is left out. */
  readonly #isShown = (name: string): boolean => {
    const isShown = !this.#inputs.holds(name)
    if (!isShown) this.#namesLeftOut.add(name)
    return isShown
  }

  #operationIdOf({ method }: Recorded, { template }: CalledPath): string {
    const key = `${method} ${template}`
    const known = this.#operationIds.get(key)
    if (known !== undefined) return known
    const own = this.#operationNames.take(wordsOf(`${method.toLowerCase()} ${template}`).slice(0, 60))
    this.#operationIds.set(key, own)
    return own
  }

  #headersOf({ headers, body }: Recorded): Header[] {
    return headers.filter(([name, value]) => {
      if (name === 'accept') return isJsonType(value) && essenceOf(value) !== 'application/json'
      return !BROWSERS.test(name) && !(body === undefined && name === 'content-encoding')
    })
  }

  #ofPath(name: string, value: string): unknown {
    const found = this.#carry.findText(value)
    if (found !== undefined) return found
    if (this.#inputs.isGuarded(value) || /reset|verif|confirm|invit|token|secret/i.test(name))
      return this.#inputs.secret(name, value)
    this.#carry.noteSent(value)
    return typeof typed(value) === 'number' ? typed(value) : this.#literal(name, value)
  }

  #ofHeader(name: string, value: string): unknown {
    const [, scheme = '', rest = value] = /^([A-Za-z]+ )?(.*)$/s.exec(value)!
    const whole = this.#carry.find(value)
    if (whole !== undefined) return whole
    const part = scheme === '' ? undefined : this.#carry.find(rest)
    if (part !== undefined) return `${scheme}{${part}}`
    return isSecretName(name) ? this.#inputs.secret(name, value) : this.#literal(name, value)
  }

  /**
   * Cookies that no response has set, but a browser had before. A user who logs in gets others, which old ones would
   * precede.
   */
  #cookies(recorded: Recorded): Raw[] {
    const sent = recorded.headers.filter(([name]) => name === 'cookie').flatMap(([, value]) => cookiesIn(value))
    const own = this.#logsIn ? [] : sent.filter(([name]) => !this.#kept.has(name))
    for (const [name] of cookiesSetBy(recorded)) this.#kept.add(name)
    if (own.length === 0) return []
    const text = own.map(([name, value]) => `${name}=${value}`).join('; ')
    return [{ name: 'Cookie', in: 'header', value: this.#inputs.secret('cookie', text) }]
  }

  #body({ body }: Recorded): Raw | undefined {
    if (body === undefined) return undefined
    const type = body.type === '' ? 'text/plain' : body.type
    if (isJsonType(type)) {
      const value = tried(() => parseJson(body.text))
      return { contentType: essenceOf(type), payload: value === undefined ? body.text : this.#member('body', value) }
    }
    if (essenceOf(type) === 'application/x-www-form-urlencoded') {
      const fields = [...grouped(new URLSearchParams(body.text))].filter(([name]) => this.#isShown(name))
      const hasSecret = fields.some(([name]) => isSecretName(name))
      const payload = fields.map(([name, value]) => [name, this.#member(name, value, hasSecret)])
      return { contentType: essenceOf(type), payload: Object.fromEntries(payload) }
    }
    return { contentType: type, payload: this.#literal('body', body.text) }
  }

  /** A value of a body or of a query, with what is carried over or secret in it as expressions. */
  #member(name: string, value: unknown, hasSecret = false): unknown {
    if (Array.isArray(value)) return value.map(item => this.#member(name, item, hasSecret))
    if (isObject(value)) {
      const isLogin = Object.entries(value).some(([key, item]) => typeof item === 'string' && isSecretName(key))
      const shown = Object.entries(value).filter(([key]) => this.#isShown(key))
      return Object.fromEntries(shown.map(([key, item]) => [key, this.#member(key, item, isLogin)]))
    }
    if (value === null || value === undefined || typeof value === 'boolean') return value
    const scalar = value as Scalar
    const found = isRecognizable(name, scalar) || isIdName(name) ? this.#carry.find(scalar) : undefined
    if (found !== undefined) return found
    if (isSecretField(name, String(scalar), false) && scalar !== '') return this.#inputs.secret(name, String(scalar))
    if (hasSecret && isUserName(name) && typeof scalar === 'string') return this.#inputs.text(name, scalar)
    this.#carry.noteSent(scalar)
    return typeof scalar === 'string' ? this.#literal(name, scalar) : scalar
  }

  /** A text that stays what it is: one that looks like an expression is an input whose default it is. */
  #literal(name: string, text: string): string {
    return /^\s*\$[a-z]|\{\$/i.test(text) ? this.#inputs.literal(name, text) : text
  }

  #withoutSecrets(value: unknown): unknown {
    if (typeof value === 'string') return value.startsWith('$') ? value : this.#inputs.without(value)
    if (Array.isArray(value)) return value.map(item => this.#withoutSecrets(item))
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#withoutSecrets(item)]))
  }
}

type Scalar = string | number | bigint | boolean

/** Each scalar of a JSON value, with the keys that lead to it. */
function* scalarsOf(value: unknown, path: readonly string[] = []): Generator<[readonly string[], Scalar]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.slice(0, MOST_ITEMS).entries()) yield* scalarsOf(item, [...path, String(index)])
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* scalarsOf(item, [...path, key])
  } else if (value !== null && value !== undefined) yield [path, value as Scalar]
}

/** Items of a list that are looked at. */
const MOST_ITEMS = 1000

/** Whether a value of a response may be known again: an id by its name, or a text that is hardly there by chance. */
function isRecognizable(name: string, value: Scalar): boolean {
  if (typeof value === 'boolean' || value === '') return false
  if (isIdName(name)) return true
  return typeof value === 'string' && value.length >= 16 && !/\s|^\d{4}-\d\d-\d\d|^https?:/.test(value)
}

/** Text of a query as the value that it is written from: a number only where it is written so. */
function typed(text: string): string | number {
  return /^-?\d{1,15}$/.test(text) && String(Number(text)) === text ? Number(text) : text
}

/** A browser with a cached response receives 304. A new client receives the response. */
const statusOf = ({ status }: Recorded) => (status === 304 ? 200 : status)

function queryOf(url: URL): Map<string, unknown> {
  return new Map([...grouped(url.searchParams)].map(([name, value]) => [name, typedAll(value)]))
}

const typedAll = (value: string | string[]) => (Array.isArray(value) ? value.map(typed) : typed(value))

function grouped(pairs: URLSearchParams): Map<string, string | string[]> {
  const valuesOf = (all: string[]) => (all.length === 1 ? all[0]! : all)
  return new Map([...new Set(pairs.keys())].map(name => [name, valuesOf(pairs.getAll(name))]))
}

/** First place of a value. */
interface Origin {
  stepId: string
  /** Name there: `id`. */
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

/** Values that are carried over from responses to later requests. A value that a request had before is not carried. */
class Carry {
  readonly #origins = new Map<string, Origin>()
  readonly #sent = new Set<string>()
  /** The outputs that later requests take, by step, then by name. */
  readonly outputs = new Map<string, Map<string, string | Raw>>()

  /** A value that a request holds as it is written. */
  noteSent(value: Scalar): void {
    this.#sent.add(String(value))
  }

  /** Adds the values of a response. Earlier values keep their source. */
  learn(stepId: string, recorded: Recorded): void {
    const { responseHeaders, responseType, responseText } = recorded
    const body: unknown = responseText === undefined ? undefined : tried(() => JSON.parse(responseText))
    for (const [path, value] of scalarsOf(body)) {
      const name = [...path].reverse().find(key => !/^\d+$/.test(key)) ?? 'value'
      if (path.every(isPlainKey) && isRecognizable(name, value))
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

  /** Expression for a value with this text, of any type. */
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

interface Input {
  name: string
  schema: Raw
  /** The name that its value was found with, if it is an input only because it is long and random. */
  randomOf?: string
}

/** Values that are not written into the document as they are: inputs of its workflow. */
class Inputs {
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

/** Names that are each taken once: `items`, `items-2`. */
class Names {
  readonly #taken = new Set<string>()
  /** The number that was last put behind a name. */
  readonly #last = new Map<string, number>()

  /** @param wanted what it is called, in any characters. */
  take(wanted: string): string {
    const base = wordsOf(wanted)
    let n = this.#last.get(base) ?? 1
    let own = base
    while (this.#taken.has(own)) own = `${base}-${++n}`
    this.#last.set(base, n)
    this.#taken.add(own)
    return own
  }
}
