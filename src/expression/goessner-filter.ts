/**
 * The filters and scripts of Goessner's JSONPath (`?(@.price < 10 && @.tag =~ /^a/i)`, `(@.length-1)`) as a language of
 * their own: JavaScript's operators with JavaScript's precedence over JSON values, own members only, a few string methods, and
 * nothing that could run code, loop, or reach a prototype. Where JavaScript would throw on a missing value, it is `undefined`.
 */
import { ExpressionError } from './expression-error.ts'
import { compileRegex } from './regex.ts'

/** What jsonpath-plus offers to a filter, under its names. */
export type Sandbox = Readonly<Record<string, unknown>>
type Value = (sandbox: Sandbox) => unknown
type Test = (text: string) => boolean

/** What jsonpath-plus writes for `@…`, also inside string literals, where it must be undone. */
const VARIABLES: Readonly<Record<string, string>> = {
  '@': '_$_v',
  '@root': '_$_root',
  '@path': '_$_path',
  '@property': '_$_property',
  '@parent': '_$_parent',
  '@parentProperty': '_$_parentProperty',
}

const TOKEN =
  /\s*(?:(@(?:root|path|parentProperty|parent|property)?|[A-Za-z_$][\w$]*)|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|('(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")|(===|!==|==|!=|<=|>=|=~|&&|\|\||[<>+\-*%!()[\].,/]))/y
const REGEX = /\s*\/(?:[^/\\[]|\\[\s\S]|\[(?:[^\]\\]|\\[\s\S])*\])+\/[gimsu]*/y

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

  /** The regular expression whose first slash is the token in hand. */
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
    throw new ExpressionError(
      `expected ${expected}, found ${found} in filter ${JSON.stringify(this.code)}`,
      this.start,
    )
  }
}

function readLevel(reader: Reader, level: number): Value {
  const operators = LEVELS[level]
  if (operators === undefined) return readUnary(reader)
  let left = readLevel(reader, level + 1)
  while (reader.kind === 'operator' && operators.includes(reader.token)) {
    const operator = reader.token
    reader.next()
    left =
      operator === '=~'
        ? matching(left, readRegex(reader))
        : combine(operator, left, readLevel(reader, level + 1))
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
    return typeof text === 'string' || typeof text === 'number' ? test(String(text)) : false
  }
}

function combine(operator: string, left: Value, right: Value): Value {
  if (operator === '||') return sandbox => left(sandbox) || right(sandbox)
  if (operator === '&&') return sandbox => left(sandbox) && right(sandbox)
  const operate = OPERATIONS[operator]!
  return sandbox => operate(left(sandbox), right(sandbox))
}

type Operation = (a: unknown, b: unknown) => unknown

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '==': looselyEqual,
  '!=': (a, b) => !looselyEqual(a, b),
  '<': ordered((a, b) => a < b),
  '<=': ordered((a, b) => a <= b),
  '>': ordered((a, b) => a > b),
  '>=': ordered((a, b) => a >= b),
  '+': (a, b) => (isObject(a) || isObject(b) ? Number.NaN : (a as number) + (b as number)),
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
  return (a, b) => (isObject(a) || isObject(b) ? Number.NaN : operate(a as number, b as number))
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
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
      value = reader.skip('(') ? readCall(reader, value, name) : memberOf(value, () => name)
    } else if (reader.skip('[')) {
      const key = readLevel(reader, 0)
      if (!reader.skip(']')) reader.fail('"]"')
      value = memberOf(value, key)
    } else {
      return value
    }
  }
}

/** `/pattern/.test(value)`. */
function readTest(reader: Reader, test: Test): Value {
  if (!reader.skip('.') || reader.token !== 'test') reader.fail('".test(" after a regular expression')
  reader.next()
  if (!reader.skip('(')) reader.fail('"("')
  const value = matching(readLevel(reader, 0), test)
  if (!reader.skip(')')) reader.fail('")"')
  return value
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

function readCall(reader: Reader, value: Value, name: string): Value {
  if (name === 'match') {
    const test = readRegex(reader)
    if (!reader.skip(')')) reader.fail('")"')
    return matching(value, test)
  }
  const method = Object.hasOwn(METHODS, name) ? METHODS[name]! : undefined
  if (method === undefined) {
    throw new ExpressionError(
      `expected a known method, found "${name}"`,
      0,
      `Known are match, ${Object.keys(METHODS).join(', ')}.`,
    )
  }
  const argument = reader.token === ')' ? () => undefined : readLevel(reader, 0)
  if (!reader.skip(')')) reader.fail('")"')
  return sandbox => {
    const text = value(sandbox)
    const wanted = argument(sandbox)
    if (typeof text === 'string' && !isObject(wanted)) return method(text, wanted)
    return name === 'includes' && Array.isArray(text) ? text.includes(wanted) : undefined
  }
}

function memberOf(value: Value, key: Value): Value {
  return sandbox => {
    const object = value(sandbox)
    const name = key(sandbox)
    if (object === undefined || object === null || isObject(name)) return undefined
    return Object.hasOwn(object as object, name as string)
      ? (object as Record<string, unknown>)[name as string]
      : undefined
  }
}

function readPrimary(reader: Reader): Value {
  const { kind, token } = reader
  if (reader.skip('(')) {
    const value = readLevel(reader, 0)
    if (!reader.skip(')')) reader.fail('")"')
    return value
  }
  if (kind === 'operator' || kind === 'end') reader.fail('a value')
  const value =
    kind === 'name'
      ? readWord(reader)
      : kind === 'number'
        ? constant(Number(token))
        : constant(unquote(token))
  reader.next()
  return value
}

function readWord(reader: Reader): Value {
  switch (reader.token) {
    case 'true':
      return constant(true)
    case 'false':
      return constant(false)
    case 'null':
      return constant(null)
    case 'undefined':
      return constant(undefined)
  }
  const variable = VARIABLES[reader.token] ?? reader.token
  if (!Object.values(VARIABLES).includes(variable)) reader.fail('"@" or a literal')
  return sandbox => sandbox[variable]
}

function constant(value: unknown): Value {
  return () => value
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function unquote(literal: string): string {
  const text = literal
    .slice(1, -1)
    .replace(/\\(?:u([\dA-Fa-f]{4})|([\s\S]))/g, (_, code?: string, letter = '') =>
      code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
  return text.replace(/_\$_(v|root|path|parentProperty|parent|property)/g, (_, name) =>
    name === 'v' ? '@' : `@${name}`,
  )
}
