import { checkInputSchema } from '../check/input-schema.ts'
import { EVENTS_FIELD, EXTRACT_FIELD, LOAD_TEST_FIELD, VITEST_FIELD } from '../extension-fields.ts'
import { placeInside, placeOfKey, placeOfValue, type SourceFile } from '../file/source-file.ts'
import type {
  LoadedDocument,
  LoadedSource,
  LoadedStep,
  LoadedWorkflow,
  Reading,
  SourceReading,
} from '../loaded/loaded.ts'
import { inputNames, resolveSchema } from '../loaded/loaded.ts'
import { isRaw, member, object, objects, type Raw, text } from '../raw.ts'
import type { ArazzoVersion } from '../shape.ts'
import { checkShape, meantExtension, thingAt } from '../shape.ts'
import { loadSource, NAMES, typeOf, uriToIdentify } from './source.ts'

type Place = 'document' | 'workflow' | 'step' | 'output' | 'elsewhere'

/** Extensions that mean something here, and where. */
const OURS: Readonly<Record<string, { readonly on: readonly Place[]; readonly move: string }>> = {
  [LOAD_TEST_FIELD]: { on: ['workflow'], move: 'Move it to a workflow.' },
  [VITEST_FIELD]: { on: ['document', 'workflow'], move: 'Move it to a workflow, or to the top.' },
  [EVENTS_FIELD]: { on: ['step'], move: 'Move it to a step.' },
  [EXTRACT_FIELD]: {
    on: ['output'],
    move: `Move it to an output: \`outputs: { a: { context: $response.body, ${EXTRACT_FIELD}: { … } } }\`.`,
  },
}

/** Fields that hold data of the author's, or a JSON Schema. */
const DATA = new Set(['payload', 'value', 'inputs', 'correlationId'])
/** Fields whose members have names of the author's, where they are objects. */
const MAPS = new Set(['outputs', 'parameters', 'successActions', 'failureActions'])

/**
 * Warns of extensions that were probably meant for us and are not read: misspelt, or at a place where they mean
 * nothing.
 */
function checkExtensions(root: Raw, reading: Reading): void {
  const seen = new Set<object>()
  const visit = (value: unknown, path: readonly PropertyKey[], isMap = false): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index])
    else {
      for (const [key, inner] of Object.entries(value)) {
        if (!isMap && key.startsWith('x-')) checkExtension(value as Raw, key, root, path, reading)
        else if (isMap || !DATA.has(key)) visit(inner, [...path, key], MAPS.has(key) && isRaw(inner))
      }
    }
  }
  visit(root, [])
}

function checkExtension(owner: Raw, key: string, root: Raw, path: readonly PropertyKey[], { problems }: Reading): void {
  const meant = meantExtension(key)
  if (meant === undefined) return
  const { on, move } = OURS[meant]!
  const isHere = on.includes(placeAt(path))
  if (meant === key && isHere) return
  const found = meant === key ? `\`${key}\` is not read there` : `\`${key}\` means nothing here and is not read`
  const hint = meant === key ? move : `Did you mean \`${meant}\`?${isHere ? '' : ` ${move}`}`
  problems.warn({
    code: 'unknown-extension',
    at: placeOfKey(owner, key),
    failed: `read ${thingAt(root, path)}`,
    found,
    hint,
  })
}

function placeAt(path: readonly PropertyKey[]): Place {
  if (path.length === 0) return 'document'
  if (path[0] !== 'workflows') return 'elsewhere'
  if (path.length === 2) return 'workflow'
  if (path.at(-2) === 'outputs' && (path.length === 4 || (path.length === 6 && path[2] === 'steps'))) return 'output'
  return path.length === 4 && path[2] === 'steps' ? 'step' : 'elsewhere'
}

/**
 * Makes a document's parts known by name. `register` gets the document before its sources are loaded,
 * so that documents may refer to one another in circles.
 */
