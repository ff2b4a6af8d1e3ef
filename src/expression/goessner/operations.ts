/** JavaScript's operators on JSON values. Objects are never converted, since that would call what they hold. */

import { isSameNumber } from '../condition/compare.ts'

export type Operation = (a: unknown, b: unknown) => unknown

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  '===': (a, b) => a === b || isSameNumber(a, b),
  '!==': (a, b) => a !== b && !isSameNumber(a, b),
  '==': looselyEqual,
  '!=': (a, b) => !looselyEqual(a, b),
  '<': ordered((a, b) => a < b),
  '<=': ordered((a, b) => a <= b),
  '>': ordered((a, b) => a > b),
  '>=': ordered((a, b) => a >= b),
  '+': (a, b) => (isObject(a) || isObject(b) ? Number.NaN : (inexact(a) as number) + (inexact(b) as number)),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
}

function looselyEqual(a: unknown, b: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: the dialect's filters are JavaScript's
  return isObject(a) || isObject(b) ? a === b : a == b
}

function ordered(compare: (a: number, b: number) => boolean): Operation {
  return (a, b) => !isObject(a) && !isObject(b) && compare(a as number, b as number)
}

function arithmetic(operate: (a: number, b: number) => number): Operation {
  return (a, b) => (isObject(a) || isObject(b) ? Number.NaN : operate(inexact(a) as number, inexact(b) as number))
}

/** Arithmetic is that of numbers, as JavaScript has no operator for a number and a bigint. */
function inexact(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** An own member of an object, or the length of text. */
export function memberOf(object: unknown, name: unknown): unknown {
  if (object === undefined || object === null || isObject(name)) return undefined
  const own = Object.hasOwn(object, name as string)
  return own ? (object as Record<string, unknown>)[name as string] : undefined
}

const METHODS: Readonly<Record<string, (text: string, argument: unknown) => unknown>> = {
  includes: (text, argument) => text.includes(String(argument)),
  indexOf: (text, argument) => text.indexOf(String(argument)),
  startsWith: (text, argument) => text.startsWith(String(argument)),
  endsWith: (text, argument) => text.endsWith(String(argument)),
  toLowerCase: text => text.toLowerCase(),
  toUpperCase: text => text.toUpperCase(),
  trim: text => text.trim(),
}

export const METHOD_NAMES = Object.keys(METHODS)

export function isMethod(name: string): boolean {
  return Object.hasOwn(METHODS, name)
}

/** Methods are those of text; a list has `includes`. */
export function call(name: string, object: unknown, argument: unknown): unknown {
  if (typeof object === 'string' && !isObject(argument)) return METHODS[name]!(object, argument)
  return name === 'includes' && Array.isArray(object) ? object.includes(argument) : undefined
}
