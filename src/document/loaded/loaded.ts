import type { AsyncApi } from '../asyncapi/description.ts'
import type { Files } from '../file/files.ts'
import type { References } from '../file/references.ts'
import type { SourceFile } from '../file/source-file.ts'
import type { ArazzoDocument, JsonSchema, ReadOptions } from '../model.ts'
import type { Api } from '../openapi/description.ts'
import type { Finding, Problems } from '../problems.ts'
import type { Raw } from '../raw.ts'
import type { ArazzoVersion } from '../shape/arazzo.ts'
import type { InputNames } from './inputs.ts'

/** What one reading of a document and all it refers to has in common. */
export interface Reading {
  /** The document that was asked for. */
  readonly file: string
  readonly options: ReadOptions
  readonly files: Files
  readonly references: References
  readonly problems: Problems
  /** A document that was loaded before, or is loaded now. `undefined` after it was reported why there is none. */
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
}

interface PostponedSource {
  readonly uri: string
  /** Whether there is a file to fall back on when no document calls itself so. */
  readonly isHere: boolean
  load(): void
}

/** What was found while a source was loaded: errors only if anything uses the source. */
export interface SourceReading {
  readonly name: string
  readonly document: LoadedDocument
  readonly found: Finding[]
  /** File of the source; absent where none stands for its `url`. */
  file?: string
}

/** An Arazzo document whose parts can be looked up by name. Nothing in it has been resolved yet. */
export interface LoadedDocument {
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
  /** Those whose name was used before, too. */
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
  /** Those whose id was used before, too. */
  readonly allSteps: readonly LoadedStep[]
  readonly outputs: ReadonlySet<string>
  readonly inputs?: JsonSchema
  readonly inputNames: InputNames
}

export interface LoadedStep {
  readonly stepId: string
  readonly raw: Raw
  /** Place among the workflow's steps, from 0. */
  readonly index: number
  readonly outputs: ReadonlySet<string>
}
