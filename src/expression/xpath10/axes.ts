import { isAttribute, isElement, type Node, nextIn } from '../xml.ts'

export type Axis = (node: Node) => readonly Node[]

/** The nodes of each axis, the nearest first. Source: XPath 1.0, 2.2. */
export const AXES: Readonly<Record<string, Axis>> = {
  ancestor: ancestors,
  'ancestor-or-self': node => [node, ...ancestors(node)],
  attribute: attributes,
  child: node => node.childNodes,
  descendant: descendants,
  'descendant-or-self': orSelf,
  following: node => [...childrenBehind(node), ...outwards(node, 'nextSibling')].flatMap(orSelf),
  'following-sibling': node => siblings(node, 'nextSibling'),
  parent: node => ancestors(node).slice(0, 1),
  preceding: node => outwards(node, 'previousSibling').flatMap(one => orSelf(one).reverse()),
  'preceding-sibling': node => siblings(node, 'previousSibling'),
  self: node => [node],
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** Declarations of namespaces are not attributes to XPath. */
function attributes(node: Node): Node[] {
  return isElement(node) ? node.attributes.filter(({ namespaceURI }) => namespaceURI !== XMLNS) : []
}

const parentOf = (node: Node): Node | null => (isAttribute(node) ? node.ownerElement : node.parentNode)

function ancestors(node: Node): Node[] {
  return chain(node, parentOf)
}

export function descendants(node: Node): Node[] {
  return chain(node, at => nextIn(node, at))
}

function orSelf(node: Node): Node[] {
  return [node, ...descendants(node)]
}

type Way = 'nextSibling' | 'previousSibling'

function siblings(node: Node, way: Way): Node[] {
  return chain(node, at => at[way])
}

/** Siblings of a node and of all that it is in. */
function outwards(node: Node, way: Way): Node[] {
  return [node, ...ancestors(node)].flatMap(one => siblings(one, way))
}

function chain(node: Node, next: (at: Node) => Node | null): Node[] {
  const found: Node[] = []
  for (let at = next(node); at; at = next(at)) found.push(at)
  return found
}

/** An attribute comes before what its element holds. */
function childrenBehind(node: Node): readonly Node[] {
  return isAttribute(node) ? (node.ownerElement?.childNodes ?? []) : []
}

const orders = new WeakMap<Node, ReadonlyMap<Node, number>>()

/** Each node once, in document order: an element, its attributes, what it holds. */
export function ordered(nodes: readonly Node[]): Node[] {
  const unique = [...new Set(nodes)]
  if (unique.length < 2) return unique
  const order = orderOf(unique[0]!.ownerDocument ?? unique[0]!)
  return unique.sort((a, b) => order.get(a)! - order.get(b)!)
}

function orderOf(document: Node): ReadonlyMap<Node, number> {
  const known = orders.get(document)
  if (known) return known
  const nodes = orSelf(document).flatMap(node => [node, ...attributes(node)])
  const order = new Map(nodes.map((node, index) => [node, index]))
  orders.set(document, order)
  return order
}
