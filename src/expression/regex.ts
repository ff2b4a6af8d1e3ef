import { RE2JS, RE2JSSyntaxException } from 're2js'
import { ExpressionError } from './expression-error.ts'

/**
 * A pattern written as in JavaScript, `/^a.c$/i`. A slash inside, or letters that are no flags, make it a
 * plain pattern.
 */
const LITERAL = /^\/((?:[^/\\]|\\[\s\S])+)\/(?!.*(.).*\2)([gimsu]*)$/

const FLAGS: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
}

/**
 * A predicate: does the pattern match somewhere in the text? Time is linear in the text whatever the pattern
 * (RE2), which is why there are no look-around assertions and no backreferences. Throws ExpressionError for a
 * bad pattern. The specification names no dialect and no anchoring; JavaScript's syntax and search are what
 * its examples read like.
 */
export function compileRegex(pattern: string): (text: string) => boolean {
  const [, body = pattern, , letters = ''] = LITERAL.exec(pattern) ?? []
  let flags = 0
  for (const letter of letters) flags |= FLAGS[letter] ?? 0
  const compiled = compile(body, flags)
  return text => compiled.test(text)
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern), flags)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    const reason = error.message.replace(/^error parsing regexp: /, '').replaceAll('`', '"')
    const backtracking = /\(\?<?[=!]|\\[1-9]/.exec(pattern)
    const hint = backtracking
      ? 'Patterns run in linear time: look-around and backreferences are not available.'
      : undefined
    const message = `expected a regular expression, found ${JSON.stringify(pattern)} (${reason})`
    throw new ExpressionError(message, backtracking?.index ?? 0, hint, {}, { cause: error })
  }
}
