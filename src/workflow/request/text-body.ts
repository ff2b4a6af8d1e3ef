import type { TextTemplate } from '../../expression/ast.ts'
import { compileExpression, type Scope, stringify } from '../../expression/index.ts'
import { encodeStrict } from './style.ts'

/**
 * JSON written as text with embedded expressions. Inside a JSON string a value is escaped, so that a quotation mark in
 * it cannot end the string; elsewhere it is embedded as it is. A string that is nothing but one expression becomes
 * the structure where the value is an object or a list: `"customer": "{$inputs.customer}"` of the specification's own
 * bnpl example could not become JSON otherwise.
 */
export function compileJsonText(template: TextTemplate): (scope: Scope) => string {
  const writers = template.parts.map((part, index): string | ((scope: Scope) => string) => {
    if (typeof part === 'string') return part
    const evaluate = compileExpression(part.expression)
    const before = template.parts.slice(0, index).map(textOf).join('')
    if (!endsInString(before)) return scope => stringify(evaluate(scope))
    const isWhole = before.endsWith('"') && firstText(template, index + 1).startsWith('"')
    return scope => {
      const value = evaluate(scope)
      const text = stringify(value)
      const escaped = JSON.stringify(text).slice(1, -1)
      return isWhole && typeof value === 'object' && value !== null ? structureMark + text + structureMark : escaped
    }
  })
  return scope => {
    let text = ''
    for (const writer of writers) text += typeof writer === 'string' ? writer : writer(scope)
    return text.includes(structureMark) ? text.replaceAll(quotedStructure, '$1') : text
  }
}

/** Form text with embedded expressions: embedded values are percent-encoded, so that `&` in one adds no pair. */
export function compileFormText(template: TextTemplate): (scope: Scope) => string {
  const writers = template.parts.map(part =>
    typeof part === 'string' ? part : { evaluate: compileExpression(part.expression) },
  )
  return scope =>
    writers.map(part => (typeof part === 'string' ? part : encodeStrict(stringify(part.evaluate(scope))))).join('')
}

/** A character that JSON text cannot contain unescaped and that `JSON.stringify` always escapes. */
const structureMark = '\u0000'
const quotedStructure = /"\u0000([^\u0000]*)\u0000"/g

const textOf = (part: TextTemplate['parts'][number]) => (typeof part === 'string' ? part : 'x')
const firstText = (template: TextTemplate, index: number) => {
  const part = template.parts[index]
  return typeof part === 'string' ? part : ''
}

/** Whether JSON text breaks off inside a string. */
function endsInString(text: string): boolean {
  let inside = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (inside && char === '\\') index++
    else if (char === '"') inside = !inside
  }
  return inside
}
