/*
 * Hot: once a response that such a query looks at. The bytes of the nodes are put together as a list, of which
 * `JSON.parse` makes the values. Per response nothing is allocated but these. The bytes have been checked.
 */

import { Buffer } from 'node:buffer'
import { type Chain, type ChainStep, NOTHING, Nodes } from '../../expression/index.ts'
import type { Bytes } from '../../ground/units.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './bytes.ts'
import { stringEnd } from './scan.ts'
import { Skipper } from './skipper.ts'
import { jsonString, jsonValue, Output } from './values.ts'

/**
 * The bytes of a name that is to be compared byte by byte: no other bytes mean the same without escapes. Not with
 * U+FFFD, which all broken bytes become, and not where JSON or UTF-8 demand an escape.
 */
export function bytesOf(name: string): Uint8Array | undefined {
  return /["\\\u0000-\u001f\ufffd]|\p{Surrogate}/u.test(name) ? undefined : Buffer.from(name)
}

/** A chain of one pointer of a selection, made ready for bytes. */
export interface Plucking {
  /** The pointer's. */
  readonly index: number
  readonly steps: readonly Step[]
  readonly isTest: boolean
  /** A document was not one for it: the engine looks at the next ones. */
  isOver: boolean
}

interface Name {
  readonly text: string
  /** Undefined where it can only be compared as text. */
  readonly bytes: Uint8Array | undefined
}

interface Step {
  readonly kind: ChainStep['kind']
  readonly index: number
  /** The one of the step, or those that its filter looks at. */
  readonly names: readonly Name[]
  readonly isRead: readonly boolean[]
  readonly holds: (values: readonly unknown[]) => boolean
  /** Values of the current item that a filter reads. */
  readonly values: unknown[]
}

/** More are refused by the engine. */
const MOST_NODES = 1_000_000

const out = new Output()
let count = 0
/** The place behind the value passed last. */
let behind = 0
let isOver = false

export function pluckingOf({ steps, isTest }: Chain, index: number): Plucking {
  const made = steps.map(step => {
    const names = step.kind === 'name' ? [step.name] : step.kind === 'filter' ? step.filter.names : []
    return {
      kind: step.kind,
      index: step.kind === 'index' ? step.index : -1,
      names: names.map(text => ({ text, bytes: bytesOf(text) })),
      isRead: step.kind === 'filter' ? step.filter.isRead : [],
      holds: step.kind === 'filter' ? step.filter.holds : () => true,
      values: names.map(() => NOTHING),
    }
  })
  return { index, steps: made, isTest, isOver: false }
}

/** The nodes in the value that these bytes are; undefined where only the engine finds them. */
export function pluck(plucking: Plucking, bytes: Uint8Array, from: number, to: number): Nodes | undefined {
  const byte = bytes[from]
  if (plucking.isOver || (byte !== OPEN_BRACE && byte !== OPEN_BRACKET)) return undefined
  out.clear()
  out.putByte(OPEN_BRACKET)
  count = 0
  isOver = false
  pluckAt(plucking, 0, bytes, from, to)
  plucking.isOver = isOver
  if (isOver || count > MOST_NODES) return undefined
  out.putByte(CLOSE_BRACKET)
  const values = plucking.isTest || count === 0 ? [] : (jsonValue(out.bytes, 0, out.size) as unknown[])
  out.letGo()
  return new Nodes(values, count)
}

/** The nodes that the steps from `n` on find in the value at `p`. */
function pluckAt(plucking: Plucking, n: number, bytes: Uint8Array, p: number, to: number): void {
  const step = plucking.steps[n]
  if (step === undefined) {
    behind = endOf(bytes, p, to)
    count++
    if (plucking.isTest) return
    if (out.size > 1) out.putByte(COMMA)
    out.put(bytes, p, behind)
    return
  }
  const byte = bytes[p]
  if (byte === OPEN_BRACE && step.kind === 'name') pluckMember(plucking, step, n, bytes, p, to)
  else if (byte === OPEN_BRACKET && step.kind !== 'name') pluckItems(plucking, step, n, bytes, p, to)
  else {
    behind = endOf(bytes, p, to)
    // An index is no member's name.
    if (byte === OPEN_BRACE && step.kind !== 'index') isOver = true
  }
}

/**
 * Finds values in checked bytes: a value begins and ends where it seems to, and nothing is read twice. The values are
 * inside a container. Allocates nothing.
 */

const skipper = new Skipper(true)

/** In a container that is longer, the end is looked for by a call. */
const NEAR: Bytes = 64

/** The place behind the value at `from`. */
function endOf(bytes: Uint8Array, from: number, to: number): number {
  let byte = bytes[from]!
  let p = from + 1
  if (byte === QUOTE) {
    byte = bytes[p]!
    while (byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++p]!
    return byte === QUOTE ? p + 1 : stringEnd(bytes, p, to)
  }
  if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) {
    for (;;) {
      byte = bytes[p]!
      if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20) return p
      p++
    }
  }
  const near = Math.min(to, from + NEAR)
  let depth = 1
  for (; p < near; p++) {
    byte = bytes[p]!
    if (byte === QUOTE) {
      byte = bytes[++p]!
      while (byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++p]!
      if (byte === BACKSLASH) p = stringEnd(bytes, p, to) - 1
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--depth === 0) return p + 1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
  }
  skipper.startValue(true)
  return skipper.skip(bytes, from, to)
}

