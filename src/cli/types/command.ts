import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { ArazzoDocument, JsonSchema, Workflow } from '../../document/model.ts'
import { readArazzo } from '../../document/read.ts'
import { READ_KEYS } from '../../document/read-options.ts'
import { ArazzoError, errorsAmong, type Problem, shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { isObject, pick } from '../../ground/object.ts'
import { counted } from '../../ground/words.ts'
import { writeWhole } from '../../report/own-folder.ts'
import { configuration } from '../application.ts'
import { documentsOf } from '../documents.ts'
import { type Command, FAILED, misuse, PASSED } from '../flags.ts'

const OUTPUT = 'arazzo-workflows.d.ts'

export const types: Command = {
  usage: 'types [files or folders] [flags]',
  text: 'write the types of workflow ids, inputs and outputs, by which runWorkflow and loadTest are checked',
  flags: {
    output: { value: 'file', text: `the declaration file (default: ${OUTPUT}); tsconfig.json has to include it` },
    check: { text: 'write nothing, and fail if the file is not what would be written' },
  },
  examples: ['types', 'types api/*.arazzo.yaml --output test/arazzo.d.ts', 'types --check'],
  async run(flags) {
    const output = flags.text('output') ?? OUTPUT
    if (!/\.[cm]?ts$/.test(output))
      throw misuse('write', output, 'it is not a TypeScript file', 'Name one that ends in .d.ts.')
    const documents = await read(documentsOf(flags.operands))
    const text = declarationsOf(documents)
    return flags.isOn('check') ? check(output, text) : write(output, text, documents)
  },
}

interface Configured extends ArazzoDocument {
  /** Inputs that the configuration has, so that calls need not. */
  given: ReadonlySet<string>
}

/** Reads documents as the configuration of Vitest says. Throws ArazzoError with all errors of all documents. */
async function read(files: readonly string[]): Promise<Configured[]> {
  const configured = await configuration()
  const documents: Configured[] = []
  const errors: Problem[] = []
  for (const file of files) {
    const { options } = configured(resolve(file))
    const { document, problems } = await readArazzo(file, pick(options, READ_KEYS))
    if (document) documents.push({ ...document, given: new Set(Object.keys(options.inputs ?? {})) })
    else errors.push(...errorsAmong(problems))
  }
  if (errors.length > 0) throw new ArazzoError(errors)
  return documents
}

/** Text of the file with line breaks of any system; undefined if it does not exist. Throws Misuse. */
function textOf(output: string): string | undefined {
  try {
    return existsSync(output) ? readFileSync(output, 'utf8').replaceAll('\r\n', '\n') : undefined
  } catch (error) {
    throw misuse('read', output, (error as Error).message, 'Name another file by --output.')
  }
}

function check(output: string, text: string): number {
  const found = textOf(output)
  if (found === text) {
    console.log(`${shortPath(resolve(output))} is up to date`)
    return PASSED
  }
  const what = found === undefined ? 'it is not there' : 'the documents have changed since it was written'
  console.error(failed('find the types of workflows in', output, what, 'Run npx vitest-arazzo types again.'))
  return FAILED
}

function write(output: string, text: string, documents: readonly Configured[]): number {
  const before = textOf(output)
  if (before !== undefined && before.trim() !== '' && !isOurs(before)) {
    const advice = 'Name another file by --output, or remove this one.'
    throw misuse('write', output, 'it is there already, and not by this command', advice)
  }
  try {
    mkdirSync(dirname(resolve(output)), { recursive: true })
    writeWhole(output, text)
  } catch (error) {
    throw misuse('write', output, (error as Error).message, 'Name another file by --output.')
  }
  const workflows = documents.reduce((sum, document) => sum + document.workflows.length, 0)
  console.log(
    `${shortPath(resolve(output))}: ${counted(workflows, 'workflow')} of ${counted(documents.length, 'document')}`,
  )
  return PASSED
}

const WRITTEN_BY = '// Written by `npx vitest-arazzo types`'

const HEAD = `${WRITTEN_BY}; with \`--check\` it says whether this is up to date.
import 'vitest-arazzo'

declare module 'vitest-arazzo' {
  interface ArazzoWorkflows {
`

/** Whether a text was written as a declaration file of documents. */
const isOurs = (text: string) => text.startsWith(WRITTEN_BY)

/** Types of one workflow, or of equal names in documents of the same name. */
interface Entry {
  inputs: Set<string>
  outputs: Set<string>
}

/** The declaration file of documents: it tells `runWorkflow` and `loadTest` of their workflows. */
export function declarationsOf(documents: readonly Configured[]): string {
  const entries = new Map<string, Entry>()
  for (const { file, workflows, given } of documents) {
    for (const workflow of workflows) add(entries, `${basename(file)}#${workflow.workflowId}`, workflow, given)
    if (workflows.length === 1) add(entries, basename(file), workflows[0]!, given)
  }
  const lines = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(lineOf)
  return `${HEAD}${lines.join('')}  }\n}\n`
}

function add(entries: Map<string, Entry>, key: string, workflow: Workflow, given: ReadonlySet<string>): void {
  const { inputs, outputs } = entries.get(key) ?? { inputs: new Set<string>(), outputs: new Set<string>() }
  const type = typeOfSchema(workflow.inputs, given)
  inputs.add(type === 'unknown' ? 'Record<string, unknown>' : type)
  const names = workflow.outputs.map(({ name }) => `${nameOf(name)}: unknown`)
  outputs.add(names.length === 0 ? 'Record<never, never>' : `{ ${names.join('; ')} }`)
  entries.set(key, { inputs, outputs })
}

function lineOf([key, { inputs, outputs }]: [string, Entry]): string {
  const of = (types: Set<string>) => [...types].join(' | ')
  return `    ${JSON.stringify(key)}: {\n      inputs: ${of(inputs)}\n      outputs: ${of(outputs)}\n    }\n`
}

/** Objects within objects that are written out; what is deeper is `unknown`. */
const DEEPEST = 8

/**
 * TypeScript type of a schema on one line. It is never narrower than the schema: keywords without an equivalent are
 * left out.
 *
 * @param given optional top-level properties, which other code supplies.
 */
export function typeOfSchema(
  schema: JsonSchema | undefined,
  given: ReadonlySet<string> = new Set(),
  depth = 0,
): string {
  if (schema === false) return 'never'
  if (!isObject(schema) || depth > DEEPEST || '$ref' in schema) return 'unknown'
  const within = (part: unknown) => typeOfSchema(part as JsonSchema, given, depth)
  const parts = [
    ...listOf(schema.allOf).map(within),
    ...[schema.anyOf, schema.oneOf].flatMap(either => unionOf(listOf(either).map(within)) ?? []),
    ownType(schema, given, depth) ?? [],
  ].flat()
  const known = [...new Set(parts)].filter(part => part !== 'unknown')
  const type = known.length > 1 ? known.map(bracketed).join(' & ') : (known[0] ?? 'unknown')
  return schema.nullable === true && type !== 'unknown' ? `${bracketed(type)} | null` : type
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const bracketed = (type: string) => (/[|&]/.test(type) ? `(${type})` : type)
const unionOf = (types: readonly string[]) => (types.length === 0 ? undefined : [...new Set(types)].join(' | '))

type Schema = { readonly [keyword: string]: unknown }

function ownType(schema: Schema, given: ReadonlySet<string>, depth: number): string | undefined {
  const literals = 'const' in schema ? [schema.const] : listOf(schema.enum)
  if (literals.length > 0) return unionOf(literals.map(literal))
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type)
  if (types.length === 0 && isObject(schema.properties)) return objectType(schema, given, depth)
  return unionOf(types.map(type => typeOfWord(`${type}`, schema, given, depth)))
}

/** Texts that read as a name of a type are not a danger in JSON; what is not a literal in TypeScript is left open. */
function literal(value: unknown): string {
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  return isPlain ? JSON.stringify(value) : 'unknown'
}

function typeOfWord(word: string, schema: Schema, given: ReadonlySet<string>, depth: number): string {
  if (word === 'string' || word === 'boolean' || word === 'null') return word
  if (word === 'number') return 'number'
  // One that a number cannot hold exactly.
  if (word === 'integer') return schema.format === 'int64' ? 'number | bigint' : 'number'
  if (word === 'array') return `readonly ${bracketed(typeOfSchema(itemsOf(schema), new Set(), depth + 1))}[]`
  return word === 'object' ? objectType(schema, given, depth) : 'unknown'
}

/** Lists whose first items differ are lists of anything. */
const itemsOf = ({ items, prefixItems }: Schema) =>
  prefixItems === undefined && !Array.isArray(items) ? (items as JsonSchema | undefined) : undefined

function objectType(schema: Schema, given: ReadonlySet<string>, depth: number): string {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = new Set(listOf(schema.required))
  const members = Object.entries(properties).map(([name, property]) => {
    const isOptional = !required.has(name) || given.has(name) || (isObject(property) && 'default' in property)
    return `${nameOf(name)}${isOptional ? '?' : ''}: ${typeOfSchema(property as JsonSchema, new Set(), depth + 1)}`
  })
  const undeclared = [...required].filter(name => !Object.hasOwn(properties, `${name}`) && !given.has(`${name}`))
  for (const name of undeclared) members.push(`${nameOf(`${name}`)}: unknown`)
  const isOpen = schema.additionalProperties === true || isObject(schema.additionalProperties)
  if (isOpen || (members.length === 0 && depth > 0)) members.push('[name: string]: unknown')
  return members.length === 0 ? 'Record<never, never>' : `{ ${members.join('; ')} }`
}

/** A name as the key of an object. */
const nameOf = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))
