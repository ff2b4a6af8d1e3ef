import type { Location } from '../../ground/errors.ts'
import { checkInputSchema } from '../check/input-schema.ts'
import { EVENTS_FIELD, EXTRACT_FIELD, LOAD_TEST_FIELD, VITEST_FIELD } from '../extension-fields.ts'
import { tokensOf } from '../file/files.ts'
import { CIRCLE, isUnresolved, type References, unresolved } from '../file/references.ts'
import { placeInside, placeOfKey, placeOfValue, pointerOf, type SourceFile } from '../file/source-file.ts'
import type { LoadedDocument, LoadedSource, LoadedStep, LoadedWorkflow } from '../loaded/loaded.ts'
import { inputNames, type Reading, type SourceReading } from '../loaded/loaded.ts'
import type { JsonSchema } from '../model.ts'
import type { Finding, Problems, Report } from '../problems.ts'
import { isRaw, member, object, objects, type Raw, text } from '../raw.ts'
import type { ArazzoVersion } from '../shape.ts'
import { checkShape, meantExtension, thingAt } from '../shape.ts'
import { loadSource, NAMES, typeOf, uriToIdentify } from './source.ts'

type Place = 'document' | 'workflow' | 'step' | 'output' | 'elsewhere'

/** Extensions that mean something here, and where. */
const OURS: Readonly<Record<string, { readonly on: readonly Place[]; readonly move: string }>> = {
  [LOAD_TEST_FIELD]: { on: ['workflow'], move: 'Move it to a workflow.' },
  [VITEST_FIELD]: { on: ['document', 'workflow', 'step'], move: 'Move it to a workflow, or to the top.' },
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
function checkExtensions(root: Raw, problems: Problems): void {
  const seen = new Set<object>()
  const visit = (value: unknown, path: readonly PropertyKey[], isMap = false): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index])
    else {
      for (const [key, inner] of Object.entries(value)) {
        if (!isMap && key.startsWith('x-')) checkExtension(value as Raw, key, root, path, problems)
        else if (isMap || !DATA.has(key)) visit(inner, [...path, key], MAPS.has(key) && isRaw(inner))
      }
    }
  }
  visit(root, [])
}

function checkExtension(owner: Raw, key: string, root: Raw, path: readonly PropertyKey[], problems: Problems): void {
  const meant = meantExtension(key)
  if (meant === undefined) return
  const { on, move } = OURS[meant]!
  const isHere = on.includes(placeAt(path))
  if (meant === key && isHere) return
  const found = meant === key ? `\`${key}\` is not read there` : `\`${key}\` means nothing here and is not read`
  const hint = meant === key ? move : `Did you mean \`${meant}\`?${isHere ? '' : ` ${move}`}`
  problems.about(`read ${thingAt(root, path)}`).warn('unknown-extension', placeOfKey(owner, key), { found, hint })
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
  const { problems } = reading
  if (!isArazzo(root, source, problems)) return undefined
  for (const { offset, code, severity, found, hint } of source.faults)
    if (severity === 'warning') problems.about('read a value').warn(code, source.locate(offset), { found, hint })
  const version = versionOf(root, problems)
  const misshapen = checkShape(root, version, problems)
  checkExtensions(root, problems)
  checkUris(root, problems)
  const sources = new Map<string, LoadedSource>()
  const workflows = new Map<string, LoadedWorkflow>()
  const allWorkflows: LoadedWorkflow[] = []
  const usedSources = new Set<string>()
  const { file } = source
  const document = { reading, file, root, version, misshapen, sources, usedSources, workflows, allWorkflows }
  register(document)
  for (const { raw, name, isFirst } of named('sourceDescriptions', 'name', root, 'source', problems)) {
    const source: SourceReading = { name, document, found: [] }
    reading.sources.push(source)
    const load = () => {
      const loaded = problems.keep(source.found, () => loadSource(raw, source))
      if (isFirst) sources.set(name, loaded)
    }
    const identity = problems.keep(source.found, () => uriToIdentify({ raw, name, document }))
    if (!identity) load()
    else {
      // Its place among the sources, until it is known.
      if (isFirst) sources.set(name, { name, raw, type: 'broken' })
      reading.postponed.push({ ...identity, load })
    }
  }
  for (const { raw, name, isFirst } of named('workflows', 'workflowId', root, 'workflow', problems)) {
    const workflow = loadWorkflow(raw, name, document)
    if (isFirst) workflows.set(name, workflow)
    allWorkflows.push(workflow)
  }
  return document
}

/** Anything that can be checked as one; a description of another kind or no mapping at all is one problem, not many. */
function isArazzo(root: unknown, source: SourceFile, problems: Problems): root is Raw {
  if (root === undefined) return false
  const type = typeOf(root)
  if (isRaw(root) && (type === undefined || type === 'arazzo')) return true
  const what = root === null ? 'the file is empty' : 'the file holds no mapping'
  const found = type ? `this is ${NAMES[type]}` : what
  problems.about('read an Arazzo document').firm('invalid-source', source.locate(0), { found })
  return false
}

