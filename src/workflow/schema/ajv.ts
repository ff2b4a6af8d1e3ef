import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'

export type SchemaError = ErrorObject
export type Validate = ReturnType<Ajv2020['compile']>

const addFormats = addFormatsModule.default

/** JSON Schema 2020-12 with formats asserted; keywords and formats that nobody knows are passed over. */
export function createAjv(options: Options = {}): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    validateFormats: true,
    logger: false,
    ...options,
  })
  addFormats(ajv)
  return ajv
}
