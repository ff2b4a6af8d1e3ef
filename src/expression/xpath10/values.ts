import type { Node } from '../xml.ts'
import type { Comparison } from './ast.ts'

/** Node-sets are in document order. */
export type Value = readonly Node[] | string | number | boolean

const isNodes = (value: Value): value is readonly Node[] => typeof value === 'object'

/** The text of a node with all that is in it; comments and instructions have their own. */
function stringOf(node: Node): string {
  return node.textContent ?? textWithin(node)
}

/** Documents have no `textContent`. */
function textWithin(node: Node): string {
  return node.childNodes.map(child => (child.nodeType === 1 ? (child.textContent ?? '') : '')).join('')
}

/** Source: XPath 1.0, 4.2. */
export function toText(value: Value): string {
  if (isNodes(value)) return value.length === 0 ? '' : stringOf(value[0]!)
  if (typeof value !== 'number' || !Number.isFinite(value)) return String(value)
  if (Number.isInteger(value)) return BigInt(value).toString()
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text
}

const NUMBER = /^[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*$/

/** Source: XPath 1.0, 4.4. */
export function toNumber(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = toText(value)
  return NUMBER.test(text) ? Number(text) : Number.NaN
}

/** Source: XPath 1.0, 4.3. */
export function toBoolean(value: Value): boolean {
  return isNodes(value) ? value.length > 0 : Boolean(value)
}

/** Source: XPath 1.0, 3.4. A node-set meets the comparison when any of its nodes does. */
export function compare(operator: Comparison, left: Value, right: Value): boolean {
  if (typeof left === 'boolean' && isNodes(right)) return atomic(operator, left, toBoolean(right))
  if (typeof right === 'boolean' && isNodes(left)) return atomic(operator, toBoolean(left), right)
  if (isNodes(left)) return left.some(node => compare(operator, like(node, right), right))
  if (isNodes(right)) return right.some(node => compare(operator, left, like(node, left)))
  return atomic(operator, left, right)
}

/** A node's value for a comparison with another: a number against numbers, otherwise text. */
function like(node: Node, other: Value): string | number {
  const text = stringOf(node)
  return typeof other === 'number' ? toNumber(text) : text
}

type Atomic = string | number | boolean

function atomic(operator: Comparison, left: Atomic, right: Atomic): boolean {
  switch (operator) {
    case '=':
      return equal(left, right)
    case '!=':
      return !equal(left, right)
    case '<':
      return toNumber(left) < toNumber(right)
    case '<=':
      return toNumber(left) <= toNumber(right)
    case '>':
      return toNumber(left) > toNumber(right)
    case '>=':
      return toNumber(left) >= toNumber(right)
  }
}

function equal(left: Atomic, right: Atomic): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right)
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) === toNumber(right)
  return left === right
}