export function loadDocument(
  source: SourceFile,
  reading: Reading,
  register: (document: LoadedDocument) => void,
): LoadedDocument | undefined {
  const root = source.value
  if (!isArazzo(root, source, reading)) return undefined
  for (const { offset, code, severity, found, hint } of source.faults) {
    if (severity === 'warning')
      reading.problems.add({ code, severity, at: source.locate(offset), failed: 'read a value', found, hint })
  }
  const version = versionOf(root, reading)
  const misshapen = checkShape(root, version, reading.problems)
  checkExtensions(root, reading)
  checkUris(root, reading)
  const sources = new Map<string, LoadedSource>()
  const workflows = new Map<string, LoadedWorkflow>()
  const allWorkflows: LoadedWorkflow[] = []
  const document: LoadedDocument = {
    file: source.file,
    root,
    version,
    misshapen,
    sources,
    usedSources: new Set(),
    workflows,
    allWorkflows,
  }
  register(document)
  for (const { raw, name, isFirst } of named('sourceDescriptions', 'name', root, 'source', reading)) {
    const source: SourceReading = { name, document, found: [] }
    reading.sources.push(source)
    const load = () => {
      const loaded = reading.problems.keep(source.found, () => loadSource(raw, source, reading))
      if (isFirst) sources.set(name, loaded)
    }
    const identity = reading.problems.keep(source.found, () => uriToIdentify(raw, name, document, reading))
    if (!identity) load()
    else {
      // Its place among the sources, until it is known.
      if (isFirst) sources.set(name, { name, raw, type: 'broken' })
      reading.postponed.push({ ...identity, load })
    }
  }
  for (const { raw, name, isFirst } of named('workflows', 'workflowId', root, 'workflow', reading)) {
    const workflow = loadWorkflow(raw, name, document, reading)
    if (isFirst) workflows.set(name, workflow)
    allWorkflows.push(workflow)
  }
  return document
}

/** Anything that can be checked as one; a description of another kind or no mapping at all is one problem, not many. */
function isArazzo(root: unknown, source: SourceFile, reading: Reading): root is Raw {
  if (root === undefined) return false
  const type = isRaw(root) ? typeOf(root) : undefined
  if (isRaw(root) && (type === undefined || type === 'arazzo')) return true
  const what = root === null ? 'the file is empty' : 'the file holds no mapping'
  reading.problems.addFirm({
    code: 'invalid-source',
    at: source.locate(0),
    failed: 'read an Arazzo document',
    found: type ? `this is ${NAMES[type]}` : what,
  })
  return false
}

function versionOf(root: Raw, reading: Reading): ArazzoVersion {
  const written = text(root, 'arazzo')
  const version = /^1\.[01](?=$|\.)/.exec(written ?? '')?.[0]
  if (version === undefined && written !== undefined) {
    reading.problems.addFirm({
      code: 'unsupported-version',
      at: placeOfValue(root, 'arazzo'),
      failed: 'read an Arazzo document',
      found: `its version is "${written}"`,
      hint: 'Use 1.0.1 or 1.1.0.',
    })
  }
  return version === '1.0' ? '1.0' : '1.1'
}

interface Named {
  readonly raw: Raw
  readonly name: string
  /** Whether no item before has the name; one that has is reported. */
  readonly isFirst: boolean
}

/** The items of a list that have a name. */
function* named(key: string, field: string, of: Raw, word: string, reading: Reading): Generator<Named> {
  const seen = new Map<string, Raw>()
  for (const raw of objects(of, key)) {
    const name = text(raw, field)
    if (name === undefined) continue
    const first = seen.get(name)
    if (!first) seen.set(name, raw)
    else {
      reading.problems.add({
        code: 'duplicate-id',
        at: placeOfKey(raw, field),
        failed: `read ${word} "${name}"`,
        found: `line ${placeOfKey(first, field).line} has a ${word} of that name`,
        hint: `Give each ${word} a name of its own.`,
      })
    }
    warnOfName(name, field, raw, word, reading)
    yield { raw, name, isFirst: !first }
  }
}

