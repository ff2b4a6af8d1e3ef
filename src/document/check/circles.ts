/**
 * Nodes by the circle that they are in: a number for each strongly connected component, in an order in which what a
 * node leads to comes first.
 */
export interface Circles<T> {
  /** Place of a node's component: what it leads to, and is in no circle with, has a lower one. */
  placeOf(node: T): number
  /** Whether a node comes back to itself by way of another. */
  isInCircle(node: T): boolean
}

interface Visit<T> {
  readonly node: T
  readonly next: readonly T[]
  at: number
}

/**
 * Finds the circles of a graph in time that grows with its nodes and edges alone, and without recursion.
 * Source: Tarjan 1972, "Depth-first search and linear graph algorithms".
 */
export function circlesOf<T>(nodes: Iterable<T>, next: (node: T) => readonly T[]): Circles<T> {
  const index = new Map<T, number>()
  const low = new Map<T, number>()
  const places = new Map<T, number>()
  const sizes: number[] = []
  const open: T[] = []
  for (const start of nodes) {
    if (index.has(start)) continue
    const visits: Visit<T>[] = []
    const enter = (node: T) => {
      low.set(node, index.size)
      index.set(node, index.size)
      open.push(node)
      visits.push({ node, next: next(node), at: 0 })
    }
    const lower = (node: T, value: number) => low.set(node, Math.min(low.get(node)!, value))
    enter(start)
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const { node } = visit
      if (visit.at < visit.next.length) {
        const to = visit.next[visit.at++]!
        if (!index.has(to)) enter(to)
        else if (!places.has(to)) lower(node, index.get(to)!)
        continue
      }
      visits.pop()
      const from = visits.at(-1)
      if (from) lower(from.node, low.get(node)!)
      if (low.get(node) === index.get(node)) close(node)
    }
  }
  function close(root: T): void {
    let size = 0
    for (let node = open.pop()!; ; node = open.pop()!) {
      places.set(node, sizes.length)
      size++
      if (node === root) break
    }
    sizes.push(size)
  }
  return { placeOf: node => places.get(node)!, isInCircle: node => sizes[places.get(node)!]! > 1 }
}

/** The way that a search has come to a node, both ends included. */
export function wayTo<T>(node: T, cameFrom: ReadonlyMap<T, T | undefined>): T[] {
  const way: T[] = []
  for (let at: T | undefined = node; at !== undefined; at = cameFrom.get(at)) way.push(at)
  return way.reverse()
}

const MOST_NAMES = 12

/** `a -> b -> c`; of a long way the beginning and the end. */
export function shownWay(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(' -> ')
  const half = MOST_NAMES / 2
  const left = names.length - 2 * half
  return [...names.slice(0, half), `(${left} more)`, ...names.slice(-half)].join(' -> ')
}
