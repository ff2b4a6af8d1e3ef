import { type Expression, memberOf, parseExpression } from '../expression/index.ts'
import { suggestion } from '../ground/errors.ts'
import { sentenceOf } from '../ground/fault.ts'
import { pointerThrough } from '../ground/pointer.ts'
import { tried } from '../ground/tried.ts'
import { counted, quoted } from '../ground/words.ts'
import { cookiesSetBy } from '../http/cookies.ts'
import { toRecord } from '../http/headers.ts'
import type { RunScope } from './run-scope.ts'

/** A value in which something was looked for. */
interface Holder {
  /** Name of the whole value: `the body`. */
  readonly name: string
  readonly value: unknown
  readonly tokens: readonly string[]
}

/**
 * Reason why an expression has no value, with the actual content: `#/pets has no item 3: it is a list of 2 items`.
 * Undefined without a reason. No value is shown, because it may contain a part of a secret. Slow: for messages.
 *
 * @param text an expression, or one followed by members, as in conditions: `$response.body.pets[3]`.
 * @param ofOutput reason for a missing output of a passed step, if known.
 */
export function whyAbsent(text: string, scope: RunScope, ofOutput: WhyOutput = () => undefined): string | undefined {
  const read = readExpression(text)
  if (read === undefined) return undefined
  const holder = holderOf(read.expression, scope, ofOutput)
  if (typeof holder !== 'object') return holder
  return lookInto({ ...holder, tokens: [...holder.tokens, ...read.members] })
}

type WhyOutput = (stepId: string, output: string) => string | undefined

/** The longest part of a text that is an expression, and the members that are asked of its value. */
function readExpression(text: string): { expression: Expression; members: string[] } | undefined {
  const members: string[] = []
  let rest = text
  for (;;) {
    const read = tried(() => parseExpression(rest))
    if (read !== undefined) return { expression: read.expression, members }
    const last = /(?:\.([\w-]+)|\[\s*(?:(\d+)|'([^']*)'|"([^"]*)")\s*\])$/.exec(rest)
    if (last === null) return undefined
    members.unshift(last.slice(1).find(part => part !== undefined)!)
    rest = rest.slice(0, last.index)
  }
}

/** Value that an expression searches. A text is the reason why there is no such value. */
function holderOf(expression: Expression, scope: RunScope, ofOutput: WhyOutput): Holder | string | undefined {
  switch (expression.kind) {
    case 'response': {
      if (scope.message || scope.received.status === undefined) return undefined
      if (expression.part === 'cookie') return missingCookie(expression.name, scope)
      if (expression.part === 'header') return missingHeader(expression.name, scope)
      if (expression.part !== 'body') return undefined
      const { body, bodyError, isEmpty } = scope.received
      if (bodyError) return sentenceOf(bodyError)
      if (isEmpty) return 'the response has no body'
      return { name: 'the body', value: body, tokens: expression.pointer?.tokens ?? [] }
    }
    case 'message':
      if (expression.part !== 'payload' || scope.message?.payload === undefined) return undefined
      return { name: 'the payload', value: scope.message.payload, tokens: expression.pointer?.tokens ?? [] }
    case 'inputs':
      return valueGiven(scope.inputs, expression.name, 'input', expression.pointer?.tokens)
    case 'outputs':
      return valueGiven(scope.outputs, expression.name, 'output', expression.pointer?.tokens)
    case 'steps': {
      const { stepId, output, pointer } = expression
      const outputs = scope.step(stepId)
      if (outputs === undefined) return `step "${stepId}" has not passed before it`
      if (outputs[output] === undefined) return ofOutput(stepId, output) ?? `step "${stepId}" gave no "${output}"`
      return { name: `"${output}" of step "${stepId}"`, value: outputs[output], tokens: pointer?.tokens ?? [] }
    }
    default:
      return undefined
  }
}

function valueGiven(
  values: Readonly<Record<string, unknown>>,
  name: string,
  what: string,
  tokens: readonly string[] = [],
): Holder | string {
  if (values[name] !== undefined) return { name: `${what} "${name}"`, value: values[name], tokens }
  const meant = suggestion(name, Object.keys(values))
  return `there is no ${what} "${name}"${meant === undefined ? '' : `. ${meant}`}`
}

function missingHeader(name: string, { received }: RunScope): string {
  const names = Object.keys(toRecord(received.headers))
  const meant = suggestion(name.toLowerCase(), names)
  return `the response has no header "${name}"${meant === undefined ? '' : `. ${meant}`}`
}

function missingCookie(name: string, { received }: RunScope): string {
  const names = [...cookiesSetBy(received.headers).keys()]
  if (names.length === 0) return `the response sets no cookie, and so none called "${name}"`
  const meant = suggestion(name, names)
  return `the response sets no cookie "${name}"${meant === undefined ? `, only ${quoted(names)}` : `. ${meant}`}`
}

/** Goes along the tokens as far as there is something. */
function lookInto({ name, value, tokens }: Holder): string | undefined {
  let at = value
  for (const [i, token] of tokens.entries()) {
    const member = memberOf(at, token)
    if (member === undefined) return lacking(i === 0 ? name : `#${pointerThrough(tokens.slice(0, i))}`, at, token)
    at = member
  }
  return undefined
}

const MOST_NAMES = 8

function lacking(where: string, value: unknown, token: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${where} is an empty list`
    const length = `a list of ${counted(value.length, 'item')}`
    return /^\d+$/.test(token) ? `${where} has no item ${token}: it is ${length}` : `${where} is ${length}`
  }
  if (typeof value !== 'object' || value === null) return `${where} is ${kindOf(value)}, which has no members`
  const names = Object.keys(value).filter(name => (value as Record<string, unknown>)[name] !== undefined)
  if (names.length === 0) return `${where} is an empty object`
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  const meant = suggestion(token, names)
  const lack = `${where} has no "${token}"`
  const has = `${quoted(names.slice(0, MOST_NAMES))}${more}`
  return meant === undefined ? `${lack}, only ${has}` : `${lack}. ${meant} It has ${has}`
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}
