import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Problem } from '../ground/errors.ts'
import { suggestion } from '../ground/errors.ts'
import { assertNoFaults, fieldsOf } from '../ground/fields.ts'
import { readAction, readParameter } from './arazzo/action.ts'
import { loadDocument } from './arazzo/load.ts'
import { readExtensions, readWorkflow } from './arazzo/workflow.ts'
import { readAsyncApi } from './asyncapi/description.ts'
import { checkInputSchema } from './check/input-schema.ts'
import { addFaults, createFiles, isUnreadable } from './file/files.ts'
import { References } from './file/references.ts'
import { placeOfValue, type SourceFile } from './file/source-file.ts'
import type { Context, LoadedDocument, LoadedSource, Reading, SourceReading } from './loaded/loaded.ts'
import type { ArazzoDocument, ReadOptions, Source } from './model.ts'
import { type Api, readApi } from './openapi/description.ts'
import { createOpenApiReader } from './openapi/operation.ts'
import { Problems } from './problems.ts'
import { isRaw, member, object, type Raw, text } from './raw.ts'
import { checkReadOptions, READ_KEYS } from './read-options.ts'

interface Read {
  document?: ArazzoDocument
  problems: Problem[]
  files: string[]
}

/**
 * Reads and checks an Arazzo document and all files that it refers to. Never throws for the content of files, only
 * (TypeError) for unknown options. `problems` has every fault with its place, sorted. `document` is absent if one of
 * them is an error. `path` is relative to the working directory.
 */
export async function readArazzo(path: string | URL, options: ReadOptions = {}): Promise<Read> {
  assertReadOptions(options)
  const file = typeof path === 'string' && !path.startsWith('file:') ? resolve(path) : fileURLToPath(path)
  return readFrom(file, options)
}

/** Throws a TypeError with all that is wrong with the options of `readArazzo`. */
function assertReadOptions(options: unknown): void {
  const fields = fieldsOf(options, "Write an object: { sources: { shop: './openapi.yaml' } }.")
  fields.checkKeys(READ_KEYS)
  checkReadOptions(fields)
  assertNoFaults(fields.faults)
}

/**
 * Checks a document before it is written, with the rules of `readArazzo`.
 *
 * @param file its absolute path.
 * @param unwritten texts, as JSON or YAML, of the document and of other new files, by absolute path.
 */
export const readUnwritten = async (file: string, unwritten: ReadonlyMap<string, string>): Promise<Read> =>
  readFrom(file, {}, unwritten)

function readFrom(file: string, options: ReadOptions, unwritten?: ReadonlyMap<string, string>): Read {
  const problems = new Problems(options.severities)
  const reading = createReading(file, options, problems, unwritten)
  const document = withinStack(() => readRoot(reading), reading)
  const found = problems.sorted(file)
  const files = [...reading.files.asked]
  if (!document || found.some(problem => problem.severity === 'error')) return { problems: found, files }
  // Keeps the object identity: documents in a circle of references hold it already.
  return { document: Object.assign(document, { warnings: found }), problems: found, files }
}

/** References that lead from one to the next some thousand times are more than the stack holds. */
function withinStack<T>(read: () => T, { file, problems }: Reading): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const found = 'it, or a value that it refers to, is nested too deeply'
    const what = { found, hint: 'Nest it less deeply.' }
    return problems.about(`read ${basename(file)}`).firm('invalid-yaml', { file, line: 1, column: 1 }, what)
  }
}

function readRoot(reading: Reading): ArazzoDocument | undefined {
  const { file, problems } = reading
  const source = reading.files.read(file)
  if (isUnreadable(source))
    return problems.about(`read ${basename(file)}`).firm('unreadable-file', { file, line: 1, column: 1 }, source)
  const loaded = reading.document(file)
  if (!loaded) return undefined
  loadPostponed(reading)
  checkSourceOptions(loaded)
  const document = reading.built(loaded)
  settleSources(reading)
  settleOutputs(reading)
  return document
}

/** Adds the problems of sources. Problems of an unused source are warnings, unless a used source has the same file. */
function settleSources(reading: Reading): void {
  const isBroken = ({ name, document }: SourceReading) => document.sources.get(name)?.type === 'broken'
  const isUsed = ({ name, document }: SourceReading) => document.usedSources.has(name)
  const needed = new Set(reading.sources.filter(isUsed).map(({ file }) => file))
  for (const source of reading.sources) {
    const isNeeded = isUsed(source) || (source.file !== undefined && needed.has(source.file))
    const isMissed = isNeeded || !isBroken(source)
    for (const finding of source.found) {
      const found = `${finding.found}; nothing uses the source`
      const isAsFound = isMissed || finding.severity === 'warning'
      reading.problems.add(isAsFound ? finding : { ...finding, severity: 'warning', firm: false, found })
    }
  }
}

/** Files may be named for sources; a name that no source has is a mistake. */
function checkSourceOptions({ sources, root, reading }: LoadedDocument): void {
  for (const name of Object.keys(reading.options.sources ?? {})) {
    if (sources.has(name)) continue
    const hint = suggestion(name, sources.keys()) ?? `Its sources are ${[...sources.keys()].join(', ') || 'none'}.`
    reading.problems
      .about(`read the option \`sources: { ${JSON.stringify(name)}: … }\``)
      .warn('undefined-source', placeOfValue(root, 'sourceDescriptions'), {
        found: 'the document has no such source',
        hint,
      })
  }
}

