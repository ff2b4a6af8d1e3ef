import { bounded } from '../../expression/bounded.ts'
import { compileRegex } from '../../expression/regex.ts'

/** As long as a pattern may take for one value. */
const LONGEST = 250

interface Pattern {
  test(text: string): boolean
  /** By this Ajv tells patterns apart. */
  toString(): string
}

/**
 * Patterns of schemas. They run in linear time (RE2); those that it has no words for, look-around and
 * backreferences, run in JavaScript's engine, which is stopped when it takes too long.
 */
export function compilePattern(pattern: string): Pattern {
  return { test: linear(pattern) ?? stoppable(pattern), toString: () => pattern }
}

function linear(pattern: string): Pattern['test'] | undefined {
  try {
    // In brackets, so that a pattern such as `/a/i` is not taken for one with flags.
    return compileRegex(`(?:${pattern})`)
  } catch {
    return undefined
  }
}

function stoppable(pattern: string): Pattern['test'] {
  const compiled = unicode(pattern)
  return text => bounded(() => compiled.test(text), LONGEST)
}

function unicode(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return new RegExp(pattern)
  }
}

/** The form in which Ajv takes an engine; the code would only serve validators written to a file. */
export const patternEngine = Object.assign((pattern: string) => compilePattern(pattern), {
  code: 'compilePattern',
})
