import { splitSource } from '../../expression/index.ts'
import type { Location, ProblemCode } from '../../ground/errors.ts'
import type { readAsyncApi } from '../asyncapi/description.ts'
import type { Files } from '../file/files.ts'
import type { References } from '../file/references.ts'
import { placeInside, type SourceFile } from '../file/source-file.ts'
import type { ArazzoDocument, JsonSchema, ReadOptions } from '../model.ts'
import type { Api } from '../openapi/description.ts'
import { type Finding, type Problems, type Report, suggest } from '../problems.ts'
import { isRaw, member, object, type Raw, text } from '../raw.ts'
import type { ArazzoVersion } from '../shape.ts'

/** Shared state while a document and its references are read. */
export interface Reading {
  /** The document that was asked for. */
  readonly file: string
  readonly options: ReadOptions
  readonly files: Files
  readonly references: References
  readonly problems: Problems
  /** Returns the document, loading it if needed. `undefined` after a report of the reason. */
  document(file: string): LoadedDocument | undefined
  /** The OpenAPI description in a file; one for all sources that name it. */
  api(source: SourceFile): Api | undefined
  /** The AsyncAPI description in a file. */
  asyncApi(source: SourceFile & { value: Raw }): AsyncApi
  /**
   * Sources whose file is only known once all documents that can be found otherwise are: any may be the one they name.
   */
  readonly postponed: PostponedSource[]
  /** The sources of all documents, with what was found when they were loaded. */
  readonly sources: SourceReading[]
  /** The finished document; made on the first call. Circles of documents get the one that is being made. */
  built(document: LoadedDocument): ArazzoDocument
  /** Outputs that something reads, by whose they are. */
  readonly readOutputs: Map<LoadedStep | LoadedWorkflow, Set<string>>
  /** Outputs that refer to an output which is not declared. */
  readonly undeclared: {
    readonly owner: LoadedStep | LoadedWorkflow
    readonly name: string
    readonly finding: Finding
  }[]
}

/** An AsyncAPI description, as far as it has been asked about. */
type AsyncApi = ReturnType<typeof readAsyncApi>

interface PostponedSource {
  readonly uri: string
  /** Whether there is a file to fall back on when no document calls itself so. */
  readonly isHere: boolean
  load(): void
}

/** Problems of loading a source. They are errors only if the source is used. */
export interface SourceReading {
  readonly name: string
  readonly document: LoadedDocument
  readonly found: Finding[]
  /** File of the source; absent where none stands for its `url`. */
  file?: string
}

/** An Arazzo document whose parts can be looked up by name. Nothing in it has been resolved yet. */
export interface LoadedDocument {
  readonly reading: Reading
  readonly file: string
  readonly root: Raw
  readonly version: ArazzoVersion
  /** Objects that have not the shape they should have; it has been reported. */
  readonly misshapen: WeakSet<object>
  /** Sources in the document's order. A name that is used twice is the first one's. */
  readonly sources: ReadonlyMap<string, LoadedSource>
  /** Names of the sources that anything in the document refers to, or may mean. */
  readonly usedSources: Set<string>
  readonly workflows: ReadonlyMap<string, LoadedWorkflow>
  /** All workflows, including those with a duplicate name. */
  readonly allWorkflows: readonly LoadedWorkflow[]
}

export type LoadedSource = { readonly name: string; readonly raw: Raw } & (
  | { readonly type: 'openapi'; readonly api: Api }
  | { readonly type: 'arazzo'; readonly document: LoadedDocument }
  | { readonly type: 'asyncapi'; readonly asyncapi: AsyncApi }
  /** It has been reported why; what should be in it cannot be known. */
  | { readonly type: 'broken' }
)

export interface LoadedWorkflow {
  readonly workflowId: string
  readonly raw: Raw
  readonly document: LoadedDocument
  readonly steps: ReadonlyMap<string, LoadedStep>
  /** All steps, including those with a duplicate id. */
  readonly allSteps: readonly LoadedStep[]
  readonly outputs: ReadonlySet<string>
  readonly inputs?: JsonSchema
  readonly inputNames: InputNames
  /** Steps whose outputs a step reads, and which it has to wait for. */
  readonly reads: Map<LoadedStep, Set<LoadedStep>>
}

export interface LoadedStep {
  readonly stepId: string
  readonly raw: Raw
  /** Place among the workflow's steps, from 0. */
  readonly index: number
  readonly outputs: ReadonlySet<string>
}

/** Thing that is read, and its context in a document, which determines the possible references. */
export interface Context {
  /** Its name in messages: `step "login"`. */
  readonly thing: string
  readonly document: LoadedDocument
  /** Workflow. Absent while a component is read that may be unused. */
  readonly workflow?: LoadedWorkflow
  readonly step?: LoadedStep
  /** The workflow that the step runs. */
  readonly called?: LoadedWorkflow
  /** Whether the step sends or receives a message. */
  readonly onChannel?: boolean
  /** Moment: before the step's request, after its response, or when the workflow ends. */
  readonly moment: 'before' | 'after' | 'end'
  /** The output that is being read. */
  readonly output?: string
}

