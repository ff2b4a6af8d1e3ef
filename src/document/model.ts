/**
 * Documents as typed values that remember their line. Everything here is plain data (it crosses threads),
 * references are resolved, and every expression has been parsed.
 * Names and order follow the Arazzo specification's objects.
 */

import type { CriterionTest, Template } from '../expression/ast.ts'
import type { Location, Problem, ProblemCode } from '../ground/errors.ts'
import type { Milliseconds } from '../ground/units.ts'

export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

export interface ArazzoDocument {
  /** Absolute path. */
  readonly file: string
  readonly version: '1.0' | '1.1'
  readonly self?: string
  readonly info: {
    readonly title: string
    readonly version: string
    readonly summary?: string
    readonly description?: string
  }
  readonly sources: Readonly<Record<string, Source>>
  readonly workflows: readonly Workflow[]
  /** `x-…` fields at the top as written, with a way back to the file. */
  readonly extensions: Readonly<Record<string, Extension>>
  /** Every file that was read or looked for: the document, its sources, all they refer to. For watchers. */
  readonly files: readonly string[]
  /** Warnings; errors leave no document. */
  readonly warnings: readonly Problem[]
}

export type Source = {
  readonly name: string
  readonly url: string
  readonly at: Location
  /** `x-…` fields as written. */
  readonly extensions: Readonly<Record<string, unknown>>
} & (
  | { readonly type: 'openapi'; readonly openapi: OpenApiDescription }
  | { readonly type: 'arazzo'; readonly arazzo: ArazzoDocument }
  | { readonly type: 'asyncapi'; readonly asyncapi: AsyncApiDescription }
)

export interface Workflow {
  readonly workflowId: string
  readonly at: Location
  readonly summary?: string
  readonly description?: string
  /** Whether steps that do not wait for one another run at the same time: `parallel` of its `x-vitest`. */
  readonly parallel?: boolean
  /** Schema with all `$ref`s resolved (recursive ones excepted). */
  readonly inputs?: JsonSchema
  readonly dependsOn: readonly WorkflowReference[]
  readonly steps: readonly Step[]
  readonly successActions: readonly Action[]
  readonly failureActions: readonly Action[]
  readonly parameters: readonly Parameter[]
  readonly outputs: readonly Output[]
  /** `x-…` fields as written, with a way back to the file. */
  readonly extensions: Readonly<Record<string, Extension>>
}

/** An `x-` field's value. `places` maps JSON Pointers below it (`''`, `/budgets/p99`) to where their value stands. */
export interface Extension {
  readonly value: unknown
  readonly at: Location
  readonly places: Readonly<Record<string, Location>>
}

/** `document` is absent for a workflow of the same document; otherwise the name of the `arazzo` source. */
export interface WorkflowReference {
  readonly source?: string
  readonly workflowId: string
  readonly at: Location
}

export interface Step {
  readonly stepId: string
  readonly at: Location
  readonly description?: string
  readonly target:
    | { readonly kind: 'operation'; readonly source: string; readonly operation: Operation }
    | { readonly kind: 'workflow'; readonly workflow: WorkflowReference }
    | {
        readonly kind: 'channel'
        readonly source: string
        readonly action: 'send' | 'receive'
        readonly channel: Channel
        /** Only messages that have it are waited for. */
        readonly correlationId?: Template
        /** Place where the step names the operation or channel. */
        readonly at: Location
      }
  readonly parameters: readonly Parameter[]
  readonly requestBody?: RequestBody
  readonly successCriteria: readonly Criterion[]
  readonly onSuccess: readonly Action[]
  readonly onFailure: readonly Action[]
  readonly outputs: readonly Output[]
  readonly timeout?: Milliseconds
  readonly dependsOn: readonly string[]
  /** Reads a stream of server-sent events, and no other response. */
  readonly events?: EventRule
  /** Its `x-vitest`, with a way back to the file. */
  readonly vitest?: Extension
}

/** How a step reads a stream of server-sent events. */
export interface EventRule {
  /** Its place. */
  readonly at: Location
  /** Read until all of them hold; none: until `most` events have come. */
  readonly until: readonly Criterion[]
  readonly most: number
  /** How long it may take; absent: as long as the step. */
  readonly within?: Milliseconds
}

export interface Parameter extends Output {
  /** Place of the parameter; absent where it is a workflow's input. */
  readonly in?: OperationParameter['in']
}

export interface RequestBody {
  readonly contentType?: string
  readonly payload?: Template
  readonly replacements: readonly Replacement[]
  readonly at: Location
}

export interface Replacement {
  readonly target: string
  readonly targetType: 'jsonpointer' | 'jsonpath' | 'xpath'
  readonly targetVersion: string
  readonly value: Template
  readonly at: Location
}

/** `at` is where the condition's text begins, so that `at.column + offset` finds a place in a one-line condition. */
export interface Criterion {
  readonly test: CriterionTest
  /** The condition as written. */
  readonly text: string
  readonly at: Location
}

