/** A reader for each thing that an expression can start with, in the order of the specification's ABNF. */

import { tried } from '../ground/tried.ts'
import type { Expression, Pointer } from './ast.ts'
import type { Cursor, DeclaredNames } from './cursor.ts'
import { ExpressionError, suggest, within } from './expression-error.ts'
import { parsePointer, pointerTo } from './pointer.ts'

/** The pieces expressions are made of, under the names of the specification's ABNF. */

/**
 * `identifier` and `identifier-strict`, letters and digits of all scripts included. A dot never ends a name.
 */
const IDENTIFIER = /[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*/uy
const STRICT_IDENTIFIER = /[\p{L}\p{N}_-]+/uy
/** `token`. In a condition, operators end it although `!`, `&` and `|` are token characters. */
const TOKEN = {
  text: /[!#$%&'*+.^_`|~\w-]+/y,
  brace: /[!#$%&'*+.^_`|~\w-]+/y,
  condition: /(?:(?!!=|&&|\|\|)[!#$%&*+.^_`|~\w-])+/y,
}
/** `name` and `source-reference-id`: any characters but braces. */
const NAME = { text: /[^{}]+/y, brace: /[^{}]+/y, condition: /(?:(?!==|!=|&&|\|\|)[^\s()[\]{}<>,'"])+/y }
/** `json-pointer`. Version 1.0 allows braces in it, which only a whole text can hold. */
const POINTER = { text: /[\s\S]*/y, brace: /[^}]*/y, condition: /(?:(?!==|!=|&&|\|\|)[^\s)[\]{}<>])*/y }
const MEMBER = /\.([\p{L}\p{N}_-]+)/uy
const ITEM = /\[\s*(?:(\d+)|'((?:[^']|'')*)'|"([^"]*)")\s*\]/y

const readIdentifier = (cursor: Cursor, what: string): string => cursor.take(IDENTIFIER) ?? cursor.fail(what)

function readStrictIdentifier(cursor: Cursor, what: string): string {
  return cursor.take(STRICT_IDENTIFIER) ?? cursor.fail(what)
}

/** The name of a header, which has no case, or of a cookie, which has one (RFC 6265, 4.1.1). */
const readToken = (cursor: Cursor, what: string): string => cursor.take(TOKEN[cursor.ending]) ?? cursor.fail(what)

function readName(cursor: Cursor, what: string): string {
  const name = cursor.take(NAME[cursor.ending]) ?? cursor.fail(what)
  if (!name.includes('\\')) return name
  return tried(() => JSON.parse(`"${name}"`)) ?? name
}

/** One of the grammar's words. Literals in ABNF match in any letter case (RFC 5234, section 2.3). */
function readWord<W extends string>(cursor: Cursor, words: readonly W[], what: string): W {
  const start = cursor.at
  const found = cursor.take(/\w+/y) ?? cursor.fail(what)
  const word = words.find(word => word === found) ?? words.find(word => sameWord(word, found))
  if (word === undefined) {
    throw new ExpressionError(`expected ${what}, found "${found}"`, start, suggest(found, words))
  }
  if (word !== found) cursor.notes.push(`"${found}" is read as "${word}"`)
  return word
}

const sameWord = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/**
 * Reads the part after a value: `#` and a JSON Pointer, or `.member` and `[item]`, which become one. `.member` is only
 * read where names cannot contain dots, after a body or an item.
 */
function readPointer(cursor: Cursor): Pointer | undefined {
  const start = cursor.at
  const tokens: string[] = []
  const bracket = readMembers(cursor, tokens)
  if (bracket && cursor.ending !== 'condition') {
    cursor.notes.push(
      `"${cursor.text.slice(start, cursor.at)}" is read as the JSON Pointer "${pointerTo(tokens).text}"`,
    )
  }
  if (cursor.skip('#')) tokens.push(...readFragment(cursor).tokens)
  return tokens.length === 0 ? undefined : pointerTo(tokens)
}

function readFragment(cursor: Cursor): Pointer {
  const start = cursor.at
  const text = cursor.take(POINTER[cursor.ending]) ?? ''
  return within(start, {}, () => parsePointer(text))
}

/**
 * Adds the tokens of `.a[0]['b']`; tells whether there were brackets. Leaves `[` alone where a condition
 * computes an index.
 */
function readMembers(cursor: Cursor, tokens: string[]): boolean {
  let brackets = false
  for (;;) {
    const member = cursor.take(MEMBER)
    if (member !== undefined) {
      tokens.push(member.slice(1))
      continue
    }
    ITEM.lastIndex = cursor.at
    const item = ITEM.exec(cursor.text)
    if (item === null) return brackets
    cursor.at += item[0].length
    tokens.push(item[1] !== undefined ? String(Number(item[1])) : (item[2]?.replaceAll("''", "'") ?? item[3]!))
    brackets = true
  }
}

type Kind = Expression['kind']

/** Each reader starts behind `$kind.`, or behind `$kind` for those that stand alone. */
export const READERS: { readonly [kind in Kind]: (cursor: Cursor) => Expression } = {
  url: () => ({ kind: 'url' }),
  method: () => ({ kind: 'method' }),
  statusCode: () => ({ kind: 'statusCode' }),
  request: readRequest,
  response: readResponse,
  message: readMessage,
  inputs: readNamed('inputs', 'an input'),
  outputs: readNamed('outputs', 'an output'),
  steps: readStep,
  workflows: readWorkflow,
  sourceDescriptions: readSource,
  components: readComponent,
  self: () => ({ kind: 'self' }),
}

export const ROOTS = Object.keys(READERS) as readonly Kind[]

/** The kind of a word after `$`; `undefined` for a word that starts no expression. */
export function rootOf(word: string): Kind | undefined {
  return ROOTS.find(root => root === word) ?? ROOTS.find(root => sameWord(root, word))
}

export function standsAlone(kind: Kind): boolean {
  return kind === 'url' || kind === 'method' || kind === 'statusCode' || kind === 'self'
}

const PARTS = ['header', 'query', 'path', 'body', 'payload'] as const
/** The specification's, and one of ours behind them. */
const RESPONSE_PARTS = [...PARTS, 'cookie'] as const

function readRequest(cursor: Cursor): Expression {
  const part = readPart(cursor, 'request', PARTS)
  return part === 'body'
    ? { kind: 'request', part, pointer: readBody(cursor) }
    : { kind: 'request', part, name: readPartName(cursor, 'request', part) }
}

function readResponse(cursor: Cursor): Expression {
  const part = readPart(cursor, 'response', RESPONSE_PARTS)
  if (part === 'body') return { kind: 'response', part, pointer: readBody(cursor) }
  if (part !== 'cookie') return { kind: 'response', part, name: readPartName(cursor, 'response', part) }
  if (!cursor.skip('.')) cursor.fail('"." and the name of a cookie after "$response.cookie"')
  return { kind: 'response', part, name: readToken(cursor, 'the name of a cookie after "$response.cookie."') }
}

function readMessage(cursor: Cursor): Expression {
  const part = readWord(cursor, PARTS, '"header" or "payload"')
  if (part === 'header' || part === 'query' || part === 'path') {
    return { kind: 'message', part, name: readPartName(cursor, 'message', part) }
  }
  if (part === 'body') cursor.notes.push('"body" of a message is read as "payload"')
  return { kind: 'message', part: 'payload', pointer: readBody(cursor) }
}

/** `payload` is a word of messages and `body` one of requests; the grammar lets both follow everything. */
function readPart<P extends string>(cursor: Cursor, of: string, parts: readonly P[]): Exclude<P, 'payload'> | 'body' {
  const part = readWord(cursor, parts, `a part of the ${of}`)
  if (part !== 'payload') return part as Exclude<P, 'payload'>
  cursor.notes.push(`"payload" of a ${of} is read as "body"`)
  return 'body'
}

function readPartName(cursor: Cursor, of: string, part: 'header' | 'query' | 'path'): string {
  if (!cursor.skip('.')) cursor.fail(`"." and a name after "$${of}.${part}"`)
  const what = `a ${part === 'header' ? 'header' : `${part} parameter`} after "$${of}.${part}."`
  return part === 'header' ? readToken(cursor, what).toLowerCase() : readName(cursor, what)
}

function readBody(cursor: Cursor) {
  const pointer = readPointer(cursor)
  if (cursor.starts('/')) {
    const rest = cursor.text.slice(cursor.at)
    cursor.fail('"#" before a JSON Pointer', `Write #${rest}.`)
  }
  return pointer
}

function readNamed(kind: 'inputs' | 'outputs', what: string): (cursor: Cursor) => Expression {
  return cursor => {
    const name =
      (kind === 'inputs' ? takeDeclared(cursor, 'inputs') : undefined) ??
      readIdentifier(cursor, `the name of ${what} after "$${kind}."`)
    return { kind, name, pointer: readPointer(cursor) }
  }
}

/** Passes over the longest declared name that stands at the cursor, where what follows it cannot be more of a name. */
function takeDeclared(cursor: Cursor, of: keyof DeclaredNames): string | undefined {
  const name = cursor.names?.[of].find(
    one => cursor.starts(one) && !/^[\p{L}\p{N}_-]/u.test(cursor.text.slice(cursor.at + one.length)),
  )
  if (name !== undefined) cursor.at += name.length
  return name
}

/**
 * A step's id has no dots, so `$steps.a.outputs.b.c` is output `b.c` (or member `c` of `b`) of step `a`.
 * Without `.outputs.`, as an example of the specification has it, everything behind the id is the output.
 */
function readStep(cursor: Cursor): Expression {
  const start = cursor.at
  const form = 'Write $steps.<stepId>.outputs.<output>.'
  const declared = takeDeclared(cursor, 'steps')
  if (declared !== undefined) {
    if (!cursor.skip('.outputs.')) cursor.fail(`".outputs." and an output after "$steps.${declared}"`, form)
    const output = readIdentifier(cursor, `an output's name after "$steps.${declared}.outputs."`)
    return { kind: 'steps', stepId: declared, output, pointer: readPointer(cursor) }
  }
  const name = readIdentifier(cursor, 'a stepId after "$steps."')
  const field = /\.outputs\./i.exec(name)
  if (field !== null) {
    if (field[0] !== '.outputs.') cursor.notes.push(`"${field[0]}" is read as ".outputs."`)
    const output = name.slice(field.index + field[0].length)
    return { kind: 'steps', stepId: name.slice(0, field.index), output, pointer: readPointer(cursor) }
  }
  const dot = name.indexOf('.')
  if (dot < 0) cursor.fail(`".outputs." and an output after "$steps.${name}"`, form)
  if (/\.outputs$/i.test(name)) cursor.fail(`an output's name after "$steps.${name}."`, form)
  const output = name.slice(dot + 1)
  const pointer = readPointer(cursor)
  cursor.notes.push(`"${cursor.text.slice(start, cursor.at)}" lacks ".outputs." and is read as an output`)
  return { kind: 'steps', stepId: name.slice(0, dot), output, pointer }
}

function readWorkflow(cursor: Cursor): Expression {
  const start = cursor.at
  const form = 'Write $workflows.<workflowId>.outputs.<output> or $workflows.<workflowId>.inputs.<input>.'
  const declared = takeDeclared(cursor, 'workflows')
  if (declared !== undefined || cursor.names !== undefined) {
    const found = readWorkflowOfNames(cursor, declared)
    if (found !== undefined) return found
  }
  const name = readIdentifier(cursor, 'a workflowId after "$workflows."')
  const found = /^(.*?)\.(inputs|outputs)\.(.+)$/i.exec(name)
  if (found === null) cursor.fail(`".inputs." or ".outputs." and a name after "$workflows.${name}"`, form)
  const [, workflowId = '', word = '', field = ''] = found
  if (workflowId.includes('.steps.')) {
    throw new ExpressionError('expected an input or output of the workflow, found one of its steps', start, form)
  }
  const kind = word.toLowerCase() as 'inputs' | 'outputs'
  if (kind !== word) cursor.notes.push(`"${word}" is read as "${kind}"`)
  return { kind: 'workflows', workflowId, field: kind, name: field, pointer: readPointer(cursor) }
}

/** `undefined`, and the cursor where it was, where neither the workflow nor its input needs to be known. */
function readWorkflowOfNames(cursor: Cursor, declared: string | undefined): Expression | undefined {
  const start = cursor.at
  const workflowId = declared ?? cursor.take(/[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*?(?=\.(?:in|out)puts\.)/uy)
  const field = workflowId === undefined ? undefined : cursor.take(/\.(?:in|out)puts\./y)?.slice(1, -1)
  const input = field === 'inputs' ? takeDeclared(cursor, 'workflowInputs') : undefined
  if (workflowId === undefined || field === undefined || (declared ?? input) === undefined) {
    cursor.at = start
    if (declared === undefined) return undefined
    return cursor.fail(`".inputs." or ".outputs." and a name after "$workflows.${declared}"`)
  }
  const name = input ?? readIdentifier(cursor, `a name after "$workflows.${workflowId}.${field}."`)
  const kind = field as 'inputs' | 'outputs'
  return { kind: 'workflows', workflowId, field: kind, name, pointer: readPointer(cursor) }
}

function readSource(cursor: Cursor): Expression {
  const declared = takeDeclared(cursor, 'sources')
  const source = declared ?? readStrictIdentifier(cursor, 'the name of a source after "$sourceDescriptions."')
  if (!cursor.skip('.'))
    cursor.fail(`"." and an operationId, workflowId or field after "$sourceDescriptions.${source}"`)
  const reference = readName(cursor, 'an operationId, workflowId or field of the source')
  return { kind: 'sourceDescriptions', source, reference }
}

const COMPONENTS = ['parameters', 'successActions', 'failureActions', 'inputs'] as const

function readComponent(cursor: Cursor): Expression {
  const type = readWord(cursor, COMPONENTS, 'a kind of component after "$components."')
  if (!cursor.skip('.')) cursor.fail(`"." and a name after "$components.${type}"`)
  return { kind: 'components', type, name: readIdentifier(cursor, `a name after "$components.${type}."`) }
}
