import { createRequire } from 'node:module'
import type { Ajv2020, ErrorObject, Options } from 'ajv/dist/2020.js'
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
  // Brackets keep a pattern such as `/a/i` from being taken for one with flags.
  const readable = tried(() => compileRegex(`(?:${pattern})`))
  return { test: readable ?? stoppable(pattern), toString: () => pattern }
}

function stoppable(pattern: string): Pattern['test'] {
  const compiled = new RegExp(pattern)
  return text => bounded(() => compiled.test(text), LONGEST)
}

/** The form in which Ajv takes an engine; the code would only serve validators written to a file. */
const patternEngine = Object.assign((pattern: string) => compilePattern(pattern), { code: 'compilePattern' })

export type SchemaError = ErrorObject
export type Validate = ReturnType<Ajv2020['compile']>

const require = createRequire(import.meta.url)

/**
 * JSON Schema 2020-12 with asserted formats. Unknown keywords and formats are ignored. Schemas are not validated
 * against their meta-schema, which would cost fifty times their compilation: faults are found when the document is read
 * (inputs), or prevent compilation.
 */
export function createAjv(options: Options = {}): Ajv2020 {
  // Loaded with the first schema: many load threads need none, and it takes 60 ms of their start.
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats')
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    // Otherwise a property called `constructor` is there in every object.
    ownProperties: true,
    validateFormats: true,
    logger: false,
    validateSchema: false,
    code: { regExp: patternEngine },
    ...options,
  })
  addFormats(ajv)
  return ajv
}
