import { onceFor } from '../ground/once.ts'
import { bounded } from './bounded.ts'
import { type Attr, type Document, type Element, engines, type Node, type ProcessingInstruction } from './engines.ts'
import { ExpressionError } from './expression-error.ts'

export type { Attr, Document, Element, Node, ProcessingInstruction }

/** Types of nodes by their numbers. Source: DOM Standard, 4.4, "Interface Node". */
export const TYPE = {
  element: 1,
  attribute: 2,
  text: 3,
  cdata: 4,
  instruction: 7,
  comment: 8,
  document: 9,
  documentType: 10,
} as const

export const isElement = (node: Node): node is Element => node.nodeType === TYPE.element
export const isAttribute = (node: Node): node is Attr => node.nodeType === TYPE.attribute
export const isInstruction = (node: Node): node is ProcessingInstruction => node.nodeType === TYPE.instruction
export const isDocument = (node: Node): node is Document => node.nodeType === TYPE.document

/** Whether a value, which may be of a response, is a node: only its class tells. */
export const isNode = (value: unknown): value is Node => value instanceof engines.xml().Node

/** A document without elements. */
export const emptyDocument = (): Document => new (engines.xml().Document)()

/** The longest text that is parsed; its document takes some thirty times as much. */
const MOST_CHARACTERS = 16_000_000

/** 16 MB of ordinary XML take two seconds; 100,000 attributes of one element more than twenty. */
const LONGEST = 5_000

/** From this size on, entities may not multiply the text by a hundred. */
const EXPANSION = { entityExpansionThreshold: 100_000 }

/**
 * Elements within one another. What works on a document calls itself for each, and how deep that may go depends on what
 * V8 has compiled so far: this many fit always.
 */
const MOST_NESTED = 1_000

/** A fresh document. Entities are expanded within bounds, external ones never, and within a time and a size. */
export function parseXml(text: string): Document {
  if (text.length > MOST_CHARACTERS) {
    const [most, found] = [MOST_CHARACTERS, text.length].map(count => count.toLocaleString('en'))
    throw new ExpressionError(`expected XML of at most ${most} characters, found ${found}`)
  }
  const { parseXmlDocument } = engines.xml()
  try {
    return bounded(() => flatEnough(parseXmlDocument(text, EXPANSION)), LONGEST, SIMPLER_XML)
  } catch (error) {
    if (error instanceof ExpressionError) throw error
    // Messages of slimdom's parser: what is wrong, where, and the line.
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

const SIMPLER_XML = { expected: 'XML that can be read', hint: 'Ask for a smaller body.' }

function flatEnough(document: Document): Document {
  let depth = 1
  for (let node: Node | null = document.firstChild; node !== null; ) {
    if (node.firstChild !== null) {
      node = node.firstChild
      depth++
      if (depth <= MOST_NESTED) continue
      const { expected, hint } = SIMPLER_XML
      const found = `nesting that is too deep (more than ${MOST_NESTED.toLocaleString('en')} elements)`
      throw new ExpressionError(`expected ${expected}, found ${found}`, 0, hint)
    }
    while (node !== null && node.nextSibling === null) {
      node = node.parentNode
      depth--
    }
    node = node?.nextSibling ?? null
  }
  return document
}

let last: { readonly text: string; readonly document?: Document; readonly fault?: unknown } | undefined

/**
 * Parses a document. The criteria and outputs of a step use the same body, so the last document is kept, also if it is
 * invalid.
 */
export function readXml(text: string): Document {
  if (last?.text !== text) {
    try {
      last = { text, document: parseXml(text) }
    } catch (fault) {
      last = { text, fault }
    }
  }
  if (!last.document) throw last.fault
  return last.document
}

/**
 * Namespaces of prefixes in a document: its first declaration of each, and for `''` its first element without prefix.
 */
export const namespacesOf = onceFor((document: Document): ((prefix: string) => string | null) => {
  const namespaces = new Map<string, string | null>([['xml', 'http://www.w3.org/XML/1998/namespace']])
  for (let node: Node | null = document; node !== null; node = nextIn(document, node)) {
    if (isElement(node)) collect(node, namespaces)
  }
  return prefix => namespaces.get(prefix) ?? null
})

function collect(element: Element, namespaces: Map<string, string | null>): void {
  if (element.prefix === null && !namespaces.has('')) namespaces.set('', element.namespaceURI)
  for (const { prefix, localName, value } of element.attributes) {
    if (prefix === 'xmlns' && !namespaces.has(localName)) namespaces.set(localName, value)
  }
}

/** The node behind another in document order, without attributes; `null` at the end of the root. */
export function nextIn(root: Node, node: Node): Node | null {
  if (node.firstChild !== null) return node.firstChild
  for (let at: Node | null = node; at !== null && at !== root; at = at.parentNode) {
    if (at.nextSibling !== null) return at.nextSibling
  }
  return null
}

/** How much text may come of one query; nested elements that are all selected repeat one another. */
const MOST_TEXT = 64_000_000

/** Nodes as values: XML where they hold elements, else their text. Other values are themselves. */
export function textsOf(items: readonly unknown[]): unknown[] {
  let length = 0
  return items.map(item => {
    const value = textOf(item)
    if (typeof value === 'string') length += value.length
    if (length <= MOST_TEXT) return value
    throw new ExpressionError(
      `expected nodes of at most ${MOST_TEXT.toLocaleString('en')} characters, found more`,
      0,
      'Select fewer nodes, or parts of them.',
    )
  })
}

function textOf(item: unknown): unknown {
  if (!isNode(item)) return item
  return (isElement(item) || isDocument(item)) && item.firstElementChild !== null
    ? engines.xml().serializeToWellFormedString(item)
    : item.textContent
}

/** Returns XML with new text in the selected nodes. Throws ExpressionError if the path selects none. */
export function replaceIn(xml: string, path: string, select: (document: Document) => readonly Node[], text: string) {
  const document = parseXml(xml)
  const nodes = select(document)
  if (nodes.length === 0) throw new ExpressionError(`expected a node at ${path}, found none`)
  for (const node of nodes) node.textContent = text
  return declarationOf(xml) + writeXml(document)
}

/** XML has no words for some characters, such as half of a surrogate pair. Throws ExpressionError. */
function writeXml(document: Document): string {
  try {
    return engines.xml().serializeToWellFormedString(document)
  } catch {
    throw new ExpressionError('expected text that XML can hold, found a character that it has no words for')
  }
}

/** The XML declaration, which is not a node. */
function declarationOf(xml: string): string {
  return /^\s*<\?xml\s[\s\S]*?\?>\s*/.exec(xml)?.[0] ?? ''
}