function versionOf(root: Raw, problems: Problems): ArazzoVersion {
  const written = text(root, 'arazzo')
  const version = /^1\.[01](?=$|\.)/.exec(written ?? '')?.[0]
  if (version === undefined && written !== undefined) {
    const what = { found: `its version is "${written}"`, hint: 'Use 1.0.1 or 1.1.0.' }
    problems.about('read an Arazzo document').firm('unsupported-version', placeOfValue(root, 'arazzo'), what)
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
function* named(key: string, field: string, of: Raw, word: string, problems: Problems): Generator<Named> {
  const seen = new Map<string, Raw>()
  for (const raw of objects(of, key)) {
    const name = text(raw, field)
    if (name === undefined) continue
    const report = problems.about(`read ${word} "${name}"`)
    const first = seen.get(name)
    if (!first) seen.set(name, raw)
    else {
      const found = `line ${placeOfKey(first, field).line} has a ${word} of that name`
      report.error('duplicate-id', placeOfKey(raw, field), { found, hint: `Give each ${word} a name of its own.` })
    }
    warnOfName(name, field, raw, word, report)
    yield { raw, name, isFirst: !first }
  }
}

/** The grammar of 1.1, and other tools, can only refer to names of these characters. */
function warnOfName(name: string, field: string, raw: Raw, word: string, report: Report): void {
  if (/^[A-Za-z0-9_-]+$/.test(name)) return
  const isReadable = word === 'source' && /^[A-Za-z0-9_.-]+$/.test(name)
  const found = 'its name has other characters than letters, digits, "_" and "-"'
  report.warn('invalid-name', placeOfValue(raw, field), {
    found: isReadable ? found : `${found}, so that expressions of other tools may not be able to refer to it`,
    hint: `Name it "${name.trim().replaceAll(/[^A-Za-z0-9_-]+/g, '-')}".`,
  })
}

function loadWorkflow(raw: Raw, workflowId: string, document: LoadedDocument): LoadedWorkflow {
  const { references, problems } = document.reading
  const written = member(raw, 'inputs')
  if (isRaw(written)) checkInputSchema(written, `workflow "${workflowId}"`, problems)
  const whole = isRaw(written) ? new Inliner(written, references, problems).inlined() : undefined
  const inputs = typeof written === 'boolean' ? written : whole
  const steps = new Map<string, LoadedStep>()
  const allSteps: LoadedStep[] = []
  for (const { raw: step, name: stepId, isFirst } of named('steps', 'stepId', raw, 'step', problems)) {
    if (allSteps.length === MOST_STEPS) {
      const [count, most] = [objects(raw, 'steps').length, MOST_STEPS].map(number => number.toLocaleString('en'))
      problems
        .about(`read workflow "${workflowId}"`)
        .firm('invalid-value', placeOfKey(raw, 'steps'), {
          found: `it has ${count} steps, and no more than ${most} are read`,
          hint: 'Make workflows of its parts, and run them by `workflowId`.',
        })
      break
    }
    const loaded = { stepId, raw: step, index: allSteps.length, outputs: namesOf(step) }
    if (isFirst) steps.set(stepId, loaded)
    allSteps.push(loaded)
  }
  const names = { outputs: namesOf(raw), inputs, inputNames: inputNames(inputs) }
  return { workflowId, raw, document, steps, allSteps, ...names, reads: new Map() }
}

/** Keywords whose values are data, not schemas. */
const PLAIN = new Set(['const', 'default', 'enum', 'examples'])

/** Keywords whose values have schemas by name: there, `default` or `$id` is the name of a property. */
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])

/** Names of schemas: what is inlined under several places must not be named twice. */
const IDENTITY = new Set(['$id', '$anchor', '$dynamicAnchor'])

const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'])

/**
 * A schema that stands on its own: what a `$ref` leads to is in its place. Only a schema that contains itself keeps
 * one, to `#` or to `#/$defs/…` of the result.
 */
class Inliner {
  readonly #root: Raw
  readonly #references: References
  readonly #problems: Problems
  readonly #defs: Record<string, JsonSchema> = {}
  readonly #open = new Map<unknown, { reference: string; used: boolean }>()
  readonly #done = new Map<unknown, JsonSchema>()

  constructor(root: Raw, references: References, problems: Problems) {
    this.#root = root
    this.#references = references
    this.#problems = problems
  }

