import type { Pointer } from './ast.ts'

/** Request of the current step, for expressions. */
export interface RequestView {
  /** First value of a header; `name` in lower case. */
  header(name: string): string | undefined
  /** A query parameter's value before serialization. */
  query(name: string): unknown
  /** A path parameter's value before serialization. */
  path(name: string): unknown
  readonly body: unknown
}

/** Response of the current step, for expressions. */
export interface ResponseView {
  /** First value of a header; `name` in lower case. */
  header(name: string): string | undefined
  /** All values of a header as one; `name` in lower case. */
  headerLine(name: string): string | undefined
  /** The value of a cookie that it sets, with percent-encoding and quotes undone. */
  cookie(name: string): string | undefined
  /** Parsed body: JSON as values, other bodies as text, `undefined` if it is empty. */
  readonly body: unknown
  /** Whether the body is text, in which pointers and queries find nothing. */
  readonly isText?: boolean
  /**
   * Value of the body at a pointer; `undefined` if it is missing. Pointers are compared by identity first. Of
   * a pointer with a chain, the value may be the chain's `Nodes`.
   */
  at(pointer: Pointer): unknown
}

/** Message of the current step, for expressions. */
interface MessageValues {
  header(name: string): unknown
  /** The value of a parameter of the channel's address. */
  path(name: string): string | undefined
  readonly payload: unknown
}

/** Values that expressions can refer to while a step runs. Missing values are `undefined`. */
export interface Scope {
  readonly url: string | undefined
  readonly method: string | undefined
  readonly statusCode: number | undefined
  readonly self: string | undefined
  readonly request: RequestView | undefined
  readonly response: ResponseView | undefined
  readonly message: MessageValues | undefined
  readonly inputs: Readonly<Record<string, unknown>>
  /** Outputs of the current workflow or, in a step that ran a workflow, of that workflow. */
  readonly outputs: Readonly<Record<string, unknown>>
  step(stepId: string): Readonly<Record<string, unknown>> | undefined
  /** One output of a step: what `step` has by that name. */
  stepOutput(stepId: string, name: string): unknown
  workflow(workflowId: string): { inputs: Record<string, unknown>; outputs: Record<string, unknown> } | undefined
  source(name: string, reference: string): unknown
}

/** A compiled template or expression. */
export type Evaluate = (scope: Scope) => unknown

/** Why a criterion was not met; made only when it is asked for. */
export interface Explanation {
  /** Values of the expressions in the condition, by their text: `{ '$statusCode': 404 }`. */
  readonly actual: Readonly<Record<string, unknown>>
  /** Values that would have satisfied it, if one comparison decides; otherwise absent. */
  readonly expected?: Readonly<Record<string, unknown>>
  /** Set when the condition could not be evaluated (bad pattern, no such body). */
  readonly error?: string
}

/** A compiled criterion. `test` never throws: what cannot be evaluated is not met. */
export interface Criterion {
  test(scope: Scope): boolean
  explain(scope: Scope): Explanation
}

/** Parts of a response that templates and criteria read. Other parts need not be kept. */
export interface Reads {
  readonly pointers: readonly Pointer[]
  /** The body as a whole is needed (JSONPath, regex on the body, `$response.body`). */
  readonly whole: boolean
  /** And as a value, of which nothing may be left out. */
  readonly parsed: boolean
}
