import type { OpenApiDescription, SchemaPlace } from '../../document/model.ts'
import { createAjv, type SchemaError, type Validate } from './ajv.ts'
import { bundleForResponse, FORBIDDEN } from './bundle.ts'
import { SchemaPlaces } from './places.ts'

/**
 * Compiles the schema of something in a response. Throws an Error in one line when it is no schema, or refers to
 * what is not there.
 */
export function compileForResponse(place: SchemaPlace, description: OpenApiDescription): Validate {
  const places = SchemaPlaces.of(description)
  return compilerOf(description).compile(bundleForResponse(places.at(place), places))
}

const compilers = new WeakMap<OpenApiDescription, ReturnType<typeof createAjv>>()

/** One for each description, as making one takes a millisecond; it lives as long as the description. */
function compilerOf(description: OpenApiDescription) {
  const known = compilers.get(description)
  if (known) return known
  const ajv = createAjv({ multipleOfPrecision: 9 })
  ajv.addKeyword({
    keyword: FORBIDDEN,
    validate: () => false,
    error: { message: 'must NOT be in a response (writeOnly)' },
  })
  compilers.set(description, ajv)
  return ajv
}

export type { SchemaError, Validate }
