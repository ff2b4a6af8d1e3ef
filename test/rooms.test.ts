import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/*
 * Holds the arrows between the rooms (src/README.md) by reading every import below src/ and plugin/.
 */

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** From left to right: a file may import from its own room and from the rooms left of it. */
const ROOMS = [
  'ground',
  'expression',
  'document',
  'measure',
  'budget',
  'http',
  'workflow',
  'load',
  'report',
  'engine',
  'cli',
  'plugin',
] as const

/** The script of HTML reports: what it imports is built into it, and nobody installs it. */
const BUNDLED = 'src/report/client/'
/** What the built package holds of others: under their licences, in THIRD-PARTY.md. */
const WITHIN = ['tough-cookie', 'zod']

/** The host of the plugin; everything else from outside has one importer. */
const HOST = new Set(['vitest', 'vite'])

/** Timers and clocks which a user's fake timers replace, so that they must come from `node:` modules. */
const TIMERS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'performance',
])

const files = ['src', 'plugin'].flatMap(sourcesBelow)

describe('rooms', () => {
  test('there are sources in every room that is built', () => {
    expect(files.length).toBeGreaterThan(20)
    for (const file of files) expect(ROOMS, file).toContain(roomOf(file))
  })

  test('imports go from right to left only', () => {
    const wrong = []
    for (const file of files) {
      for (const imported of targetsOf(file)) {
        if (ROOMS.indexOf(roomOf(imported)) > ROOMS.indexOf(roomOf(file)))
          wrong.push(`${file} -> ${imported}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('nothing imports the command line', () => {
    const wrong = files.filter(
      file => roomOf(file) !== 'cli' && targetsOf(file).some(target => roomOf(target) === 'cli'),
    )
    expect(wrong).toEqual([])
  })

  test('relative imports name a file that exists', () => {
    const known = new Set(files)
    const missing = []
    for (const file of files) {
      for (const target of targetsOf(file)) if (!known.has(target)) missing.push(`${file} -> ${target}`)
    }
    expect(missing).toEqual([])
  })

  test('the engine does not know its host', () => {
    const wrong = files.filter(f => f.startsWith('src/') && packagesOf(f).some(name => HOST.has(name)))
    expect(wrong).toEqual([])
  })

  test('each package from outside has one importer', () => {
    const importers: Record<string, string[]> = {}
    for (const file of files) {
      for (const name of packagesOf(file)) {
        if (!HOST.has(name)) importers[name] = [...(importers[name] ?? []), file]
      }
    }
    const shared = Object.entries(importers).filter(([, by]) => by.length > 1)
    expect(Object.fromEntries(shared)).toEqual({})
  })

  test('each package from outside is a dependency, and each dependency is imported', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const imported = new Set(files.filter(file => !file.startsWith(BUNDLED)).flatMap(packagesOf))
    imported.delete('vite') // comes with vitest; types only
    for (const name of WITHIN) expect(imported.delete(name), name).toBe(true)
    expect([...imported].sort()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).sort())
  })

  test('timers and clocks come from node: modules', () => {
    const wrong = files.flatMap(file => globalsIn(read(file)).map(name => `${file}: ${name}`))
    expect(wrong).toEqual([])
  })
})

describe('what the tests above look with', () => {
  test('sees imports of every form', () => {
    const text = `
      import a from './a.ts'
      import type { B } from './b.ts'
      export * from './c.ts'
      const d = await import('./d.ts')
      type E = import('./e.ts').E
      const text = "import x from 'not-imported'"
    `
    expect(importsIn(text)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts'])
  })

  test('sees timers that were not imported', () => {
    expect(globalsIn('setTimeout(f, 1); performance.now()')).toEqual(['setTimeout', 'performance'])
    expect(globalsIn('globalThis.setTimeout(f, 1)')).toEqual(['setTimeout'])
    expect(globalsIn('const now = Date.now(); const today = new Date()')).toEqual(['Date.now', 'new Date()'])
  })

  test('lets imported timers, members and dates of given moments pass', () => {
    expect(globalsIn("import { setTimeout } from 'node:timers'; setTimeout(f, 1)")).toEqual([])
    expect(globalsIn("import { setTimeout as delay } from 'node:timers/promises'; delay(1)")).toEqual([])
    expect(globalsIn('socket.setTimeout(1); const o = { setTimeout: 1 }; new Date(5)')).toEqual([])
  })

  test('names packages without their subpaths', () => {
    expect(packageOf('vitest/node')).toBe('vitest')
    expect(packageOf('@scope/name/deep')).toBe('@scope/name')
    expect(packageOf('node:fs')).toBeUndefined()
    expect(packageOf('./near.ts')).toBeUndefined()
  })
})

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
    .sort()
}

function roomOf(file: string): (typeof ROOMS)[number] {
  const [top, room, ...rest] = file.split('/')
  if (top === 'plugin') return 'plugin'
  if (rest.length > 0) return room as (typeof ROOMS)[number]
  return 'engine'
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function importsOf(file: string): string[] {
  return importsIn(read(file))
}

/** The files of this repository that a file imports. */
function targetsOf(file: string): string[] {
  const near = importsOf(file).filter(name => name.startsWith('.'))
  return near.map(name => relative(root, resolve(root, dirname(file), name)))
}

function importsIn(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(file => file.fileName)
}

function packagesOf(file: string): string[] {
  return [...new Set(importsOf(file).flatMap(name => packageOf(name) ?? []))]
}

function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Timers and clocks that a source takes from the global scope. */
function globalsIn(text: string): string[] {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true)
  const declared = new Set<string>()
  const used = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && TIMERS.has(node.text)) {
      if (isDeclaration(node)) declared.add(node.text)
      else if (isReference(node)) used.add(node.text)
    }
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'globalThis') {
      if (TIMERS.has(node.name.text)) used.add(node.name.text)
    }
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'Date.now') used.add('Date.now')
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
      used.add('new Date()')
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...used].filter(name => !declared.has(name))
}

function isDeclaration(node: ts.Identifier): boolean {
  const { parent } = node
  return (
    (ts.isImportSpecifier(parent) && parent.name === node) ||
    ((ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) &&
      parent.name === node)
  )
}

function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return !(
    ts.isImportSpecifier(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isQualifiedName(parent) ||
    ts.isTypeQueryNode(parent)
  )
}
