import { createRequire } from 'node:module'
import type { Ajv2020, ErrorObject, Options } from 'ajv/dist/2020.js'
import { patternEngine } from './pattern.ts'

export type SchemaError = ErrorObject
export type Validate = ReturnType<Ajv2020['compile']>

const require = createRequire(import.meta.url)

/** Required when the first schema is compiled: many load threads have none, and it takes 60 ms of their start. */
function loadAjv() {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats')
  return { Ajv2020, addFormats }
}

/**
 * JSON Schema 2020-12 with formats asserted; keywords and formats that nobody knows are passed over. Schemas are not
 * held against their own meta-schema, which costs fifty times what compiling them does: what is wrong with one is found
 * when the document is read (inputs), or keeps it from being compiled.
 */
export function createAjv(options: Options = {}): Ajv2020 {
  const { Ajv2020, addFormats } = loadAjv()
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
