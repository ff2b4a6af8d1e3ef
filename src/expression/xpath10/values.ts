import { isDocument, type Node } from '../xml.ts'

/** Node-sets are in document order. */
export type Value = readonly Node[] | string | number | boolean
type Atomic = string | number | boolean

const isNodes = (value: Value): value is readonly Node[] => typeof value === 'object'

/** The text of a node with all that is in it; comments and instructions have their own. */
function stringOf(node: Node): string {
  // Documents have no `textContent`.
  return (isDocument(node) ? node.documentElement : node)?.textContent ?? ''
}

/** Source: XPath 1.0, 4.2. */
export function toText(value: Value): string {
  if (isNodes(value)) return value.length === 0 ? '' : stringOf(value[0]!)
  if (typeof value !== 'number' || !Number.isFinite(value)) return String(value)
  if (Number.isInteger(value)) return BigInt(value).toString()
  const [, sign, digits = '', exponent] = /^(-?)(.+)e-(\d+)$/.exec(String(value)) ?? []
  return exponent === undefined ? String(value) : `${sign}0.${'0'.repeat(+exponent - 1)}${digits.replace('.', '')}`
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
export function compare(left: Value, right: Value, holds: (left: Atomic, right: Atomic) => boolean): boolean {
  if (isNodes(left)) {
    if (typeof right === 'boolean') return holds(toBoolean(left), right)
    return left.some(node => compare(stringOf(node), right, holds))
  }
  if (isNodes(right)) {
    if (typeof left === 'boolean') return holds(left, toBoolean(right))
    return right.some(node => holds(left, stringOf(node)))
  }
  return holds(left, right)
}

export function equal(left: Atomic, right: Atomic): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right)
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) === toNumber(right)
  return left === right
}
