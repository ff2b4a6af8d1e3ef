/**
 * The filters and scripts of Goessner's JSONPath (`?(@.price < 10 && @.tag =~ /^a/i)`, `(@.length-1)`) as a
 * language of their own: JavaScript's operators with JavaScript's precedence over JSON values, own members
 * only, a few string methods, and nothing that could run code, loop, or reach a prototype. Where JavaScript
 * would throw on a missing value, it is `undefined`.
 */
import { exactNumber } from '../../ground/json.ts'
import { ExpressionError } from '../expression-error.ts'
import { compileRegex } from '../regex.ts'
import { call, isMethod, METHOD_NAMES, memberOf, OPERATIONS } from './operations.ts'
import { Reader } from './reader.ts'
import { unquote, variableOf } from './words.ts'

/** What jsonpath-plus offers to a filter, under its names. */
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
      if (!reader.skip(']')) reader.fail('"]"')
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
  if (!reader.skip('(')) reader.fail('"("')
  const value = matching(readLevel(reader, 0), test)
  if (!reader.skip(')')) reader.fail('")"')
  return value
}

function readCall(reader: Reader, value: Value, name: string): Value {
  if (name === 'match') {
    const test = readRegex(reader)
    if (!reader.skip(')')) reader.fail('")"')
    return matching(value, test)
  }
  if (!isMethod(name)) {
    const hint = `Known are match, ${METHOD_NAMES.join(', ')}.`
    throw new ExpressionError(`expected a known method, found "${name}"`, reader.start, hint)
  }
  const argument = reader.token === ')' ? constant(undefined) : readLevel(reader, 0)
  if (!reader.skip(')')) reader.fail('")"')
  return sandbox => call(name, value(sandbox), argument(sandbox))
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
    kind === 'name' ? readWord(reader) : kind === 'number' ? constant(exactNumber(token)) : constant(unquote(token))
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
  const variable = variableOf(reader.token) ?? reader.fail('"@" or a literal')
  return sandbox => sandbox[variable]
}

function constant(value: unknown): Value {
  return () => value
}
