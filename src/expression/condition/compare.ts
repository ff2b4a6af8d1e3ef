/**
 * Comparison operators. Source: Arazzo 1.1.0, "Criterion Object": "loose comparisons", strings without regard to case,
 * numeric strings as numbers. If the text is silent or contradicts itself:
 *
 * - a missing value is `null`, for the specification's own `$response.body#/0 == null`;
 * - `!=` is the opposite of `==`, for its own `$response.body.data != null`, although "comparing null with any other
 *   value evaluates to false"; every other comparison with `null` is false;
 * - `true` and `false` equal the words, since headers have no booleans; a number never equals a boolean;
 * - objects and arrays are equal when all their members are, exactly; they have no order.
 */
import { exactNumber } from '../../ground/json.ts'
import type { ComparisonOperator } from '../ast.ts'

type Comparison = (a: unknown, b: unknown) => boolean

export const COMPARISONS: { readonly [operator in ComparisonOperator]: Comparison } = {
  '==': equals,
  '!=': (a, b) => !equals(a, b),
  '<': (a, b) => order(a, b) < 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>': (a, b) => order(a, b) > 0,
  '>=': (a, b) => order(a, b) >= 0,
}

export function equals(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a === null || a === undefined) return b === null || b === undefined
  if (b === null || b === undefined) return false
  if (typeof a === 'string') return equalsText(a, b)
  if (typeof b === 'string') return equalsText(b, a)
  if (typeof a === 'bigint' || typeof b === 'bigint') return isSameNumber(a, b)
  return typeof a === 'object' && typeof b === 'object' && deeplyEqual(a, b)
}

/** A letter becomes two at most: of a long text that cannot be equal no copy is made. */
const mayBeEqual = (a: string, b: string) => a.length <= 2 * b.length && b.length <= 2 * a.length

function equalsText(text: string, other: unknown): boolean {
  switch (typeof other) {
    case 'string':
      return mayBeEqual(text, other) && text.toLowerCase() === other.toLowerCase()
    case 'number':
    case 'bigint':
      return isSameNumber(numberOf(text), other)
    case 'boolean':
      return mayBeEqual(text, String(other)) && text.toLowerCase() === String(other)
    default:
      return false
  }
}

/** Negative, zero or positive; NaN, of which no comparison is true, where there is no order. */
export function order(a: unknown, b: unknown): number {
  const left = numberOf(a)
  const right = numberOf(b)
  if (left !== undefined && right !== undefined) {
    return left < right ? -1 : left > right ? 1 : isSameNumber(left, right) ? 0 : Number.NaN
  }
  if (typeof a !== 'string' || typeof b !== 'string') return Number.NaN
  const x = a.toLowerCase()
  const y = b.toLowerCase()
  return x < y ? -1 : x > y ? 1 : 0
}

const NUMERIC = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i

/** A number, or what a numeric string says; with all digits of an integer. */
export function numberOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  return typeof value === 'string' && NUMERIC.test(value) ? exactNumber(value.trim()) : undefined
}

/** Whether both are numbers and the same; a bigint and a number are compared exactly. */
export function isSameNumber(a: unknown, b: unknown): boolean {
  if (typeof a === 'bigint' && typeof b === 'number') return Number.isInteger(b) && a === BigInt(b)
  if (typeof a === 'number' && typeof b === 'bigint') return isSameNumber(b, a)
  return (typeof a === 'number' || typeof a === 'bigint') && a === b
}

function deeplyEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every(
    name =>
      Object.hasOwn(b, name) && deeplyEqual((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  )
}

/** Whether a bare value passes: `false`, `null`, nothing, `0` and empty text do not. */
export function truthy(value: unknown): boolean {
  return Boolean(value)
}
