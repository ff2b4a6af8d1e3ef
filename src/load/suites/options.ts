import { dirname, extname, resolve } from 'node:path'
import { VITEST_FIELD } from '../../document/extension-fields.ts'
import type { ArazzoDocument, Extension, Workflow } from '../../document/model.ts'
import { didYouMean, type Location, type Problem } from '../../ground/errors.ts'
import { failed, toDiagnostic } from '../../ground/fault.ts'
import { Fields } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { isObject } from '../../ground/object.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { show } from '../../ground/show.ts'
import { type Milliseconds, parseDuration } from '../../ground/units.ts'
import { asFeed, fitting, type InputRow, type InputSource, type StaticInputs } from '../feed/source.ts'
import { joinInputs, NO_INPUTS, type ResolvedInputs, resolveInputs, variableOf } from '../plan/inputs.ts'
import { placeWithin } from '../plan/options.ts'
import { readSuiteHooks, type SuiteHook } from './hooks.ts'

/**
 * Source of the rows of a data-driven suite; one of `csv`, `json` and `rows` is given, files by absolute path.
 */
interface EachRow {
  csv?: string
  json?: string
  rows?: readonly InputRow[]
  at: Location
  /** Name of a row's suite, with `$column` for its values. Default: `row 1` and so on. */
  name?: string
}

/** How the suites of a workflow run: what its `x-vitest` says, and for the rest that of the document. */
export interface SuiteOptions {
  /** Whether it does not run; false makes a part run, too. */
  skip?: boolean
  /** Tags of the document and of the workflow. */
  tags: readonly Tag[]
  inputs: StaticInputs
  /** Inputs of the document, for all of its workflows; the workflow's own come before them. */
  common: StaticInputs
  /** A suite a row. */
  each?: EachRow
  /** Whether the rows are the document's, for all of its workflows. */
  isEachCommon: boolean
  /**
   * How long an attempt at a step may take that declares no timeout, instead of Vitest's `testTimeout`; 0: without end.
   */
  timeout?: Milliseconds
  /** How often a failed workflow is run once more, from its beginning. */
  retry?: number
  /** Setups and teardowns: those of the document, and its own. */
  hooks: readonly SuiteHook[]
  /** Round trips of the application that a request of each step may make, as they are written. */
  roundTrips?: unknown
}

interface Tag {
  name: string
  at: Location
}

/** `parallel` is read with the document. */
const KEYS = ['skip', 'tags', 'inputs', 'each', 'timeout', 'retry', 'setup', 'teardown', 'parallel', 'roundTrips']

/** Reads how the suites of a workflow run. `problems` has the faults. */
export function readSuiteOptions(
  document: ArazzoDocument,
  workflow: Workflow,
): { options: SuiteOptions; problems: Problem[] } {
  const ofDocument = readExtension(document.extensions[VITEST_FIELD], 'document')
  const own = readExtension(workflow.extensions[VITEST_FIELD], 'workflow')
  const options = {
    ...ofDocument.options,
    ...own.options,
    tags: [...(ofDocument.options.tags ?? []), ...(own.options.tags ?? [])],
    inputs: own.options.inputs ?? {},
    common: ofDocument.options.inputs ?? {},
    isEachCommon: own.options.each === undefined,
    hooks: [...(ofDocument.options.hooks ?? []), ...(own.options.hooks ?? [])],
  }
  return { options, problems: [...ofDocument.problems, ...own.problems] }
}

/** Inputs and hooks that a document has for all of its workflows. */
export function optionsOfDocument({ extensions }: ArazzoDocument): Pick<SuiteOptions, 'inputs' | 'hooks'> {
  const { inputs = {}, hooks = [] } = readExtension(extensions[VITEST_FIELD], 'document').options
  return { inputs, hooks }
}

type Read = { options: Partial<SuiteOptions>; problems: Problem[] }