/** Reports on the thing that is read. */
export const reportOf = ({ thing, document }: Pick<Context, 'thing' | 'document'>): Report =>
  document.reading.problems.about(`read ${thing}`)

/** Reports a fault of a reference; without a severity nothing can run with it. */
export type Refuse = (code: ProblemCode, found: string, hint?: string, severity?: 'warning') => undefined

/** @param failed `<verb> <reference>`. */
export function refusing(failed: string, at: Location, { reading }: LoadedDocument): Refuse {
  return (code, found, hint, severity) =>
    reading.problems.add({ code, at, failed, found, hint, severity, firm: severity === undefined })
}

/** `$sourceDescriptions.<source>.<reference>`, also in braces. Operation ids may hold any character. */
export function qualifiedName(written: string, { sources }: LoadedDocument) {
  const found = /^\{?\$sourceDescriptions\.([^.{}#].*?)\}?$/s.exec(written.trim())
  return found ? splitSource(found[1]!, sources.keys()) : undefined
}

/**
 * Returns the source with this name. A name in another letter case is accepted if only one source matches: the
 * specification's own example calls `petStoreDescription` `petstoreDescription`. `refuse` receives the difference. The
 * source then counts as used.
 */
export function sourceNamed(
  name: string,
  { sources, usedSources }: LoadedDocument,
  refuse: Refuse = () => undefined,
): LoadedSource | undefined {
  const source = sources.get(name)
  usedSources.add(name)
  if (source) return source
  const [alike, other] = [...sources.values()].filter(one => one.name.toLowerCase() === name.toLowerCase())
  if (!alike || other) return undefined
  usedSources.add(alike.name)
  const found = `names of sources are case-sensitive, and it is "${alike.name}"`
  refuse('operation-form', found, `Write "${alike.name}".`, 'warning')
  return alike
}

type ComponentType = 'parameters' | 'successActions' | 'failureActions'

/** Component that a Reusable Object refers to, in its own document. */
export function componentOf(reusable: Raw, type: ComponentType, { root }: LoadedDocument): Raw | undefined {
  const reference = parse(text(reusable, 'reference') ?? '')
  if (reference?.type !== type) return undefined
  return object(object(object(root, 'components'), type), reference.name)
}

/** Resolves a component and reports why it is missing. */
export function resolveComponent(reusable: Raw, type: ComponentType, document: LoadedDocument): Raw | undefined {
  const component = componentOf(reusable, type, document)
  const written = text(reusable, 'reference')
  if (component || written === undefined) return component
  const reference = parse(written)
  const report = document.reading.problems.about(`resolve ${written}`)
  const at = placeInside(reusable, 'reference', 0)
  if (reference?.type !== type) {
    const found = `it is not a reference to \`components.${type}\``
    return report.firm('undefined-component', at, { found, hint: `Write $components.${type}.<name>.` })
  }
  const names = Object.keys(object(object(document.root, 'components'), type) ?? {})
  const found = `\`components.${type}\` has no "${reference.name}"`
  return report.firm('undefined-component', at, { found, hint: suggest(reference.name, names, type) })
}

function parse(reference: string): { type: string; name: string } | undefined {
  const found = /^\{?\$components\.(\w+)\.(.+?)\}?$/.exec(reference.trim())
  return found ? { type: found[1]!, name: found[2]! } : undefined
}

/** Names of members in a schema. */
interface InputNames {
  readonly declared: ReadonlySet<string>
  /** Others are allowed: `open` invites them, `closed` refuses them, `silent` is JSON Schema's default. */
  readonly others: 'open' | 'closed' | 'silent'
}

export function inputNames(schema: JsonSchema | undefined): InputNames {
  const declared = new Set<string>()
  const seen = new Set<unknown>()
  let [hasProperties, isOpen, isClosed] = [schema === undefined, schema === true, schema === false]
  const collect = (part: unknown): void => {
    if (!isRaw(part) || seen.has(part)) return
    seen.add(part)
    const properties = object(part, 'properties')
    hasProperties ||= properties !== undefined
    for (const name of Object.keys(properties ?? {})) declared.add(name)
    for (const others of ['additionalProperties', 'unevaluatedProperties'].map(keyword => member(part, keyword))) {
      isClosed ||= others === false
      isOpen ||= others !== false && others !== undefined
    }
    isOpen ||= object(part, 'patternProperties') !== undefined
    for (const keyword of ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else'])
      [member(part, keyword)].flat().forEach(collect)
  }
  collect(schema)
  return { declared, others: isClosed ? 'closed' : isOpen || !hasProperties ? 'open' : 'silent' }
}
