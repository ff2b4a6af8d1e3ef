import { bounded } from '../../expression/bounded.ts'
import { compileRegex } from '../../expression/regex.ts'
import { tried } from '../../ground/tried.ts'

/** Longest time, in milliseconds, that a pattern may take for one value. */
const LONGEST = 1_000

interface Pattern {
  test(text: string): boolean
  /** Text by which Ajv tells patterns apart. */
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
  // Brackets keep a pattern such as `/a/i` from being taken for one with flags.
  return tried(() => compileRegex(`(?:${pattern})`))
}

function stoppable(pattern: string): Pattern['test'] {
  const compiled = new RegExp(pattern)
  return text => bounded(() => compiled.test(text), LONGEST)
}

/** The form in which Ajv takes an engine; the code would only serve validators written to a file. */
export const patternEngine = Object.assign((pattern: string) => compilePattern(pattern), { code: 'compilePattern' })
