import { compileXPath, type XPath } from './xpath.ts'
import { compileXPath10 } from './xpath10/compile.ts'

/** An XPath in the language of its version. Source: Arazzo 1.1.0, "Expression Type Object". */
export function compileXPathOf(version: string, text: string, varies = false): XPath {
  return version === 'xpath-10' ? compileXPath10(text) : compileXPath(text, varies)
}
