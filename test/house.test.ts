import ts from 'typescript'
import { expect, test } from 'vitest'
import { readSource, sources } from './builders/sources.ts'

/* Holds how long files, functions and lines below src/ and plugin/ may be. */

const MOST_LINES = 800
const MOST_IN_FUNCTION = 80
const WIDEST = 120

test('no file is too long', () => {
  expect(sources.filter(file => linesOf(readSource(file)).length > MOST_LINES)).toEqual([])
})

test('no function is too long', () => {
  const candidates = sources.filter(file => hasLongBlock(linesOf(readSource(file))))
  expect(candidates.flatMap(file => longFunctionsIn(readSource(file)).map(found => `${file}:${found}`))).toEqual([])
})

test('no line is too wide', () => {
  const wide = sources.flatMap(file =>
    linesOf(readSource(file)).flatMap((line, i) => (line.length > WIDEST ? [`${file}:${i + 1}`] : [])),
  )
  expect(wide).toEqual([])
})

test('no two modules keep something under the same symbol', () => {
  const names = sources.flatMap(file =>
    [...readSource(file).matchAll(/Symbol\.for\('([^']+)'\)/g)].map(([, name]) => name),
  )
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

test('functions of every form are measured, with their head and without their comment', () => {
  const filler = '\n'.repeat(MOST_IN_FUNCTION)
  const text = `
    /** ${filler} */
    function short() {}
    function a(${filler}) {}
    const b = () => {${filler}}
    class C { ${filler}
      d() {${filler}}
      constructor() {${filler}}
      get e() {${filler} return 1 }
    }
  `
  const names = longFunctionsIn(text).map(found => found.split(' ')[1])
  expect(names).toEqual(['a', 'function', 'd', 'constructor', 'e'])
})

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

/**
 * Whether lines that one pair of brackets holds, but for those of a class, are half as many as a function may have. The
 * formatter puts both ends of a pair at the same indent; parsing every file would take seconds.
 */
function hasLongBlock(lines: readonly string[]): boolean {
  const begun: number[] = []
  return lines.some((line, i) => {
    const indent = line.search(/\S/)
    const isLong = /^\s*[)\]}]/.test(line) && i - (begun[indent] ?? i) > MOST_IN_FUNCTION / 2
    if (/[([{]$/.test(line)) begun[indent] = /^(export )?(abstract )?class /.test(line) ? Number.NaN : i
    return isLong
  })
}

/** Line, name and length of each function or method that is too long. */
function longFunctionsIn(text: string): string[] {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest)
  const lineAt = (place: number) => source.getLineAndCharacterOfPosition(place).line
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const start = lineAt(node.getStart(source))
      const length = lineAt(node.end) - start + 1
      if (length > MOST_IN_FUNCTION) found.push(`${start + 1} ${nameOf(node, source)} has ${length} lines`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function nameOf(node: ts.SignatureDeclaration, source: ts.SourceFile): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  return node.name?.getText(source) ?? 'function'
}
