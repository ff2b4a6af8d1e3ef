import ts from 'typescript'
import { expect, test } from 'vitest'
import { readSource, sources, tests } from './builders/sources.ts'

/* Holds how long files, functions and lines below src/ and plugin/ may be. */

const MOST_LINES = 800
const MOST_IN_FUNCTION = 80
const WIDEST = 120

/*
 * The size of the whole, without room to spare. Wanted are 60,000 code lines, 2,300 exported names and 64,000 lines of
 * tests; a change that leaves less lowers the limits.
 */
const MOST_CODE_LINES = 70_173
const MOST_EXPORTED_NAMES = 2_745
const MOST_TEST_LINES = 83_345

const EXPORT = /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) \w+/gm

test('the whole is not larger than it was', () => {
  const texts = sources.map(readSource)
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  const codeLines = sum(texts.map(text => linesOf(text).filter(line => !/^\s*($|\/\/|\/?\*)/.test(line)).length))
  const exportedNames = sum(texts.map(text => text.match(EXPORT)?.length ?? 0))
  const testLines = sum(tests.map(file => linesOf(readSource(file)).filter(line => line.trim() !== '').length))
  expect(codeLines, 'code lines of src and plugin').toBeLessThanOrEqual(MOST_CODE_LINES)
  expect(exportedNames, 'exported names of src and plugin').toBeLessThanOrEqual(MOST_EXPORTED_NAMES)
  expect(testLines, 'lines of tests').toBeLessThanOrEqual(MOST_TEST_LINES)
})

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
