import type { JsonSchema, Workflow } from '../document/model.ts'
import { ArazzoError, didYouMean, type Problem, suggestion } from '../ground/errors.ts'
import { type Fault, sentenceOf } from '../ground/fault.ts'
import { asNumbers, exactNumber } from '../ground/json.ts'
import { isObject } from '../ground/object.ts'
import { onceFor } from '../ground/once.ts'
import { quoted } from '../ground/words.ts'
import { createAjv, type SchemaError, type Validate } from './schema/ajv.ts'

/**
 * The inputs that a run starts with: those given, and the schema's defaults for the rest.
 * Throws ArazzoError listing every input that is missing or does not fit the workflow's schema.
 */
export function prepareInputs(workflow: Workflow, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const inputs = withDefaults(workflow.inputs, given)
  const problems = inputProblems(workflow, inputs)
  if (problems.length > 0) throw new ArazzoError(problems)
  return inputs
}

/**
 * Why a workflow cannot be run with these inputs within a run, in words: `input "n" must be integer`. Inputs that it
 * forbids are not a reason: those of the step itself are found when the document is read, and others come from
 * parameters that are for several workflows.
 */
export function misfitsOf(workflow: Workflow, inputs: Readonly<Record<string, unknown>>): string[] {
  const faults = faultsOf(workflow, inputs)
  if (typeof faults === 'string') return [`its schema cannot be used: ${faults}`]
  return faults.filter(({ keyword, instancePath }) => !(EXTRA.has(keyword) && instancePath === '')).map(describe)
}

const EXTRA = new Set(['additionalProperties', 'unevaluatedProperties'])

/** Names of the inputs that a workflow requires and that are neither given nor have a default. */
export function missingInputs(workflow: Workflow, given: Readonly<Record<string, unknown>>): string[] {
  const faults = faultsOf(workflow, withDefaults(workflow.inputs, given))
  // Faults of a schema are reported by the run.
  if (typeof faults === 'string') return []
  return faults
    .filter(({ keyword, instancePath }) => keyword === 'required' && instancePath === '')
    .map(({ params }) => params.missingProperty as string)
}

/** Faults of inputs by a workflow's schema; text says why the schema cannot be used. */
function faultsOf({ inputs: schema }: Workflow, inputs: Readonly<Record<string, unknown>>): SchemaError[] | string {
  if (!isObject(schema)) return []
  const validate = validatorOf(schema)
  if (typeof validate === 'string') return validate
  return validate(asNumbers(inputs)) ? [] : (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if')
}

/**
 * Defaults of top-level properties and, where an object is given, of the properties within it. Text of an integer that
 * a number cannot hold, as reports have it, is that integer where the schema wants one.
 */
export function withDefaults(
  schema: JsonSchema | undefined,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const inputs = { ...given }
  if (!isObject(schema)) return inputs
  for (const part of [schema, ...(Array.isArray(schema.allOf) ? schema.allOf : [])]) {
    if (!isObject(part) || !isObject(part.properties)) continue
    for (const [name, property] of Object.entries(part.properties)) {
      if (!isObject(property)) continue
      if (inputs[name] === undefined && property.default !== undefined) inputs[name] = structuredClone(property.default)
      if (typeof inputs[name] === 'string' || Array.isArray(inputs[name]))
        inputs[name] = withDigits(property, inputs[name])
      else if (isObject(inputs[name]) && isObject(property.properties))
        inputs[name] = withDefaults(property, inputs[name])
    }
  }
  return inputs
}

function withDigits(schema: unknown, value: unknown): unknown {
  if (!isObject(schema)) return value
  if (Array.isArray(value)) return isObject(schema.items) ? value.map(item => withDigits(schema.items, item)) : value
  const types = [schema.type].flat()
  const wantsNumber = types.some(type => type === 'integer' || type === 'number') && !types.includes('string')
  if (typeof value !== 'string' || !wantsNumber) return value
  const number = exactNumber(value)
  return typeof number === 'bigint' ? number : value
}

/** @param task what fails for them. */
export function inputProblems(
  workflow: Workflow,
  inputs: Record<string, unknown>,
  task: Pick<Fault, 'verb' | 'thing'> = { verb: 'start', thing: `workflow "${workflow.workflowId}"` },
): Problem[] {
  const faults = faultsOf(workflow, inputs)
  if (typeof faults === 'string') {
    const message = `Failed to read the inputs of workflow "${workflow.workflowId}": ${faults}.`
    const hint = 'Correct the JSON Schema.'
    return [{ code: 'invalid-value', severity: 'error', message, at: workflow.at, hint }]
  }
  const { properties } = isObject(workflow.inputs) ? workflow.inputs : {}
  return faults.map(error => ({
    code: error.keyword === 'required' ? 'missing-input' : 'invalid-input',
    severity: 'error',
    message: sentenceOf({ ...task, found: describe(error) }),
    at: workflow.at,
    hint: hint(error, isObject(properties) ? Object.keys(properties) : [], inputs),
  }))
}

function describe({ instancePath, keyword, params, message = 'does not fit its schema' }: SchemaError): string {
  const name = instancePath.slice(1).replaceAll('/', '.')
  if (keyword === 'required') return `input "${name ? `${name}.` : ''}${params.missingProperty}" is missing`
  if (keyword === 'additionalProperties') return `input "${params.additionalProperty}" is not known to it`
  return `input "${name}" ${message}`
}

function hint({ keyword, params }: SchemaError, known: string[], inputs: Record<string, unknown>): string {
  if (keyword === 'additionalProperties')
    return suggestion(params.additionalProperty, known) ?? `It knows ${quoted(known) || 'none'}.`
  if (keyword !== 'required') return 'Correct the value, or the schema of the workflow’s inputs.'
  const missing = params.missingProperty as string
  const strangers = Object.keys(inputs).filter(name => !known.includes(name))
  const guess = didYouMean(missing, strangers)
  if (guess) return `You gave "${guess}": is that the same?`
  return `Pass it as inputs: { ${missing}: … }, or give it a default in the workflow's inputs schema.`
}

/** The schema compiled, or why it cannot be. */
const validatorOf = onceFor((schema: Record<string, unknown>): Validate | string => {
  try {
    // The specification defines the dialect, regardless of the schema.
    const { $schema: _, ...own } = schema
    return createAjv().compile(own)
  } catch (error) {
    return (error as Error).message
  }
})