/** Reads an `x-vitest`, but for its round trips. */
export function readExtension(extension: Extension | undefined, of: 'document' | 'workflow' | 'step'): Read {
  if (extension === undefined) return { options: {}, problems: [] }
  const { value } = extension
  const fields = new Fields(isObject(value) ? value : {}, VITEST_FIELD)
  if (!isObject(value))
    fields.fault('', `${show(value)} is not an object`, 'Write `x-vitest: { retry: 1 }` or the like.')
  const options = of === 'step' ? readStepFields(fields) : readFields(fields, extension, of)
  const problems = problemsAt(extension, fields.faults)
  problems.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
  return { options, problems }
}

/** Faults within an `x-vitest`, with their places. */
export const problemsAt = (extension: Extension, faults: Fields['faults']): Problem[] =>
  faults.map(({ path, ...fault }) => ({
    code: 'invalid-suite',
    severity: 'error',
    at: placeWithin(extension, path),
    ...toDiagnostic(fault),
  }))

function readStepFields(fields: Fields): Partial<SuiteOptions> {
  fields.checkKeys(['roundTrips'])
  return given({ roundTrips: fields.get('roundTrips') })
}

function readFields(fields: Fields, extension: Extension, of: 'document' | 'workflow'): Partial<SuiteOptions> {
  fields.checkKeys(KEYS)
  const { file } = extension.at
  const placeOf = (pointer: string) => placeWithin(extension, pointer)
  const each = readEach(fields, dirname(file), placeOf('/each'))
  const hooks = readSuiteHooks(fields, { of, folder: dirname(file), document: file, placeOf })
  return given({
    skip: fields.flag('skip'),
    ...(fields.has('tags') && { tags: readTags(fields, placeOf) }),
    ...(fields.has('inputs') && { inputs: readInputs(fields) }),
    each,
    ...(fields.has('timeout') && { timeout: fields.quantity('timeout', 0, parseDuration) }),
    ...(fields.has('retry') && { retry: fields.count('retry', 0, 0) }),
    ...(hooks.length > 0 && { hooks }),
    roundTrips: fields.get('roundTrips'),
  })
}

/** One name, or a list of them. */
function readTags(fields: Fields, placeOf: (pointer: string) => Location): Tag[] {
  const given = fields.get('tags')
  const isList = Array.isArray(given)
  return (isList ? given : [given]).flatMap((name, index) => {
    const path = isList ? `/tags/${index}` : '/tags'
    if (typeof name === 'string' && name.trim() !== '') return [{ name, at: placeOf(path) }]
    const fault = { verb: 'read', thing: `${VITEST_FIELD}.tags`, found: `${show(name)} is not the name of a tag` }
    fields.faults.push({ path, ...fault, advice: 'Write names: [smoke, slow].' })
    return []
  })
}

function readInputs(fields: Fields): StaticInputs {
  const given = fields.get('inputs')
  if (isObject(given)) return given
  const hint =
    Array.isArray(given) || typeof given === 'string'
      ? 'Write names and values; rows, or a file of them, belong to each.'
      : 'Write names and values.'
  fields.fault('inputs', `${show(given)} is not an object`, hint)
  return {}
}

/** A list of rows, the path of a file, or an object with either. */
function readEach(around: Fields, folder: string, at: Location): EachRow | undefined {
  const written = around.get('each')
  if (written === undefined) return undefined
  if (Array.isArray(written)) return { rows: readRows(around, written, '/each'), at }
  if (typeof written === 'string') {
    const [key] = /(?<=\.)(csv(?=$)|json(?=l?$))/i.exec(extname(written)) ?? []
    if (key !== undefined) return { [key.toLowerCase()]: resolve(folder, written), at }
    const hint = 'Use a .csv, .json or .jsonl file, or say what it is: each: { csv: ./users.txt }.'
    return around.fault('each', `"${written}" is not known to be a file of rows`, hint)
  }
  const fields = around.within('each', 'Write a list of rows, or the path of a file.')
  if (fields === undefined) return undefined
  const meant = fields.checkKeys([...SOURCES, 'name'])
  const [first, ...others] = SOURCES.filter(key => fields.has(key))
  if (first === undefined && meant.size === 0)
    fields.fault('', 'it does not say where its rows are', `Give it ${SOURCES.join(', ')}.`)
  for (const other of others) fields.fault(other, `${first} is given too`, 'Remove one.')
  const rest = { at, name: text(fields, 'name') }
  if (first === undefined) return undefined
  if (first === 'rows') return given({ rows: readRows(around, fields.get(first), '/each/rows'), ...rest })
  const path = text(fields, first)
  return path === undefined ? undefined : given({ [first]: resolve(folder, path), ...rest })
}

