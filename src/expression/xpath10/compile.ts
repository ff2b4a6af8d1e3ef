import { bounded } from '../bounded.ts'
import { ExpressionError } from '../expression-error.ts'
import { HINTS } from '../hints.ts'
import { type Document, namespacesOf, readXml, replaceIn, textsOf } from '../xml.ts'
import type { XPath } from '../xpath.ts'
import { nodesOf } from './functions.ts'
import { parseXPath10 } from './parser.ts'
import { toBoolean } from './values.ts'

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
export function compileXPath10(text: string): XPath {
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

function documentOf(context: unknown): Document {
  if (typeof context === 'string') return readXml(context)
  throw new ExpressionError('expected XML to apply an XPath 1.0 to, found other data')
}
