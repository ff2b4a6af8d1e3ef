/**
 * The filters and scripts of Goessner's JSONPath (`?(@.price < 10 && @.tag =~ /^a/i)`, `(@.length-1)`) as a
 * language of their own: JavaScript's operators with JavaScript's precedence over JSON values, own members
 * only, a few string methods, and nothing that could run code, loop, or reach a prototype. Where JavaScript
 * would throw on a missing value, it is `undefined`.
 */
import { exactNumber } from '../ground/json.ts'
import { isSameNumber } from './condition/compare.ts'
import { ExpressionError } from './expression-error.ts'
import { compileRegex } from './regex.ts'

/** JavaScript's operators on JSON values. Objects are never converted, since that would call what they hold. */

type Operation = (a: unknown, b: unknown) => unknown

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '===': (a, b) => a === b || isSameNumber(a, b),
  '!==': (a, b) => a !== b && !isSameNumber(a, b),
  '==': looselyEqual,
  '!=': (a, b) => !looselyEqual(a, b),
  '<': ordered((a, b) => a < b),
  '<=': ordered((a, b) => a <= b),
  '>': ordered((a, b) => a > b),
  '>=': ordered((a, b) => a >= b),
  '+': (a, b) => (isObject(a) || isObject(b) ? Number.NaN : (inexact(a) as number) + (inexact(b) as number)),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
}

function looselyEqual(a: unknown, b: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: the dialect's filters are JavaScript's
  return isObject(a) || isObject(b) ? a === b : a == b
}

function ordered(compare: (a: number, b: number) => boolean): Operation {
  return (a, b) => !isObject(a) && !isObject(b) && compare(a as number, b as number)
}

function arithmetic(operate: (a: number, b: number) => number): Operation {
  return (a, b) => (isObject(a) || isObject(b) ? Number.NaN : operate(inexact(a) as number, inexact(b) as number))
}

/** Arithmetic is that of numbers, as JavaScript has no operator for a number and a bigint. */
const inexact = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** An own member of an object, or the length of text. */
function memberOf(object: unknown, name: unknown): unknown {
  if (object === undefined || object === null || isObject(name)) return undefined
  const own = Object.hasOwn(object, name as string)
  return own ? (object as Record<string, unknown>)[name as string] : undefined
}

const METHODS: Readonly<Record<string, (text: string, argument: unknown) => unknown>> = {
  includes: (text, argument) => text.includes(String(argument)),
  indexOf: (text, argument) => text.indexOf(String(argument)),
  startsWith: (text, argument) => text.startsWith(String(argument)),
  endsWith: (text, argument) => text.endsWith(String(argument)),
  toLowerCase: text => text.toLowerCase(),
  toUpperCase: text => text.toUpperCase(),
  trim: text => text.trim(),
}

const METHOD_NAMES = Object.keys(METHODS)

/** Methods are those of text; a list has `includes`. */
function call(name: string, object: unknown, argument: unknown): unknown {
  if (typeof object === 'string' && !isObject(argument)) return METHODS[name]!(object, argument)
  return name === 'includes' && Array.isArray(object) ? object.includes(argument) : undefined
}

/** Names that jsonpath-plus offers to a filter. */
export type Sandbox = Readonly<Record<string, unknown>>
type Value = (sandbox: Sandbox) => unknown
type Test = (text: string) => boolean

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '===', '!==', '=~'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
]
const DEEPEST = 100

export function compileFilter(code: string): Value {
  const reader = new Reader(code)
  const value = readLevel(reader, 0)
  if (reader.token !== '') reader.fail('the end of the filter')
  return value
}

function readLevel(reader: Reader, level: number): Value {
  const operators = LEVELS[level]
  if (operators === undefined) return readUnary(reader)
  let left = readLevel(reader, level + 1)
  while (reader.kind === 'operator' && operators.includes(reader.token)) {
    const operator = reader.token
    reader.next()
    left = operator === '=~' ? matching(left, readRegex(reader)) : combine(operator, left, readLevel(reader, level + 1))
  }
  return left
}

function readRegex(reader: Reader): Test {
  const regex = reader.regex()
  return regex === undefined ? reader.fail('a regular expression between slashes') : compileRegex(regex)
}

function matching(value: Value, test: Test): Value {
  return sandbox => {
    const text = value(sandbox)
    return typeof text === 'string' || typeof text === 'number' || typeof text === 'bigint' ? test(String(text)) : false
  }
}

function combine(operator: string, left: Value, right: Value): Value {
  if (operator === '||') return sandbox => left(sandbox) || right(sandbox)
  if (operator === '&&') return sandbox => left(sandbox) && right(sandbox)
  const operate = OPERATIONS[operator]!
  return sandbox => operate(left(sandbox), right(sandbox))
}

function readUnary(reader: Reader): Value {
  if (++reader.depth > DEEPEST) reader.fail('less nesting')
  try {
    if (reader.skip('!')) {
      const operand = readUnary(reader)
      return sandbox => !operand(sandbox)
    }
    if (reader.skip('-')) {
      const operand = readUnary(reader)
      return sandbox => OPERATIONS['-']!(0, operand(sandbox))
    }
    return readPostfix(reader)
  } finally {
    reader.depth--
  }
}