export type Action = {
  readonly name: string
  readonly at: Location
  readonly criteria: readonly Criterion[]
  readonly parameters: readonly Parameter[]
} & (
  | { readonly type: 'end' }
  | { readonly type: 'goto'; readonly to: ActionTarget }
  /** `retryAfter` in milliseconds (seconds in the document), 0 when not given; `retryLimit` 1 when not given. */
  | {
      readonly type: 'retry'
      readonly retryAfter: Milliseconds
      readonly retryLimit: number
      readonly to?: ActionTarget
    }
)

export type ActionTarget =
  | { readonly kind: 'step'; readonly stepId: string }
  | { readonly kind: 'workflow'; readonly workflow: WorkflowReference }

export interface Output {
  readonly name: string
  readonly value: Template
  readonly at: Location
}

/* ---- OpenAPI, as far as a step needs it ---- */

export interface OpenApiDescription {
  readonly file: string
  /** `3.0`, `3.1`, … */
  readonly version: string
  /** Operations that steps use. */
  readonly operations: readonly Operation[]
  /** Parsed documents by absolute file (the description and all it refers to), for schema validation. */
  readonly documents: Readonly<Record<string, unknown>>
  readonly securitySchemes: Readonly<Record<string, unknown>>
}

export interface Operation {
  readonly operationId?: string
  /** Upper case. */
  readonly method: string
  /** Path template: `/pets/{id}`. */
  readonly path: string
  readonly tags: readonly string[]
  readonly at: Location
  /** The operation's, else the path's, else the description's; `/` when none are declared. */
  readonly servers: readonly Server[]
  /** Path-level and operation-level merged, references resolved. */
  readonly parameters: readonly OperationParameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: readonly MediaType[] }
  /** Responses by status (`200`, `2XX`, `default`). */
  readonly responses: Readonly<Record<string, OperationResponse>>
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface Server {
  readonly url: string
  /** Place of its URL. */
  readonly at?: Location
  readonly variables: Readonly<Record<string, { readonly default: string; readonly enum?: readonly string[] }>>
}

export interface OperationParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'querystring' | 'header' | 'cookie'
  readonly required: boolean
  readonly style:
    | 'matrix'
    | 'label'
    | 'simple'
    | 'form'
    | 'spaceDelimited'
    | 'pipeDelimited'
    /** `tsv` of OpenAPI 2.0. */
    | 'tabDelimited'
    | 'deepObject'
    | 'cookie'
  readonly explode: boolean
  readonly allowReserved: boolean
  /** Media type of a `content` parameter; its value is serialized by that media type. */
  readonly contentType?: string
  readonly schema?: SchemaPlace
  /** A value that the description gives as one: its `example`, or the first of its `examples`. */
  readonly example?: unknown
  readonly at: Location
}

export interface OperationResponse {
  /** Place of its status. */
  readonly at: Location
  readonly content: readonly MediaType[]
  readonly headers: Readonly<Record<string, { readonly required: boolean; readonly schema?: SchemaPlace }>>
}

export interface MediaType {
  /** Media type as written: `application/json; charset=utf-8`, `image/*`. */
  readonly type: string
  readonly schema?: SchemaPlace
  readonly encoding: Readonly<Record<string, unknown>>
}

/**
 * A schema by where it stands: `documents[file]` at `pointer`; `schema` is its value with the outermost `$ref`
 * resolved.
 */
export interface SchemaPlace {
  readonly file: string
  readonly pointer: string
  readonly schema: JsonSchema
}

/* ---- AsyncAPI, as far as a step needs it ---- */

export interface AsyncApiDescription {
  readonly file: string
  /** `2.6`, `3.0`, … */
  readonly version: string
  readonly servers: readonly ChannelServer[]
}

export interface ChannelServer {
  readonly name: string
  /** `kafka`, `mqtt`, `ws`, … */
  readonly protocol: string
  /** `mqtt://broker.example.com:1883`; variables are filled in by their defaults. */
  readonly url: string
}

/** A channel as an operation, or a `channelPath`, refers to it. */
export interface Channel {
  /** Its key in the description. */
  readonly name: string
  /** `orders/{region}`; the name where the description does not know it. */
  readonly address: string
  /** Place of the operation where there is one. */
  readonly at: Location
  readonly operationId?: string
  /** Parameters of the address, by name. */
  readonly parameters: Readonly<Record<string, { readonly default?: string }>>
  readonly messages: readonly MessageType[]
}

export interface MessageType {
  readonly name?: string
  readonly contentType: string
  /** Place of the correlation id in a message. */
  readonly correlation?: { readonly part: 'header' | 'payload'; readonly pointer: string }
}

export interface ReadOptions {
  /**
   * Files to read in place of the URLs in `sourceDescriptions`, by source name; relative to the document.
   * @default the URLs of the document
   * @example { shop: './openapi.yaml' }
   */
  sources?: Readonly<Record<string, string>>
  /**
   * Overrides how serious a kind of problem is.
   * @default those of `npx vitest-arazzo validate`
   * @example { 'newer-field': 'off' }
   */
  severities?: Readonly<Partial<Record<ProblemCode, 'error' | 'warning' | 'off'>>>
}
