import { type Pointer, pointerTo } from '../../expression/index.ts'
import { grouped } from '../../ground/group.ts'
import { bytesOf, type Plucking, pluckingOf } from './pluck.ts'

/** Values to read from the responses of one step: compiled once, shared by all readers of a thread. */
export interface Selection {
  /** Values are handed back in this order. */
  readonly pointers: readonly Pointer[]
  readonly root: Place
  /** The pointer's index by slot: slots are numbered in the order in which the tree of places is walked. */
  readonly order: readonly number[]
  /** Pointers by slot, each as seen from the wanted value around it; undefined where it is that value's. */
  readonly below: readonly (Pointer | undefined)[]
  /** The rest of one document was read. */
  isTried: boolean
  /** One long document was checked in full. */
  hasLong: boolean
  /** A long document or a rest had a fault, or a rest a name that comes again: all that follow are checked. */
  suspect: boolean
}

/** A place in a document at or below which something is wanted: a node of the tree of all pointers. */
export interface Place {
  readonly token: string
  /** The token's bytes; undefined where it can only be compared as text. */
  readonly name: Uint8Array | undefined
  /** How many these are. */
  readonly size: number
  /** Token as an array index; -1 if it is not an index. */
  readonly index: number
  /** Its slots, and those of all below it: from `first` until before `last`. */
  readonly first: number
  readonly last: number
  /** How many pointers end here: the first of its slots. */
  readonly own: number
  readonly children: readonly Place[]
  /** A child's name has no `name`. */
  readonly odd: boolean
  readonly lastIndex: number
  /** Most bytes that a child's name can take, quotes and escapes included. */
  readonly longest: number
  /** Parts to extract from the wanted value, if the document is released afterwards. */
  readonly plucked: readonly Plucking[]
  readonly lastPlucked: readonly Plucking[]
  /** The last short string in ASCII that stood here. */
  text: string
}

export function selectPointers(pointers: readonly Pointer[]): Selection {
  const order: number[] = []
  const below: (Pointer | undefined)[] = []
  const all = pointers.map((pointer, index) => ({ pointer, index }))
  const root = place('', all, 0, undefined, order, below)
  return { pointers: [...pointers], root, order, below, isTried: false, hasLong: false, suspect: false }
}

interface Wanted {
  pointer: Pointer
  index: number
}

function place(
  token: string,
  wanted: readonly Wanted[],
  depth: number,
  around: number | undefined,
  order: number[],
  below: (Pointer | undefined)[],
): Place {
  const first = order.length
  const own = wanted.filter(({ pointer }) => pointer.tokens.length === depth)
  const whole = around ?? (own.length > 0 ? depth : undefined)
  for (const { pointer, index } of own) {
    order.push(index)
    below.push(whole === undefined || whole === depth ? undefined : pointerTo(pointer.tokens.slice(whole)))
  }
  const byToken = grouped(wanted, ({ pointer }) => pointer.tokens[depth])
  const plucked = own.flatMap(({ pointer: { chain }, index }) => (chain ? pluckingOf(chain, index) : []))
  const children = [...byToken].map(([next, those]) => place(next, those, depth + 1, whole, order, below))
  return {
    token,
    name: bytesOf(token),
    size: bytesOf(token)?.length ?? -1,
    index: /^(?:0|[1-9]\d*)$/.test(token) ? Number(token) : -1,
    first,
    last: order.length,
    own: own.length,
    children,
    odd: children.some(child => child.name === undefined),
    lastIndex: Math.max(-1, ...children.map(child => child.index)),
    longest: 2 + 6 * Math.max(0, ...children.map(child => child.token.length)),
    plucked,
    lastPlucked: plucked.filter(({ isTest }) => !isTest),
    text: '',
  }
}