  inlined(): JsonSchema {
    this.#open.set(this.#root, { reference: '#', used: false })
    const schema = this.#schema(this.#root)
    if (typeof schema === 'boolean' || Object.keys(this.#defs).length === 0) return schema
    return { ...schema, $defs: { ...object(schema, '$defs'), ...this.#defs } }
  }

  #schema(value: Raw): JsonSchema {
    // Without a schema that overrides it, a `$dynamicRef` equals a `$ref`. Schemas of inputs are not extended.
    const keyword = text(value, '$ref') === undefined ? '$dynamicRef' : '$ref'
    const reference = text(value, keyword)
    const own: Record<string, unknown> = {}
    for (const [name, inner] of Object.entries(value)) {
      if (name !== keyword && !IDENTITY.has(name)) own[name] = this.#keyword(name, inner)
    }
    if (reference === undefined) return own
    const target = this.#target(reference, value)
    if (target === undefined || target === true) return own
    const keywords = Object.keys(own)
    if (keywords.length === 0) return target
    if (typeof target === 'object' && keywords.every(keyword => ANNOTATIONS.has(keyword))) return { ...target, ...own }
    return { ...own, allOf: [target, ...(Array.isArray(own.allOf) ? own.allOf : [])] }
  }

  #keyword(name: string, value: unknown): unknown {
    if (PLAIN.has(name)) return value
    if (!NAMED.has(name) || !isRaw(value)) return this.#value(value)
    return Object.fromEntries(Object.entries(value).map(([key, schema]) => [key, this.#value(schema)]))
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(item => this.#value(item))
    return isRaw(value) ? this.#schema(value) : value
  }

  #target(reference: string, holder: Raw): JsonSchema | undefined {
    const target = this.#resolve(reference, holder)
    if (typeof target === 'boolean') return target
    if (!isRaw(target)) return undefined
    if (isCircle(this.#references, holder, finding => this.#problems.add(finding))) return undefined
    const open = this.#open.get(target)
    if (open) {
      open.used = true
      return { $ref: open.reference }
    }
    const done = this.#done.get(target)
    if (done !== undefined) return done
    const name = this.#nameFor(target)
    const entry = { reference: `#/$defs/${name}`, used: false }
    this.#open.set(target, entry)
    const schema = this.#schema(target)
    this.#open.delete(target)
    if (entry.used) this.#defs[name] = schema
    this.#done.set(target, schema)
    return schema
  }

  /** Relative to the file; `#/$defs/…` also relative to the schema that it stands in, as it is often written. */
  #resolve(reference: string, holder: Raw): unknown {
    const result = this.#references.resolve(reference, holder)
    if (!isUnresolved(result)) return result.value
    const within = reference.startsWith('#/') ? this.#references.walk(this.#root, tokensOf(reference)) : result
    if (!isUnresolved(within)) return within.value
    this.#problems.add(unresolved(reference, holder, result))
    return undefined
  }

  #nameFor(target: Raw): string {
    const base =
      pointerOf(target)
        .split('/')
        .at(-1)
        ?.replaceAll(/[^\w.-]/g, '_') || 'schema'
    const taken = (name: string) =>
      Object.hasOwn(this.#defs, name) ||
      member(object(this.#root, '$defs'), name) !== undefined ||
      [...this.#open.values()].some(({ reference }) => reference === `#/$defs/${name}`)
    let name = base
    for (let number = 2; taken(name); number++) name = `${base}${number}`
    return name
  }
}

/** Whether `$ref`s lead from one to the next and back, with no schema in between; it is reported. */
function isCircle(references: References, holder: Raw, report: (finding: Finding) => void): boolean {
  let circle: Finding | undefined
  references.follow(holder, finding => {
    if (finding.found === CIRCLE.found) circle = finding
  })
  if (circle) report(circle)
  return circle !== undefined
}

/** A generated workflow of 10,000 steps takes seconds to read. */
const MOST_STEPS = 10_000

const namesOf = (raw: Raw) => new Set(Object.keys(object(raw, 'outputs') ?? {}))

/** The characters of a URI-reference; a percent sign begins an encoded byte. Source: RFC 3986, 4.1 and appendix A. */
const REFERENCE = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/

/** Matches as much of a text as is a reference. */
const BEGINNING = new RegExp(REFERENCE.source.slice(0, -1))

/**
 * Reports `$self` and `url`s that are not URI-references. A `url` that leads to a file all the same is only warned of.
 */
function checkUris(root: Raw, problems: Problems): void {
  checkUri(root, '$self', found => problems.about('read the document').firm('invalid-value', ...found))
  for (const source of objects(root, 'sourceDescriptions')) {
    const report = problems.about(`read source "${text(source, 'name') ?? ''}"`)
    checkUri(source, 'url', found => report.warn('invalid-value', ...found))
  }
}

type Wrong = [at: Location, what: { found: string; hint: string }]

function checkUri(owner: Raw, field: string, report: (wrong: Wrong) => void): void {
  const written = text(owner, field)
  if (written === undefined || (REFERENCE.test(written) && URL.canParse(written, 'http://a/'))) return
  const begun = BEGINNING.exec(written)![0].length
  const isWhole = begun === written.length
  const found = `\`${field}\` is "${written}", which is not a URI-reference`
  const correct = encodeURI(written.toWellFormed()).replaceAll(/%25([0-9A-Fa-f]{2})/g, '%$1')
  const hint = isWhole ? 'Correct it, as in `https://api.example.com/shop.arazzo.yaml`.' : `Write "${correct}".`
  report([isWhole ? placeOfValue(owner, field) : placeInside(owner, field, begun), { found, hint }])
}
