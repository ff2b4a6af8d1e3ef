import {
  Attr,
  Document,
  Element,
  Node,
  ProcessingInstruction,
  parseXmlDocument,
  serializeToWellFormedString,
} from 'slimdom'
import { ExpressionError } from './expression-error.ts'

export { Attr, Document, Element, Node, ProcessingInstruction, serializeToWellFormedString }

/** A fresh document. Entities are expanded within bounds, external ones never. */
export function parseXml(text: string): Document {
  try {
    return parseXmlDocument(text)
  } catch (error) {
    const reason = (error as Error).message
      .split('\n', 2)
      .join(', ')
      .replace(/At (line.*):$/, '$1')
    throw new ExpressionError(
      `expected XML, found ${JSON.stringify(text.slice(0, 40))} (${reason})`,
      0,
      undefined,
      {},
      { cause: error },
    )
  }
}

let last: { readonly text: string; readonly document: Document } | undefined

/**
 * A document to look at. The criteria and outputs of a step follow one another on one body, so the last is
 * kept.
 */
export function readXml(text: string): Document {
  if (last?.text !== text) last = { text, document: parseXml(text) }
  return last.document
}

/**
 * What prefixes mean in a document: its first declaration of each, and for `''` its first element without
 * prefix.
 */
export function namespacesOf(document: Document): (prefix: string) => string | null {
  let namespaces = resolvers.get(document)
  if (namespaces === undefined) {
    namespaces = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])
    for (let node: Node | null = document; node !== null; node = nextIn(document, node)) {
      if (node instanceof Element) collect(node, namespaces)
    }
    resolvers.set(document, namespaces)
  }
  return prefix => namespaces.get(prefix) ?? null
}

const resolvers = new WeakMap<Document, Map<string, string | null>>()

function collect(element: Element, namespaces: Map<string, string | null>): void {
  if (element.prefix === null && !namespaces.has('')) namespaces.set('', element.namespaceURI)
  for (const { prefix, localName, value } of element.attributes) {
    if (prefix === 'xmlns' && !namespaces.has(localName)) namespaces.set(localName, value)
  }
}

function nextIn(root: Node, node: Node): Node | null {
  if (node.firstChild !== null) return node.firstChild
  for (let at: Node | null = node; at !== null && at !== root; at = at.parentNode) {
    if (at.nextSibling !== null) return at.nextSibling
  }
  return null
}

/** A node as a value: XML where it holds elements, else its text. Other values are themselves. */
export function textOf(item: unknown): unknown {
  if (!(item instanceof Node)) return item
  return (item instanceof Element || item instanceof Document) && item.firstElementChild !== null
    ? serializeToWellFormedString(item)
    : item.textContent
}

/** XML has no words for some characters, such as half of a surrogate pair. Throws ExpressionError. */
export function writeXml(document: Document): string {
  try {
    return serializeToWellFormedString(document)
  } catch {
    throw new ExpressionError('expected text that XML can hold, found a character that it has no words for')
  }
}

/** The XML declaration, which is no node. */
export function declarationOf(xml: string): string {
  return /^\s*<\?xml\s[\s\S]*?\?>\s*/.exec(xml)?.[0] ?? ''
}
