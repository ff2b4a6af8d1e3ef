import { bounded } from './bounded.ts'
import { engines } from './engines.ts'
import { ExpressionError, HINTS } from './expression-error.ts'

/**
 * A pattern written as in JavaScript, `/^a.c$/i`. A slash inside, or letters that are not flags, make it a
 * plain pattern.
 */
const LITERAL = /^\/((?:[^/\\]|\\[\s\S])+)\/(?!.*(.).*\2)([gimsu]*)$/

const FLAGS = { i: 'CASE_INSENSITIVE', m: 'MULTILINE', s: 'DOTALL' } as const

/** Longest time, in milliseconds, that a pattern which RE2 has no words for may take for one text. */
const LONGEST = 1_000

/**
 * Returns a predicate that searches for the pattern in a text. RE2 takes linear time for any pattern. Patterns with
 * look-around or backreferences use JavaScript's engine and are stopped if they take too long: the predicate then
 * throws ExpressionError. Throws ExpressionError for an invalid pattern. The specification defines no dialect and no
 * anchoring; its examples match JavaScript.
 */
export function compileRegex(pattern: string): (text: string) => boolean {
  const [, body = pattern, , letters = ''] = LITERAL.exec(pattern) ?? []
  const stoppable = () => (BACKTRACKING.test(body) ? backtracking(body, letters) : undefined)
  const compiled = compileLinear(pattern, stoppable)
  return typeof compiled === 'function' ? compiled : text => compiled.test(text)
}

/**
 * Compiles a pattern by RE2.
 * @param otherwise what to take instead of a pattern that RE2 refuses; without it ExpressionError is thrown.
 */
export function compileLinear<T = never>(pattern: string, otherwise: () => T | undefined = () => undefined) {
  const [, body = pattern, , letters = ''] = LITERAL.exec(pattern) ?? []
  const { RE2JS, RE2JSSyntaxException } = engines.re2()
  let flags = 0
  for (const [letter, name] of Object.entries(FLAGS)) if (letters.includes(letter)) flags |= RE2JS[name]
  try {
    return RE2JS.compile(RE2JS.translateRegExp(body), flags)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    const other = otherwise()
    if (other !== undefined) return other
    // Messages of re2js begin alike, and quote as Go does.
    const reason = error.message.replace(/^error parsing regexp: /, '').replaceAll('`', '"')
    const message = `expected a regular expression, found ${JSON.stringify(body)} (${reason})`
    throw new ExpressionError(message, 0, HINTS.regex, {}, { cause: error })
  }
}

const BACKTRACKING = /\(\?<?[=!]|\\[1-9]|\\k</

/** JavaScript's engine. Its unicode mode is the stricter one; what that refuses may still be a pattern without it. */
function backtracking(body: string, letters: string): ((text: string) => boolean) | undefined {
  const flags = letters.replaceAll(/[gu]/g, '')
  for (const mode of [`${flags}u`, flags]) {
    try {
      const compiled = new RegExp(body, mode)
      return text => bounded(() => compiled.test(text), LONGEST)
    } catch {}
  }
  return undefined
}
