import { dirname, resolve } from 'node:path'
import { VITEST_FIELD } from '../../document/extension-fields.ts'
import type { ArazzoDocument, Extension, Workflow } from '../../document/model.ts'
import { didYouMean, type Location, type Problem } from '../../ground/errors.ts'
import { failed, toDiagnostic } from '../../ground/fault.ts'
import { Fields } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { type Milliseconds, parseDuration } from '../../ground/units.ts'
import {
  asFeed,
  checkRowFile,
  feedOf,
  fitting,
  type InputRow,
  type InputSource,
  isChanging,
  type StaticInputs,
} from '../feed/source.ts'
import { joinInputs, NO_INPUTS, type ResolvedInputs, resolveInputs, variableOf } from '../plan/inputs.ts'
import { placeWithin } from '../plan/options.ts'
import { readSuiteHooks, type SuiteHook } from './hooks.ts'

/** Rows of a data-driven suite: a list, or a file by its absolute path. */
interface SuiteFeed {
  rows: string | readonly InputRow[]
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
  feed?: SuiteFeed
  /** Whether the rows are the document's, for all of its workflows. */
  isFeedCommon: boolean
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
const KEYS = ['skip', 'tags', 'inputs', 'timeout', 'retry', 'setup', 'teardown', 'parallel', 'roundTrips']

/** Reads how the suites of a workflow run. `problems` has the faults. */
export function readSuiteOptions(
  document: ArazzoDocument,
  workflow: Workflow,
): { options: SuiteOptions; problems: Problem[] } {
  const ofDocument = readExtension(document.extensions[VITEST_FIELD], 'document', document.workflows)
  const own = readExtension(workflow.extensions[VITEST_FIELD], 'workflow', [workflow])
  const options = {
    ...ofDocument.options,
    ...own.options,
    tags: [...(ofDocument.options.tags ?? []), ...(own.options.tags ?? [])],
    inputs: own.options.inputs ?? {},
    common: ofDocument.options.inputs ?? {},
    isFeedCommon: own.options.feed === undefined,
    hooks: [...(ofDocument.options.hooks ?? []), ...(own.options.hooks ?? [])],
  }
  return { options, problems: [...ofDocument.problems, ...own.problems] }
}

/** Inputs and hooks that a document has for all of its workflows. */
export function optionsOfDocument({ extensions, workflows }: ArazzoDocument): Pick<SuiteOptions, 'inputs' | 'hooks'> {
  const { inputs = {}, hooks = [] } = readExtension(extensions[VITEST_FIELD], 'document', workflows).options
  return { inputs, hooks }
}

type Read = { options: Partial<SuiteOptions>; problems: Problem[] }

type Owner = 'document' | 'workflow'
type Workflows = readonly Pick<Workflow, 'inputs'>[]

/** Reads an `x-vitest`, but for its round trips. @param around workflows that it is for. */
export function readExtension(extension: Extension | undefined, of: Owner | 'step', around: Workflows = []): Read {
  if (extension === undefined) return { options: {}, problems: [] }
  const { value } = extension
  const fields = new Fields(isObject(value) ? value : {}, VITEST_FIELD)
  if (!isObject(value))
    fields.fault('', `${show(value)} is not an object`, 'Write `x-vitest: { retry: 1 }` or the like.')
  const options = of === 'step' ? readStepFields(fields) : readFields(fields, extension, of, around)
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

function readFields(fields: Fields, extension: Extension, of: Owner, around: Workflows): Read['options'] {
  fields.checkKeys(KEYS)
  const { file } = extension.at
  const placeOf = (pointer: string) => placeWithin(extension, pointer)
  const hooks = readSuiteHooks(fields, { of, folder: dirname(file), document: file, placeOf })
  return given({
    skip: fields.flag('skip'),
    ...(fields.has('tags') && { tags: readTags(fields, placeOf) }),
    ...(fields.has('inputs') && readInputs(fields, extension, around)),
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

/** Names and values, or `{ rows, name }`, which a workflow with an input of such a name cannot have. */
function readInputs(whole: Fields, extension: Extension, around: Workflows): Read['options'] {
  const fields = whole.within('inputs', "Write names and values, or where rows are: { rows: './users.csv' }.")
  if (fields === undefined) return {}
  const inputs = whole.get('inputs') as StaticInputs
  const known = { inputs: { allOf: around.map(({ inputs }) => inputs) } }
  if (!isChanging(feedOf(known, inputs))) return { inputs }
  fields.checkKeys(['rows', 'name'])
  const name = text(fields, 'name')
  const rows = fields.has('rows') ? readRows(fields, dirname(extension.at.file)) : undefined
  return rows === undefined ? {} : { feed: given({ rows, at: placeWithin(extension, '/inputs/rows'), name }) }
}

const IN_ROW = "Write { env } in the plugin's inputs, or give each row its value."

/** A list, or the path of a file. */
function readRows(fields: Fields, folder: string): SuiteFeed['rows'] | undefined {
  const written = fields.get('rows')
  if (typeof written === 'string') {
    checkRowFile(fields, written)
    return resolve(folder, written)
  }
  if (!Array.isArray(written))
    return fields.fault('rows', `${show(written)} is not a list`, 'Write a list of rows, or the path of a file.')
  if (written.length === 0) fields.fault('rows', 'the list is empty, so that nothing would run', 'Add a row.')
  const list = fields.part('rows', written)
  for (const [index, row] of written.entries()) {
    if (!isObject(row)) list.fault(`${index}`, `${show(row)} is not a row`, 'Write names and values.')
    else
      for (const [name, value] of Object.entries(row))
        if (variableOf(value) !== undefined)
          list.part(`${index}`, row).fault(name, 'a row cannot take a value from the environment', IN_ROW)
  }
  return written.filter(isObject)
}

function text(fields: Fields, key: string): string | undefined {
  const value = fields.get(key)
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  return fields.fault(key, `${show(value)} is not text`, 'Write some text.')
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
  { common, inputs, isFeedCommon }: SuiteOptions,
  row: InputRow = {},
  ofPlugin: StaticInputs = {},
  ofSetups = NO_INPUTS,
): ResolvedInputs {
  const resolved = resolveInputs(inputsFor(workflow, { ...ofPlugin, ...common }, inputs))
  // Values of a row are used unchanged.
  const own = isFeedCommon ? fitting(workflow, row) : row
  const fromSetups = { ...ofSetups, inputs: fitting(workflow, ofSetups.inputs) }
  return joinInputs(fromSetups, resolved, { inputs: own, secretInputs: [] })
}

/** Feed for the load tests of the workflow, whose iterations use the rows in turn. */
export function suiteFeed(workflow: Workflow, { common, inputs, feed }: SuiteOptions): InputSource | undefined {
  const constants = inputsFor(workflow, common, inputs)
  if (feed === undefined) return Object.keys(constants).length > 0 ? asFeed({}, constants) : undefined
  return asFeed({ rows: feed.rows }, constants)
}
