import {
  anyOf,
  bytes,
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

const PART = object({
  /** Name of a package, or of native code. */
  name: text,
  share,
})

/** Cause of a missed budget in the application, as far as it was found. */
export const cause = anyOf(
  /** One function has most of the growth of CPU time a request. */
  object({
    /** One function has most of the growth of CPU time. */
    kind: oneOf('function'),
    /** Function with the growth. */
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
  object({
    /** No function has most of the growth. */
    kind: oneOf('spread'),
    /** How many functions have most of it together. */
    functions: count,
    /** Function with the largest part. */
    largest: object(FUNCTION),
    share,
  }),
  /** Functions with the most busy time of the application, three at most. */
  object({
    /** Functions have the busy time of the application. */
    kind: oneOf('busy'),
    /** Three at most, the largest first. */
    functions: list(
      object({
        /** Function of the application, a package or native code. */
        function: object(FUNCTION),
        /** Its part of the busy time. */
        share,
        /** CPU time a request that it uses. */
        time: milliseconds,
      }),
    ),
    /** Share of the time in which the busiest thread was busy. */
    busy: share,
    /** Only stretches are meant in which a thread was busy for so long without a break; absent if all are. */
    stretch: optional(milliseconds),
  }),
  /** Event loops were idle: no function is the cause. */
  object({
    /** Event loops were idle. */
    kind: oneOf('waited'),
    /** Share of the time in which the busiest thread was busy. */
    busy: share,
    /** The longest time for which a thread was busy without a break. */
    longest: milliseconds,
    /** Service that it waited for most; absent if it is not known, or little of the time. */
    service: optional(
      object({
        /** Destination: `127.0.0.1:5432`. */
        to: text,
        /** Round trips for each request. */
        trips: number,
        /** Time for each request. */
        waited: milliseconds,
        /** Part of the time of a request. */
        share,
      }),
    ),
  }),
  /** Head makes more round trips to another service than base, or waits longer for it. */
  object({
    /** Round trips to another service. */
    kind: oneOf('round trips'),
    /** Destination: `127.0.0.1:5432`. */
    to: text,
    /** Round trips for each request. */
    trips: object({
      /** On base. */
      base: number,
      /** On head. */
      head: number,
    }),
    /** Time for each request in which a response was due. */
    waited: object({
      /** On base. */
      base: milliseconds,
      /** On head. */
      head: milliseconds,
    }),
    /** Function with most of the growth of CPU time a request; absent without one. */
    function: optional(object(FUNCTION)),
  }),
  /** Functions whose objects stay after garbage collection, and become more from each look to the next. */
  object({
    /** Objects of functions stay. */
    kind: oneOf('growth'),
    /** Three at most, the largest first. */
    functions: list(
      object({
        /** Function of the application, a package or native code. */
        function: object(FUNCTION),
        /** Bytes for each 1,000 requests. */
        growth: bytes,
      }),
    ),
    /** Growth of the JavaScript heap for each 1,000 requests, in bytes. */
    heap: bytes,
  }),
  /** Memory grows outside of the JavaScript heap. */
  object({
    /** Memory grows outside of the JavaScript heap. */
    kind: oneOf('outside heap'),
    /** Growth of the resident set for each 1,000 requests, in bytes. */
    growth: bytes,
    /** Part of it in the JavaScript heap, after garbage collection. */
    heap: bytes,
    /** Part of it in buffers. */
    buffers: bytes,
  }),
  /** Head needs more memory before its first request, and loads code that base does not load. */
  object({
    /** Head loads more at its start. */
    kind: oneOf('start'),
    /** Bytes that head has more than base at its start. */
    added: bytes,
    /** Packages and files that head loads in addition, the largest first. */
    modules: list(
      object({
        /** Name of the package, or path of the file. */
        name: text,
        /** How many of its files base does not load. */
        files: count,
        /** Length of their source. */
        size: bytes,
        /** Live objects that it has made, beyond those of base; absent if they are few. */
        kept: optional(bytes),
      }),
    ),
  }),
  object({
    /** There is no cause, for a reason. */
    kind: oneOf('not found'),
    /** Why no cause is known. */
    reason: text,
  }),
)

export type Cause = ValueOf<typeof cause>
