import type { OpenApiDescription, SchemaPlace } from '../../document/model.ts'
import { createAjv, type SchemaError } from './ajv.ts'
import { bundleForResponse, FORBIDDEN } from './bundle.ts'
import { EffortError, partsOf, VISITED, visit, withinEffort } from './effort.ts'
import { SchemaPlaces } from './places.ts'

/** Holds a value against a schema. Throws EffortError where that takes too much. */
export interface Validator {
  (value: unknown): boolean
  /** Errors of the last value that did not pass: all for a value of a usual size, else the first. */
  errors?: readonly SchemaError[]
}

/** Size of a value above which only the first error is looked for: each wrong item of 100,000 would have its own. */
const ALL_LISTED = 5_000

/**
 * Compiles the schema of something in a response. Throws an Error in one line when it is not a schema, or refers to
 * what is not there.
 */
export function compileForResponse(place: SchemaPlace, description: OpenApiDescription): Validator {
  const places = SchemaPlaces.of(description)
  const schema = bundleForResponse(places.at(place), places)
  const { first, all } = compilersOf(description)
  const quick = first.compile(schema)
  let thorough: typeof quick | undefined
  const validator: Validator = value => {
    if (withinEffort(value, () => quick(value))) return true
    validator.errors = quick.errors!
    if (partsOf(value, ALL_LISTED) === ALL_LISTED) return false
    thorough ??= all.compile(schema)
    try {
      if (!withinEffort(value, () => thorough!(value))) validator.errors = thorough.errors!
    } catch (error) {
      // The first error was found; that listing the others takes too long changes nothing.
      if (!(error instanceof EffortError)) throw error
    }
    return false
  }
  return validator
}

const compilers = new WeakMap<OpenApiDescription, ReturnType<typeof createCompilers>>()

/** Those of each description, as making one takes a millisecond; they live as long as the description. */
function compilersOf(description: OpenApiDescription) {
  const known = compilers.get(description) ?? createCompilers()
  compilers.set(description, known)
  return known
}

const createCompilers = () => ({ first: createCompiler(false), all: createCompiler(true) })

function createCompiler(allErrors: boolean) {
  const ajv = createAjv({ multipleOfPrecision: 9, allErrors, verbose: true })
  ajv.addKeyword({
    keyword: FORBIDDEN,
    validate: () => false,
    error: { message: 'must NOT be in a response (writeOnly)' },
  })
  ajv.addKeyword({
    keyword: VISITED,
    errors: false,
    validate: () => {
      visit()
      return true
    },
  })
  return ajv
}

export type { SchemaError }
