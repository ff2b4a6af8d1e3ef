import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import { patternEngine } from './pattern.ts'

export type SchemaError = ErrorObject
export type Validate = ReturnType<Ajv2020['compile']>

const addFormats = addFormatsModule.default

/**
 * JSON Schema 2020-12 with formats asserted; keywords and formats that nobody knows are passed over. Schemas are not held
 * against their own meta-schema, which costs fifty times what compiling them does: what is wrong with one is found when the
 * document is read (inputs), or keeps it from being compiled.
 */
export function createAjv(options: Options = {}): Ajv2020 {
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