/** Adds what was kept, once everything that may read an output has been read. */
function settleOutputs({ readOutputs, undeclared, problems }: Reading): void {
  for (const { owner, name, finding } of undeclared) {
    const isRead = readOutputs.get(owner)?.has(name)
    problems.add(isRead ? finding : { ...finding, severity: 'warning' })
  }
}

/**
 * Sources that a document was found for come first, then those with a file: they may bring others that are looked for.
 */
function loadPostponed({ postponed, files }: Reading): void {
  while (postponed.length > 0) {
    const known = postponed.findIndex(({ uri }) => files.withSelf(uri) !== undefined)
    const here = known < 0 ? postponed.findIndex(({ isHere }) => isHere) : known
    const [next] = postponed.splice(Math.max(here, 0), 1)
    next!.load()
  }
}

function createReading(
  file: string,
  options: ReadOptions,
  problems: Problems,
  unwritten?: ReadonlyMap<string, string>,
): Reading {
  const files = createFiles(source => addFaults(source, problems), unwritten)
  const references = new References(files)
  const openApiReader = createOpenApiReader(references, problems)
  const loaded = new Map<string, LoadedDocument | undefined>()
  const built = new Map<LoadedDocument, ArazzoDocument>()
  const apis = new Map<SourceFile, Api | undefined>()
  const reading: Reading = {
    file,
    options,
    files,
    references,
    problems,
    document(path) {
      const source = files.read(path)
      if (isUnreadable(source)) return undefined
      if (!loaded.has(source.file)) {
        const document = loadDocument(source, reading, one => loaded.set(source.file, one))
        loaded.set(source.file, document)
      }
      return loaded.get(source.file)
    },
    postponed: [],
    sources: [],
    readOutputs: new Map(),
    undeclared: [],
    api(source) {
      if (!apis.has(source)) apis.set(source, readApi(source, openApiReader))
      return apis.get(source)
    },
    asyncApi: source => readAsyncApi(source, openApiReader),
    built(document) {
      const known = built.get(document)
      if (known) return known
      return buildDocument(document, reading, one => built.set(document, one))
    },
  }
  return reading
}

/** A document being made: other documents may hold it before it is complete. */
type Making = { -readonly [K in keyof ArazzoDocument]: ArazzoDocument[K] }

/** Reads a loaded document and reports all its faults. `register` gets the document before it is complete. */
function buildDocument(loaded: LoadedDocument, reading: Reading, register: (document: Making) => void): Making {
  const { root, file, version } = loaded
  const self = text(root, '$self')
  const document: Making = {
    file,
    version,
    self,
    info: readInfo(object(root, 'info')),
    sources: {},
    workflows: [],
    extensions: readExtensions(root),
    files: reading.files.asked,
    warnings: [],
  }
  register(document)
  const sources = [...loaded.sources.values()].flatMap(source => readSource(source, reading) ?? [])
  document.sources = Object.fromEntries(sources.map(source => [source.name, source]))
  document.workflows = loaded.allWorkflows.map(readWorkflow)
  checkComponents(loaded)
  return document
}

function readInfo(info: Raw | undefined): ArazzoDocument['info'] {
  const [summary, description] = [text(info, 'summary'), text(info, 'description')]
  return { title: text(info, 'title') ?? '', version: text(info, 'version') ?? '', summary, description }
}

function readSource(source: LoadedSource, reading: Reading): Source | undefined {
  const { name, raw } = source
  const extensions = Object.fromEntries(Object.entries(raw).filter(([field]) => field.startsWith('x-')))
  const shared = { name, url: text(raw, 'url') ?? '', at: placeOfValue(raw, 'name'), extensions }
  switch (source.type) {
    case 'openapi':
      return { ...shared, type: 'openapi', openapi: source.api.description }
    case 'arazzo':
      return { ...shared, type: 'arazzo', arazzo: reading.built(source.document) }
    case 'asyncapi':
      return { ...shared, type: 'asyncapi', asyncapi: source.asyncapi.description }
    case 'broken':
      return undefined
  }
}

/** Reads unused components too: their faults would count wherever they are used. */
function checkComponents(document: LoadedDocument): void {
  const components = object(document.root, 'components')
  const each = (type: string, read: (raw: Raw, context: Context) => void) => {
    for (const [name, raw] of Object.entries(object(components, type) ?? {}))
      if (isRaw(raw) && member(raw, 'name') !== undefined)
        read(raw, { thing: `\`components.${type}.${name}\``, document, moment: 'after' })
  }
  for (const [name, schema] of Object.entries(object(components, 'inputs') ?? {}))
    checkInputSchema(schema, `\`components.inputs.${name}\``, document.reading.problems)
  each('parameters', (raw, context) => readParameter(raw, 'component', context))
  for (const list of ['successActions', 'failureActions'] as const)
    each(list, (raw, context) => readAction(raw, list, context))
}