/** The place behind the array one of whose items begins at `from`. */
function endOfArray(bytes: Uint8Array, from: number, to: number): number {
  skipper.startInArray()
  return skipper.skip(bytes, from, to)
}

/** Whether the bytes from `from` to `to` are those of a name. */
function isSame(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  let n = 0
  while (n < name.length && name[n] === bytes[from + n]) n++
  return n === name.length
}

function afterSpace(bytes: Uint8Array, from: number): number {
  let p = from
  while (isSpace(bytes[p]!)) p++
  return p
}

/** The place of the next item or name, or of the bracket. */
function afterComma(bytes: Uint8Array, from: number): number {
  let p = from
  while (isSpace(bytes[p]!)) p++
  if (bytes[p] !== COMMA) return p
  p++
  while (isSpace(bytes[p]!)) p++
  return p
}

function pluckMember(plucking: Plucking, step: Step, n: number, bytes: Uint8Array, from: number, to: number): void {
  const [size, before] = [out.size, count]
  let p = afterSpace(bytes, from + 1)
  while (bytes[p] !== CLOSE_BRACE) {
    const place = placeOfName(step.names, bytes, p, to)
    p = behind
    if (place < 0) behind = endOf(bytes, p, to)
    else {
      // Discards the output of an earlier member with the same name.
      out.size = size
      count = before
      pluckAt(plucking, n + 1, bytes, p, to)
    }
    p = afterComma(bytes, behind)
  }
  behind = p + 1
}

function pluckItems(plucking: Plucking, step: Step, n: number, bytes: Uint8Array, from: number, to: number): void {
  let p = afterSpace(bytes, from + 1)
  let index = 0
  while (bytes[p] !== CLOSE_BRACKET) {
    if (step.kind === 'all' || step.index === index) pluckAt(plucking, n + 1, bytes, p, to)
    else if (step.kind === 'filter') {
      look(step, bytes, p, to)
      const end = behind
      if (step.holds(step.values)) pluckAt(plucking, n + 1, bytes, p, to)
      behind = end
    } else if (index > step.index) behind = endOfArray(bytes, p, to) - 1
    else behind = endOf(bytes, p, to)
    index++
    p = afterComma(bytes, behind)
  }
  behind = p + 1
}

/** Values of an item that a filter reads. */
function look({ names, isRead, values }: Step, bytes: Uint8Array, from: number, to: number): void {
  for (let i = 0; i < values.length; i++) values[i] = NOTHING
  if (bytes[from] !== OPEN_BRACE) {
    behind = endOf(bytes, from, to)
    return
  }
  let p = afterSpace(bytes, from + 1)
  while (bytes[p] !== CLOSE_BRACE) {
    const place = placeOfName(names, bytes, p, to)
    p = behind
    behind = endOf(bytes, p, to)
    if (place >= 0) values[place] = isRead[place] ? jsonValue(bytes, p, behind) : true
    p = afterComma(bytes, behind)
  }
  behind = p + 1
}

/** Index of the name that begins at `from`; -1 if no name matches. The value behind it begins at `behind`. */
function placeOfName(names: readonly Name[], bytes: Uint8Array, from: number, to: number): number {
  let p = from + 1
  while (bytes[p] !== QUOTE && bytes[p] !== BACKSLASH) p++
  let place = -1
  if (bytes[p] === QUOTE) {
    for (let i = 0; i < names.length && place < 0; i++) {
      const name = names[i]!.bytes
      if (name === undefined ? isText(names[i]!, bytes, from, p + 1) : isSame(name, bytes, from + 1, p)) place = i
    }
    p++
  } else {
    p = stringEnd(bytes, p, to)
    for (let i = 0; i < names.length && place < 0; i++) if (isText(names[i]!, bytes, from, p)) place = i
  }
  if (bytes[p] !== COLON) p = afterSpace(bytes, p)
  behind = afterSpace(bytes, p + 1)
  return place
}

const isText = ({ text }: Name, bytes: Uint8Array, from: number, to: number) => jsonString(bytes, from, to) === text
