import { bounded } from './bounded.ts'
import { type Document, type Element, engines, type Node } from './engines.ts'
import { ExpressionError } from './expression-error.ts'

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
export const isDocument = (node: Node): node is Document => node.nodeType === TYPE.document

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

/** The node behind another in document order, without attributes; `null` at the end of the root. */
export function nextIn(root: Node, node: Node): Node | null {
  if (node.firstChild !== null) return node.firstChild
  for (let at: Node | null = node; at !== null && at !== root; at = at.parentNode) {
    if (at.nextSibling !== null) return at.nextSibling
  }
  return null
}
