import {
  anyOf,
  count,
  flag,
  list,
  milliseconds,
  number,
  type Of,
  object,
  oneOf,
  optional,
  share,
  text,
  type ValueOf,
} from '../kinds.ts'

const FUNCTION = {
  /** Name of the function, empty without one; or of a package or of native code, without a file. */
  name: text,
  /** Path in the checkout. */
  file: optional(text),
  /** The line that has most of its time, from 1. */
  line: optional(count),
  /** Column, from 1. */
  column: optional(count),
  /** Path of the file in the project's folder; absent if it is not there. */
  path: optional(text),
  /** Whether this branch has changed it; absent if that is not known. */
  isChanged: optional(flag),
}

/** A function of the application. */
export interface CauseFunction extends Of<typeof FUNCTION> {}

const PART = object({ name: text, share })

/** Cause of a missed budget in the application, as far as it was found. */
export const cause = anyOf(
  /** One function has most of the growth of CPU time a request. */
  object({
    kind: oneOf('function'),
    function: object(FUNCTION),
    /** CPU time a request that it uses more. */
    added: milliseconds,
    /** Its part of the growth: limits of 95 %. */
    share: object({ low: share, high: share }),
    /** Packages and native code in which it has this time, the largest first. */
    beyond: list(PART),
    /** Functions of the same file that have less: code was moved from there. */
    insteadOf: optional(list(text)),
  }),
  /** No function alone has most of the growth. */
  object({ kind: oneOf('spread'), functions: count, largest: object(FUNCTION), share }),
  object({ kind: oneOf('not found'), reason: text }),
)

export type Cause = ValueOf<typeof cause>