/** The grammar of 1.1, and other tools, can only refer to names of these characters. */
function warnOfName(name: string, field: string, raw: Raw, word: string, reading: Reading): void {
  if (/^[A-Za-z0-9_-]+$/.test(name)) return
  const isReadable = word === 'source' && /^[A-Za-z0-9_.-]+$/.test(name)
  const found = 'its name has other characters than letters, digits, "_" and "-"'
  reading.problems.warn({
    code: 'invalid-name',
    at: placeOfValue(raw, field),
    failed: `read ${word} "${name}"`,
    found: isReadable ? found : `${found}, so that expressions of other tools may not be able to refer to it`,
    hint: `Name it "${name.trim().replaceAll(/[^A-Za-z0-9_-]+/g, '-')}".`,
  })
}

function loadWorkflow(raw: Raw, workflowId: string, document: LoadedDocument, reading: Reading): LoadedWorkflow {
  const written = member(raw, 'inputs')
  const hasInputs = isRaw(written) || typeof written === 'boolean'
  if (isRaw(written)) checkInputSchema(written, `workflow "${workflowId}"`, reading)
  const inputs = hasInputs ? resolveSchema(written, reading.references, reading.problems) : undefined
  const steps = new Map<string, LoadedStep>()
  const allSteps: LoadedStep[] = []
  for (const { raw: step, name: stepId, isFirst } of named('steps', 'stepId', raw, 'step', reading)) {
    if (allSteps.length === MOST_STEPS) {
      reportLength(raw, workflowId, reading)
      break
    }
    const loaded = { stepId, raw: step, index: allSteps.length, outputs: namesOf(step) }
    if (isFirst) steps.set(stepId, loaded)
    allSteps.push(loaded)
  }
  return { workflowId, raw, document, steps, allSteps, outputs: namesOf(raw), inputs, inputNames: inputNames(inputs) }
}

/** A generated workflow of 10,000 steps takes seconds to read. */
const MOST_STEPS = 10_000

function reportLength(workflow: Raw, workflowId: string, reading: Reading): void {
  const count = objects(workflow, 'steps').length
  reading.problems.addFirm({
    code: 'invalid-value',
    at: placeOfKey(workflow, 'steps'),
    failed: `read workflow "${workflowId}"`,
    found: `it has ${count.toLocaleString('en')} steps, and no more than ${MOST_STEPS.toLocaleString('en')} are read`,
    hint: 'Make workflows of its parts, and run them by `workflowId`.',
  })
}

const namesOf = (raw: Raw) => new Set(Object.keys(object(raw, 'outputs') ?? {}))

/** The characters of a URI-reference; a percent sign begins an encoded byte. Source: RFC 3986, 4.1 and appendix A. */
const REFERENCE = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/

/** Matches as much of a text as is a reference. */
const BEGINNING = new RegExp(REFERENCE.source.slice(0, -1))

/**
 * Reports `$self` and `url`s that are not URI-references. A `url` that leads to a file all the same is only warned of.
 */
function checkUris(root: Raw, reading: Reading): void {
  check(root, '$self', 'the document', 'error', reading)
  for (const source of objects(root, 'sourceDescriptions'))
    check(source, 'url', `source "${text(source, 'name') ?? ''}"`, 'warning', reading)
}

function check(owner: Raw, field: string, thing: string, severity: 'error' | 'warning', reading: Reading): void {
  const written = text(owner, field)
  if (written === undefined || (REFERENCE.test(written) && URL.canParse(written, 'http://a/'))) return
  const begun = BEGINNING.exec(written)![0].length
  const offset = begun === written.length ? -1 : begun
  reading.problems.add({
    code: 'invalid-value',
    severity,
    at: offset < 0 ? placeOfValue(owner, field) : placeInside(owner, field, offset),
    failed: `read ${thing}`,
    found: `\`${field}\` is "${written}", which is not a URI-reference`,
    hint:
      offset < 0
        ? 'Correct it, as in `https://api.example.com/shop.arazzo.yaml`.'
        : `Write "${encodeURI(written.toWellFormed()).replaceAll(/%25([0-9A-Fa-f]{2})/g, '%$1')}".`,
    firm: severity === 'error',
  })
}
