/**
 * The Arazzo expression language as plain data: what a document's text means once it has been read.
 * Nodes are readonly, hold no functions and cross threads.
 * Source: Arazzo 1.1.0, "Runtime Expressions"; names follow the ABNF's.
 */

import type { Chain } from './chain.ts'
import { pointerTo } from './pointer.ts'

/** A JSON Pointer (RFC 6901), unescaped; `[]` is the whole document. */
export interface Pointer {
  readonly text: string
  readonly tokens: readonly string[]
  /** The query whose nodes may be there instead of the value. */
  readonly chain?: Chain
}

export type Expression =
  | { readonly kind: 'url' | 'method' | 'statusCode' | 'self' }
  | { readonly kind: 'request'; readonly part: 'header' | 'query' | 'path'; readonly name: string }
  | { readonly kind: 'request'; readonly part: 'body'; readonly pointer?: Pointer }
  /** `cookie` is an extension: the specification has no word for what a response sets. */
  | { readonly kind: 'response'; readonly part: 'header' | 'cookie' | 'query' | 'path'; readonly name: string }
  | { readonly kind: 'response'; readonly part: 'body'; readonly pointer?: Pointer }
  | { readonly kind: 'message'; readonly part: 'header' | 'query' | 'path'; readonly name: string }
  | { readonly kind: 'message'; readonly part: 'payload'; readonly pointer?: Pointer }
  | { readonly kind: 'inputs' | 'outputs'; readonly name: string; readonly pointer?: Pointer }
  | { readonly kind: 'steps'; readonly stepId: string; readonly output: string; readonly pointer?: Pointer }
  | {
      readonly kind: 'workflows'
      readonly workflowId: string
      readonly field: 'inputs' | 'outputs'
      readonly name: string
      readonly pointer?: Pointer
    }
  | { readonly kind: 'sourceDescriptions'; readonly source: string; readonly reference: string }
  | {
      readonly kind: 'components'
      readonly type: 'parameters' | 'successActions' | 'failureActions' | 'inputs'
      readonly name: string
    }

export type SelectorType =
  | { readonly type: 'jsonpath'; readonly version: 'rfc9535' | 'draft-goessner-dispatch-jsonpath-00' }
  | { readonly type: 'xpath'; readonly version: 'xpath-31' | 'xpath-30' | 'xpath-20' | 'xpath-10' }
  | { readonly type: 'jsonpointer'; readonly version: 'rfc6901' }

/** An expression with the text it was read from (`$statusCode`), for messages. */
export interface Quoted {
  readonly text: string
  readonly expression: Expression
}

/** Text with embedded expressions: `Bearer {$steps.login.outputs.token}`. */
export interface TextTemplate {
  readonly kind: 'text'
  readonly text: string
  readonly parts: readonly (string | Quoted)[]
}

/** The first group of the first match of a pattern (`x-extract`). */
export interface Extract {
  readonly regex: string
  /** Percent-encoding is undone, and `+` is a space. */
  readonly isUrl: boolean
}

/** A value as written in a document, read once. */
export type Template =
  | { readonly kind: 'literal'; readonly value: unknown }
  | ({ readonly kind: 'expression' } & Quoted)
  | TextTemplate
  | {
      readonly kind: 'selector'
      readonly context: Quoted
      readonly selector: string | TextTemplate
      readonly type: SelectorType
    }
  | {
      readonly kind: 'extract'
      readonly of: Template & { readonly kind: 'expression' | 'selector' }
      readonly extract: Extract
    }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Template])[] }

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** A simple condition. `start` and `end` are offsets into the condition's text. */
export type Condition = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'literal'; readonly value: string | number | bigint | boolean | null }
  /** Quoted text with embedded expressions: `'Bearer {$inputs.token}'`. */
  | { readonly kind: 'text'; readonly template: TextTemplate }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'member'; readonly object: Condition; readonly name: string }
  | { readonly kind: 'index'; readonly object: Condition; readonly index: Condition }
  | { readonly kind: 'not'; readonly operand: Condition }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | {
      readonly kind: 'comparison'
      readonly operator: ComparisonOperator
      readonly left: Condition
      readonly right: Condition
    }
)

/** Test of a criterion, without its place in the file. */
export type CriterionTest =
  | { readonly type: 'simple'; readonly text: string; readonly condition: Condition }
  | { readonly type: 'regex'; readonly context: Quoted; readonly pattern: string | TextTemplate }
  | {
      readonly type: 'jsonpath' | 'xpath'
      readonly version: string
      readonly context: Quoted
      readonly query: string | TextTemplate
    }

/** An expression in the specification's own form: `$steps.login.outputs.user#/0/id`. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'request':
    case 'response':
    case 'message':
      return expression.part === 'body' || expression.part === 'payload'
        ? `$${expression.kind}.${expression.part}${fragment(expression.pointer)}`
        : `$${expression.kind}.${expression.part}.${expression.name}`
    case 'inputs':
    case 'outputs':
      return `$${expression.kind}.${expression.name}${fragment(expression.pointer)}`
    case 'steps':
      return `$steps.${expression.stepId}.outputs.${expression.output}${fragment(expression.pointer)}`
    case 'workflows': {
      const { workflowId, field, name, pointer } = expression
      return `$workflows.${workflowId}.${field}.${name}${fragment(pointer)}`
    }
    case 'sourceDescriptions':
      return `$sourceDescriptions.${expression.source}.${expression.reference}`
    case 'components':
      return `$components.${expression.type}.${expression.name}`
    default:
      return `$${expression.kind}`
  }
}

const fragment = (pointer: Pointer | undefined): string => (pointer === undefined ? '' : `#${pointer.text}`)

/** Expression for members of another expression's value; `undefined` if that value has no members. */
export function extend(expression: Expression, names: readonly string[]): Expression | undefined {
  switch (expression.kind) {
    case 'request':
    case 'response':
      if (expression.part !== 'body') return undefined
      break
    case 'message':
      if (expression.part !== 'payload') return undefined
      break
    case 'inputs':
    case 'outputs':
    case 'steps':
    case 'workflows':
      break
    default:
      return undefined
  }
  return { ...expression, pointer: pointerTo([...(expression.pointer?.tokens ?? []), ...names]) }
}
