import { bounded } from '../../expression/bounded.ts'
import { compileRegex } from '../../expression/regex.ts'

/** As long as a pattern may take for one value. */
const LONGEST = 1_000

interface Pattern {
  test(text: string): boolean
  /** By this Ajv tells patterns apart. */
  toString(): string
}

/**
 * Patterns of schemas: in linear time (RE2), look-around and backreferences for a bounded one. What ECMA-262 lets pass
 * without its unicode mode is the business of JavaScript's engine as well, since Ajv has checked it.
 */
function compilePattern(pattern: string): Pattern {
  return { test: readable(pattern) ?? stoppable(pattern), toString: () => pattern }
}

function readable(pattern: string): Pattern['test'] | undefined {
  try {
    // In brackets, so that a pattern such as `/a/i` is not taken for one with flags.
    return compileRegex(`(?:${pattern})`)
  } catch {
    return undefined
  }
}

function stoppable(pattern: string): Pattern['test'] {
  const compiled = new RegExp(pattern)
  return text => bounded(() => compiled.test(text), LONGEST)
}

/** The form in which Ajv takes an engine; the code would only serve validators written to a file. */
export const patternEngine = Object.assign((pattern: string) => compilePattern(pattern), { code: 'compilePattern' })
