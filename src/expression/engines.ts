import { createRequire } from 'node:module'
import { once } from '../ground/once.ts'

export type { FilterFunction, JSONPathEnvironment, JSONPathNode, JSONPathQuery, jsonpath } from 'json-p3'
export type { Attr, Document, Element, Node, ProcessingInstruction } from 'slimdom'

/**
 * The query engines, with the patterns of RE2 and the parser of XML, loaded when the first query needs one: together
 * they take 200 ms and 35 MB of every thread, and most documents use none. They are required because compiling a query
 * is synchronous.
 */
const require = createRequire(import.meta.url)

export const engines = {
  jsonpath: once(() => require('json-p3') as typeof import('json-p3')),
  goessner: once(() => require('jsonpath-plus') as typeof import('jsonpath-plus')),
  xpath: once(() => require('fontoxpath') as typeof import('fontoxpath')),
  re2: once(() => require('re2js') as typeof import('re2js')),
  xml: once(() => require('slimdom') as typeof import('slimdom')),
}