function readRows({ faults }: Fields, given: unknown, path: string): InputRow[] {
  const fault = (path: string, found: string, advice: string) =>
    faults.push({ path, verb: 'read', thing: `${VITEST_FIELD}.each`, found, advice })
  if (!Array.isArray(given)) fault(path, `${show(given)} is not a list`, 'Write a list of rows.')
  else if (given.length === 0) fault(path, 'the list is empty, so that nothing would run', 'Add a row.')
  const rows = Array.isArray(given) ? given : []
  for (const [index, row] of rows.entries()) {
    if (!isObject(row)) fault(`${path}/${index}`, `${show(row)} is not a row`, 'Write names and values.')
    else
      for (const [name, value] of Object.entries(row))
        if (variableOf(value) !== undefined)
          fault(
            `${path}/${index}/${escapeToken(name)}`,
            'a row cannot take a value from the environment',
            'Write { env } in inputs, or give each row its value.',
          )
  }
  return rows.filter(isObject)
}

const SOURCES = ['csv', 'json', 'rows'] as const

function text(fields: Fields, key: string): string | undefined {
  const value = fields.get(key)
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  return fields.fault(key, `${show(value)} is not text`, 'Write some text.')
}

/** The file of `each`, where there is one. */
export function fileOf({ csv, json }: EachRow): string | undefined {
  return csv ?? json
}

/** Tags that Vitest's configuration does not declare, which Vitest refuses. */
export function tagProblems(tags: readonly Tag[], declared: readonly string[]): Problem[] {
  return tags
    .filter(({ name }) => !declared.includes(name))
    .map(({ name, at }) => {
      const meant = didYouMean(name, declared)
      const found = `Vitest's configuration declares no tag "${name}"`
      const declare = `Declare it: test: { tags: [{ name: ${JSON.stringify(name)} }] }.`
      const hint = meant === undefined ? declare : `Did you mean "${meant}"? Otherwise declare it.`
      const message = failed('read', `${VITEST_FIELD}.tags`, found)
      return { code: 'invalid-suite', severity: 'error', message, at, hint }
    })
}

/**
 * The plugin's inputs are meant for all workflows, those given with a call for one of them. A workflow that forbids
 * inputs it does not know only gets those of the plugin's that it knows.
 */
export function inputsFor(workflow: Workflow, ofPlugin: StaticInputs = {}, given: StaticInputs = {}): StaticInputs {
  return { ...fitting(workflow, ofPlugin), ...given }
}

/**
 * Inputs of a suite: of its setups, of the plugin, of the document's `x-vitest`, of the workflow's, and of its row, the
 * later ones first.
 */
export function suiteInputs(
  workflow: Workflow,
  { common, inputs, isEachCommon }: SuiteOptions,
  row: InputRow = {},
  ofPlugin: StaticInputs = {},
  ofSetups = NO_INPUTS,
): ResolvedInputs {
  const resolved = resolveInputs(inputsFor(workflow, { ...ofPlugin, ...common }, inputs))
  // Values of a row are used unchanged.
  const own = isEachCommon ? fitting(workflow, row) : row
  const fromSetups = { ...ofSetups, inputs: fitting(workflow, ofSetups.inputs) }
  return joinInputs(fromSetups, resolved, { inputs: own, secretInputs: [] })
}

/** Feed for the load tests of the workflow, whose iterations use the rows in turn. */
export function suiteFeed(workflow: Workflow, { common, inputs, each }: SuiteOptions): InputSource | undefined {
  const constants = inputsFor(workflow, common, inputs)
  if (each === undefined) return Object.keys(constants).length > 0 ? asFeed({}, constants) : undefined
  const { name: _, at: __, ...feed } = each
  return asFeed(feed, constants)
}
