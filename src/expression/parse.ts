import type { Expression, Quoted, TextTemplate } from './ast.ts'
import { formatExpression } from './ast.ts'
import type { DeclaredNames } from './cursor.ts'
import { Cursor } from './cursor.ts'
import { ExpressionError, ignore, SurplusError, suggest, type Warn, type Warning, within } from './expression-error.ts'
import { READERS, ROOTS, rootOf, standsAlone } from './roots.ts'

interface ParsedExpression {
  readonly expression: Expression
  readonly warnings: readonly Warning[]
}

/**
 * Reads a text that is one runtime expression and nothing else. Source: Arazzo 1.1.0, "Runtime Expressions".
 * Read with a warning: `$steps.id.output`, items in brackets, another letter case, `payload` for `body`.
 */
export function parseExpression(text: string, names?: DeclaredNames): ParsedExpression {
  const warnings: Warning[] = []
  const cursor = new Cursor(text, 0, 'text', names)
  const expression = readExpression(cursor, warning => warnings.push(warning))
  if (!cursor.ended) {
    const rest = JSON.stringify(text.slice(cursor.at))
    const hint = `To put it into text, embed it: {${text.slice(0, cursor.at)}}.`
    throw new SurplusError(`expected the end of the expression, found ${rest}`, cursor.at, hint)
  }
  return { expression, warnings }
}

/** Reads an expression that stands in a larger text, at `start`. */
export function parseWithin(text: string, start: number, warn: Warn, names: DeclaredNames | undefined): Quoted {
  return within(start, {}, () => {
    const { expression, warnings } = parseExpression(text, names)
    for (const warning of warnings) warn({ ...warning, offset: warning.offset + start })
    return { text, expression }
  })
}

/**
 * Reads an expression at the cursor and leaves the cursor behind it. What must follow is the caller's
 * business.
 */
export function readExpression(cursor: Cursor, warn: Warn): Expression {
  const start = cursor.at
  if (!cursor.skip('$')) cursor.fail('an expression that starts with "$"')
  const word = cursor.take(/[A-Za-z]+/y) ?? cursor.fail('an expression after "$"')
  const root = rootOf(word)
  if (root === undefined) {
    const known = ROOTS.map(name => `$${name}`)
    const hint = suggest(`$${word}`, known)
    throw new ExpressionError(`expected an expression, found "$${word}"`, start, hint)
  }
  if (root !== word) cursor.notes.push(`"$${word}" is read as "$${root}"`)
  if (!standsAlone(root) && !cursor.skip('.')) cursor.fail(`"." and a name after "$${word}"`)
  const expression = READERS[root](cursor)
  for (const message of cursor.notes.splice(0)) {
    warn({ message, offset: start, hint: `Write ${formatExpression(expression)}.` })
  }
  return expression
}

/** Matches text that is meant as an expression, valid or not. `$5.00`, `$ref` and `$.items` are not. */
const MEANT = new RegExp(`\\$(?:${ROOTS.join('|')})(?=[.#[}]|\\s*$)`, 'iy')
/** An expression in the middle of text that lacks its braces. */
const BARE = /\$(?:inputs|outputs|steps|workflows|request|response|message)(?:\.[\w-]+)+/g

export function isExpressionAt(text: string, offset: number): boolean {
  MEANT.lastIndex = offset
  return MEANT.test(text)
}

/**
 * Reads text with embedded expressions; a string is text without any. A brace opens an expression only when a
 * word that starts one follows at once; all other braces are text, as JSON and regular expressions need them.
 */
export function parseText(text: string, warn: Warn = ignore, names?: DeclaredNames): string | TextTemplate {
  const parts: (string | Quoted)[] = []
  let end = 0
  for (let brace = text.indexOf('{$'); brace >= 0; brace = text.indexOf('{$', Math.max(end, brace + 1))) {
    if (!isExpressionAt(text, brace + 1)) continue
    const cursor = new Cursor(text, brace + 1, 'brace', names)
    const expression = readExpression(cursor, warn)
    if (!cursor.starts('}')) cursor.fail('"}" at the end of the embedded expression')
    if (brace > end) parts.push(text.slice(end, brace))
    parts.push({ text: text.slice(brace + 1, cursor.at), expression })
    end = cursor.at + 1
  }
  if (parts.length === 0 || end < text.length) parts.push(text.slice(end))
  warnOfBareExpressions(parts, warn)
  return parts.length === 1 && typeof parts[0] === 'string' ? text : { kind: 'text', text, parts }
}

function warnOfBareExpressions(parts: readonly (string | Quoted)[], warn: Warn): void {
  let start = 0
  for (const part of parts) {
    if (typeof part === 'string') {
      for (const { 0: found, index } of part.matchAll(BARE)) {
        const message = `"${found}" stands in the middle of text without braces and is taken as text`
        warn({ message, offset: start + index, hint: `Write {${found}} to embed it.` })
      }
    }
    start += lengthOf(part)
  }
}

/** How much of the text a part of it takes. */
export function lengthOf(part: string | Quoted): number {
  return typeof part === 'string' ? part.length : part.text.length + 2
}

/**
 * Removes the line breaks of YAML's block scalars at the end: all white space of a query, and only line breaks of
 * patterns and pointers, in which a space has a meaning.
 */
export function trimmed(language: string, text: string): string {
  return language === 'jsonpath' || language === 'xpath' ? text.trimEnd() : text.replace(/[\r\n]+$/, '')
}
