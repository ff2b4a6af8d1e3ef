import { asNumbers } from '../ground/json.ts'
import { onceFor } from '../ground/once.ts'
import { bounded, TimeLimitError } from './bounded.ts'
import { type Document, type Element, engines, type Node } from './engines.ts'
import { ExpressionError, HINTS } from './expression-error.ts'
import { isDocument, isElement, nextIn, parseXml, readXml } from './xml.ts'
import { nodesOf, parseXPath10, toBoolean } from './xpath10.ts'

/** An XPath in the language of its version. Source: Arazzo 1.1.0, "Expression Type Object". */
export function compileXPathOf(version: string, text: string, varies = false): XPath {
  return version === 'xpath-10' ? compileXPath10(text) : compileXPath(text, varies)
}

const MOST_CHARACTERS = 10_000

/**
 * Compiles an XPath of version 1.0, with its own conversions: text becomes a number where one is wanted, of several
 * nodes the first is meant, and a comparison holds if it does for any node. Prefixes are those of the document; a name
 * without prefix is in no namespace, also in a document with a default one (`*[local-name() = 'feed']` finds those).
 * Its context is XML as text. The namespace axis and variables are not available.
 *
 * The engine is our own, since the library for it, `xpath` (0.0.34), gives other nodes on the axes `following` and
 * `preceding` than XPath has, makes 0 of `floor(/none)`, which is NaN, and refuses `count (a)`.
 */
function compileXPath10(text: string): XPath {
  if (text.length > MOST_CHARACTERS) {
    const message = `expected an XPath of at most ${MOST_CHARACTERS} characters, found ${text.length}`
    throw new ExpressionError(message, 0, HINTS.xpath)
  }
  const expr = parseXPath10(text)
  const on = (document: Document) =>
    bounded(() => expr({ node: document, position: 1, size: 1, namespaces: namespacesOf(document) }))
  return {
    holds: context => toBoolean(on(documentOf(context))),
    select: context => {
      const value = on(documentOf(context))
      return typeof value === 'object' ? bounded(() => textsOf(value)) : [value]
    },
    replace: (xml, replacement) => replaceIn(xml, text, document => nodesOf(on(document), 'a target'), replacement),
  }
}

/** Returns XML with new text in the selected nodes. Throws ExpressionError if the path selects none. */
function replaceIn(xml: string, path: string, select: (document: Document) => readonly Node[], text: string) {
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
const declarationOf = (xml: string): string => /^\s*<\?xml\s[\s\S]*?\?>\s*/.exec(xml)?.[0] ?? ''

/** Whether a value, which may be of a response, is a node: only its class tells. */
const isNode = (value: unknown): value is Node => value instanceof engines.xml().Node

/** How much text may come of one query; nested elements that are all selected repeat one another. */
const MOST_TEXT = 64_000_000

/** Nodes as values: XML where they hold elements, else their text. Other values are themselves. */
function textsOf(items: readonly unknown[]): unknown[] {
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

/** A document without elements. */
const emptyDocument = (): Document => new (engines.xml().Document)()

/**
 * Namespaces of prefixes in a document: its first declaration of each, and for `''` its first element without prefix.
 */
const namespacesOf = onceFor((document: Document): ((prefix: string) => string | null) => {
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

function documentOf(context: unknown): Document {
  if (typeof context === 'string') return readXml(context)
  throw new ExpressionError('expected XML to apply an XPath 1.0 to, found other data')
}

interface XPath {
  /** The effective boolean value of the result. */
  holds(context: unknown): boolean
  /**
   * The result's items: text for attributes and plain elements, XML for elements that hold others, values as
   * they are.
   */
  select(context: unknown): unknown[]
  /** The XML with the text of each selected node replaced; throws where the path selects none. */
  replace(xml: string, text: string): string
}

type ResultType = 'BOOLEAN_TYPE' | 'ALL_RESULTS_TYPE' | 'NODES_TYPE'

/**
 * Compiles an XPath of version 2.0, 3.0 or 3.1, each of which is a part of the next. 1.0 is another language where it
 * converts silently, and has its own engine.
 *
 * A text context is parsed as XML; a JSON value is a map or an array (`?pets?*`). Prefixes are those that the
 * document declares. A name without prefix is in the namespace of the document's first element without
 * prefix, since XPath has no words for `xmlns="…"` and documents with a default namespace are common.
 *
 * @param varies The text holds values, so that the engine must not remember it for ever.
 */
function compileXPath(text: string, varies = false): XPath {
  const { evaluateXPath } = engines.xpath()
  const evaluate = (item: unknown, type: ResultType): unknown => {
    const namespaceResolver = isNode(item) && isDocument(item) ? namespacesOf(item) : () => null
    const options = { namespaceResolver, disableCache: varies, logger: { trace: () => {} } }
    try {
      return bounded(() => evaluateXPath(text, item, null, null, evaluateXPath[type], options))
    } catch (error) {
      throw asExpressionError(error, text)
    }
  }
  if (!varies) checkStatically(text, () => evaluate(emptyDocument(), 'BOOLEAN_TYPE'))
  return {
    holds: context => evaluate(itemOf(context), 'BOOLEAN_TYPE') as boolean,
    select: context => {
      const items = evaluate(itemOf(context), 'ALL_RESULTS_TYPE') as unknown[]
      return bounded(() => textsOf(items))
    },
    replace: (xml, replacement) =>
      replaceIn(xml, text, document => evaluate(document, 'NODES_TYPE') as Node[], replacement),
  }
}

const itemOf = (context: unknown): unknown => (typeof context === 'string' ? readXml(context) : asNumbers(context))

/** Faults that are independent of the document: syntax, unknown functions and variables. */
function checkStatically(text: string, evaluate: () => unknown): void {
  if (text.trim() === '') throw new ExpressionError('expected an XPath, found nothing', 0, HINTS.xpath)
  try {
    evaluate()
  } catch (error) {
    if (error instanceof TimeLimitError) throw error
    const { cause } = error as Error
    // Errors of fontoxpath itself.
    if (cause instanceof Error && /XPST00(?:03|08|17)/.test(cause.message)) throw error
  }
}

/**
 * Messages of fontoxpath begin with a code and may end with a full stop; those about syntax show the text and end with
 * `at <>:line:column`.
 */
function asExpressionError(error: unknown, text: string): unknown {
  if (error instanceof ExpressionError || !(error instanceof Error)) return error
  const [, line = '1', column = '1'] = /at <>:(\d+):(\d+)/.exec(error.message) ?? []
  const reason = (/(?:Error: )?([A-Z]{4}\d{4}: .*)/.exec(error.message)?.[1] ?? error.message).replace(/\.$/, '')
  const before = text.split('\n').slice(0, Number(line) - 1)
  const offset = before.reduce((length, row) => length + row.length + 1, Number(column) - 1)
  const message = `expected an XPath that can be evaluated, found ${JSON.stringify(text)} (${reason})`
  return new ExpressionError(message, Math.min(offset, text.length), HINTS.xpath, {}, { cause: error })
}
