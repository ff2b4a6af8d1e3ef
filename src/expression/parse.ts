import type { Expression, Quoted } from './ast.ts'
import { formatExpression } from './ast.ts'
import type { DeclaredNames } from './cursor.ts'
import { Cursor } from './cursor.ts'
import { ExpressionError, SurplusError, suggest, type Warn, type Warning, within } from './expression-error.ts'
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
