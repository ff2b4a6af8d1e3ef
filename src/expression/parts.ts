/** The pieces expressions are made of, under the names of the specification's ABNF. */
import { tried } from '../ground/tried.ts'
import type { Pointer } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { ExpressionError, within } from './expression-error.ts'
import { parsePointer, pointerTo } from './pointer.ts'
import { suggest } from './suggestion.ts'

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

export function readIdentifier(cursor: Cursor, what: string): string {
  return cursor.take(IDENTIFIER) ?? cursor.fail(what)
}

export function readStrictIdentifier(cursor: Cursor, what: string): string {
  return cursor.take(STRICT_IDENTIFIER) ?? cursor.fail(what)
}

/** The name of a header, which has no case, or of a cookie, which has one (RFC 6265, 4.1.1). */
export function readToken(cursor: Cursor, what: string): string {
  return cursor.take(TOKEN[cursor.ending]) ?? cursor.fail(what)
}

export function readName(cursor: Cursor, what: string): string {
  const name = cursor.take(NAME[cursor.ending]) ?? cursor.fail(what)
  if (!name.includes('\\')) return name
  return tried(() => JSON.parse(`"${name}"`)) ?? name
}

/** One of the grammar's words. Literals in ABNF match in any letter case (RFC 5234, section 2.3). */
export function readWord<W extends string>(cursor: Cursor, words: readonly W[], what: string): W {
  const start = cursor.at
  const found = cursor.take(/\w+/y) ?? cursor.fail(what)
  const word = words.find(word => word === found) ?? words.find(word => sameWord(word, found))
  if (word === undefined) {
    throw new ExpressionError(`expected ${what}, found "${found}"`, start, suggest(found, words))
  }
  if (word !== found) cursor.notes.push(`"${found}" is read as "${word}"`)
  return word
}

export function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/**
 * What may follow a value: `#` and a JSON Pointer, or `.member` and `[item]`, which become one.
 * `.member` is only looked for where names cannot hold dots, after a body or an item.
 */
export function readPointer(cursor: Cursor): Pointer | undefined {
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