function readPostfix(reader: Reader): Value {
  const regex = reader.regex()
  if (regex !== undefined) return readTest(reader, compileRegex(regex))
  let value = readPrimary(reader)
  for (;;) {
    if (reader.skip('.')) {
      const name = reader.kind === 'name' ? reader.token : reader.fail('the name of a member')
      reader.next()
      const object = value
      value = reader.skip('(') ? readCall(reader, object, name) : sandbox => memberOf(object(sandbox), name)
    } else if (reader.skip('[')) {
      const object = value
      const key = readLevel(reader, 0)
      reader.expect(']')
      value = sandbox => memberOf(object(sandbox), key(sandbox))
    } else {
      return value
    }
  }
}

/** `/pattern/.test(value)`. */
function readTest(reader: Reader, test: Test): Value {
  if (!reader.skip('.') || reader.token !== 'test') reader.fail('".test(" after a regular expression')
  reader.next()
  reader.expect('(')
  const value = matching(readLevel(reader, 0), test)
  reader.expect(')')
  return value
}

function readCall(reader: Reader, value: Value, name: string): Value {
  if (name === 'match') {
    const test = readRegex(reader)
    reader.expect(')')
    return matching(value, test)
  }
  if (!Object.hasOwn(METHODS, name)) {
    const hint = `Known are match, ${METHOD_NAMES.join(', ')}.`
    throw new ExpressionError(`expected a known method, found "${name}"`, reader.start, hint)
  }
  const argument = reader.token === ')' ? constant(undefined) : readLevel(reader, 0)
  reader.expect(')')
  return sandbox => call(name, value(sandbox), argument(sandbox))
}

function readPrimary(reader: Reader): Value {
  const { kind, token } = reader
  if (reader.skip('(')) {
    const value = readLevel(reader, 0)
    reader.expect(')')
    return value
  }
  if (kind === 'operator' || kind === 'end') reader.fail('a value')
  const value =
    kind === 'name' ? readWord(reader) : kind === 'number' ? constant(exactNumber(token)) : constant(unquote(token))
  reader.next()
  return value
}

/** Words that are values. */
const LITERALS = new Map<string, unknown>(Object.entries({ true: true, false: false, null: null, undefined }))

function readWord(reader: Reader): Value {
  if (LITERALS.has(reader.token)) return constant(LITERALS.get(reader.token))
  const variable = variableOf(reader.token) ?? reader.fail('"@" or a literal')
  return sandbox => sandbox[variable]
}

const constant =
  (value: unknown): Value =>
  () =>
    value

/** Replacements that jsonpath-plus makes for `@` and `@…`. They must be undone inside string literals. */
const VARIABLE = '_\\$_(v|root|path|parentProperty|parent|property)'
const WHOLE_VARIABLE = new RegExp(`^${VARIABLE}$`)
const VARIABLES = new RegExp(VARIABLE, 'g')

function variableOf(word: string): string | undefined {
  const variable = word === '@' ? '_$_v' : word.replace('@', '_$_')
  return WHOLE_VARIABLE.test(variable) ? variable : undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** The text of a quoted literal. */
function unquote(literal: string): string {
  const text = literal
    .slice(1, -1)
    .replace(/\\(?:u([\dA-Fa-f]{4})|([\s\S]))/g, (_, code?: string, letter = '') =>
      code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
  return text.replace(VARIABLES, (_, name) => (name === 'v' ? '@' : `@${name}`))
}

const NAME = /@(?:root|path|parentProperty|parent|property)?|[A-Za-z_$][\w$]*/
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+/
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/
const OPERATOR = /===|!==|==|!=|<=|>=|=~|&&|\|\||[<>+\-*%!()[\].,/]/
const TOKEN = new RegExp(`\\s*(?:${[NAME, NUMBER, TEXT, OPERATOR].map(({ source }) => `(${source})`).join('|')})`, 'y')
const REGEX = /\/(?:[^/\\[]|\\[\s\S]|\[(?:[^\]\\]|\\[\s\S])*\])+\/[gimsu]*/y

/** A filter's text, token by token. */
class Reader {
  readonly code: string
  kind: 'name' | 'number' | 'string' | 'operator' | 'end' = 'end'
  token = ''
  start = 0
  depth = 0
  private at = 0

  constructor(code: string) {
    this.code = code
    this.next()
  }

  next(): void {
    TOKEN.lastIndex = this.at
    const found = TOKEN.exec(this.code)
    this.start = this.at
    if (found === null) {
      this.kind = 'end'
      this.token = this.code.slice(this.at).trim()
      if (this.token !== '') this.fail('an operator or a value')
      return
    }
    this.at += found[0].length
    this.token = found[1] ?? found[2] ?? found[3] ?? found[4]!
    this.kind = found[1] ? 'name' : found[2] ? 'number' : found[3] ? 'string' : 'operator'
    this.start = this.at - this.token.length
  }

  skip(operator: string): boolean {
    if (this.kind !== 'operator' || this.token !== operator) return false
    this.next()
    return true
  }

  expect(operator: string): void {
    if (!this.skip(operator)) this.fail(`"${operator}"`)
  }

  /** Regular expression that begins at the current slash token. */
  regex(): string | undefined {
    REGEX.lastIndex = this.start
    const found = this.token === '/' ? REGEX.exec(this.code)?.[0] : undefined
    if (found === undefined) return undefined
    this.at = this.start + found.length
    this.next()
    return found
  }

  fail(expected: string): never {
    const found = this.token === '' ? 'the end' : JSON.stringify(this.token)
    throw new ExpressionError(`expected ${expected}, found ${found} in filter ${JSON.stringify(this.code)}`, this.start)
  }
}
