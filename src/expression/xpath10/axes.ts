import { Attr, Element, type Node } from '../xml.ts'
import type { Axis } from './ast.ts'

/** The nodes of an axis, the nearest first. Source: XPath 1.0, 2.2. */
export function nodesOn(axis: Axis, node: Node): Node[] {
  switch (axis) {
    case 'self':
      return [node]
    case 'child':
      return [...node.childNodes]
    case 'attribute':
      // Declarations of namespaces are not attributes to XPath.
      return node instanceof Element ? node.attributes.filter(({ namespaceURI }) => namespaceURI !== XMLNS) : []
    case 'parent':
      return parentOf(node) ? [parentOf(node)!] : []
    case 'ancestor':
      return ancestors(node)
    case 'ancestor-or-self':
      return [node, ...ancestors(node)]
    case 'descendant':
      return descendants(node)
    case 'descendant-or-self':
      return [node, ...descendants(node)]
    case 'following-sibling':
      return siblings(node, 'nextSibling')
    case 'preceding-sibling':
      return siblings(node, 'previousSibling')
    case 'following':
      return beside(node, 'nextSibling').flatMap(one => [one, ...descendants(one)])
    case 'preceding':
      return beside(node, 'previousSibling').flatMap(one => [one, ...descendants(one)].toReversed())
  }
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

const parentOf = (node: Node): Node | null => (node instanceof Attr ? node.ownerElement : node.parentNode)

function ancestors(node: Node): Node[] {
  const found: Node[] = []
  for (let at = parentOf(node); at; at = parentOf(at)) found.push(at)
  return found
}

function descendants(node: Node): Node[] {
  const found: Node[] = []
  const pending: Node[] = []
  pushReversed(pending, node.childNodes)
  for (let at = pending.pop(); at; at = pending.pop()) {
    found.push(at)
    pushReversed(pending, at.childNodes)
  }
  return found
}

/** One by one: as arguments of a call, 125,000 are too many for the stack. */
function pushReversed(pending: Node[], nodes: readonly Node[]): void {
  for (let index = nodes.length - 1; index >= 0; index--) pending.push(nodes[index]!)
}

function siblings(node: Node, way: 'nextSibling' | 'previousSibling'): Node[] {
  const found: Node[] = []
  if (node instanceof Attr) return found
  for (let at = node[way]; at; at = at[way]) found.push(at)
  return found
}

/** Siblings of a node and of all that it is in. An attribute comes before what its element holds. */
function beside(node: Node, way: 'nextSibling' | 'previousSibling'): Node[] {
  const inside = node instanceof Attr && way === 'nextSibling' ? [...(node.ownerElement?.childNodes ?? [])] : []
  return [...inside, ...[node, ...ancestors(node)].flatMap(one => siblings(one, way))]
}

const orders = new WeakMap<Node, Map<Node, number>>()

/** Each node once, in document order: an element, its attributes, what it holds. */
export function ordered(nodes: readonly Node[]): Node[] {
  const unique = [...new Set(nodes)]
  if (unique.length < 2) return unique
  const order = orderOf(unique[0]!.ownerDocument ?? unique[0]!)
  return unique.sort((a, b) => order.get(a)! - order.get(b)!)
}

function orderOf(document: Node): Map<Node, number> {
  const known = orders.get(document)
  if (known) return known
  const order = new Map<Node, number>()
  for (const node of [document, ...descendants(document)]) {
    order.set(node, order.size)
    if (node instanceof Element) for (const attribute of node.attributes) order.set(attribute, order.size)
  }
  orders.set(document, order)
  return order
}
