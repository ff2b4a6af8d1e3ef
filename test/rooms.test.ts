import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { memoize, readSource, root, sources } from './builders/sources.ts'

/*
 * Holds the arrows between the rooms (src/README.md) by reading every import below src/ and plugin/.
 */

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
  'hosts',
  'engine',
  'compare',
  'cause',
  'cli',
  'plugin',
] as const

type Room = (typeof ROOMS)[number]

/**
 * The folders of each room, from left to right; files that lie in the room itself may be anywhere.
 */
const FOLDERS: Partial<Record<Room, readonly string[]>> = {
  expression: ['condition'],
  document: ['file', 'openapi', 'asyncapi', 'loaded', 'check', 'arazzo'],
  measure: ['node-probe', 'prometheus', 'report'],
  budget: ['metrics'],
  http: ['select', 'wire', 'h2'],
  workflow: ['schema', 'masking', 'request', 'channel', 'security', 'checks', 'events'],
  load: ['metrics', 'feed', 'plan', 'counts', 'warm-up', 'pace', 'limit', 'capacity', 'thread', 'suites', 'run'],
  report: ['client', 'html'],
  hosts: ['agent', 'coordinator'],
  compare: ['statistics', 'base', 'new-steps', 'duet', 'results', 'trend'],
  cause: ['profiler', 'outside'],
  cli: ['init', 'import', 'types'],
  plugin: [
    'failure',
    'coordinator',
    'server',
    'compare',
    'watch',
    'runtime',
    'transform',
    'doctor',
    'reporter',
    'matchers',
  ],
}

/** The three jobs of a load: a thread reads the plan, the run reads both. */
const JOBS = ['plan', 'thread', 'run']

/** The script of HTML reports: what it imports is built into it, and nobody installs it. */
const BUNDLED = 'src/report/client/'
/** What the built package holds of others: under their licences, in THIRD-PARTY.md. */
const WITHIN = ['tough-cookie', 'zod', '@secretlint/secretlint-rule-preset-recommend']

/** The host of the plugin; everything else from outside has one importer. */
const HOST = new Set(['vitest', 'vite'])

/** Packages that these modules load before they do anything, with all that they import; each costs a start of theirs. */
const LOADED_AT_START = {
  'src/load/thread/worker.ts': ['fastest-levenshtein'],
  'plugin/set-up.ts': ['fastest-levenshtein', 'vitest'],
  'plugin/plugin.ts': ['fastest-levenshtein', 'picocolors', 'picomatch'],
  'plugin/server/supervisor.ts': [],
}

/** Timers and clocks which a user's fake timers replace, so that they must come from our own module, or a `node:` one. */
const TIMERS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'performance',
])

describe('rooms', () => {
  test('there are sources in every room that is built', () => {
    expect(sources.length).toBeGreaterThan(20)
    for (const file of sources) expect(ROOMS, file).toContain(roomOf(file))
  })

  test('imports go from right to left only', () => {
    const wrong = []
    for (const file of sources) {
      for (const imported of targetsOf(file)) {
        if (ROOMS.indexOf(roomOf(imported)) > ROOMS.indexOf(roomOf(file))) wrong.push(`${file} -> ${imported}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('folders of a room are declared, and their imports go from right to left only', () => {
    const wrong = []
    for (const file of sources) {
      const folder = folderOf(file)
      if (folder === undefined) continue
      const place = placeOf(roomOf(file), folder)
      expect(place, file).toBeGreaterThanOrEqual(0)
      for (const imported of targetsOf(file)) {
        const other = roomOf(imported) === roomOf(file) ? folderOf(imported) : undefined
        if (other !== undefined && placeOf(roomOf(file), other) > place) wrong.push(`${file} -> ${imported}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('a declared folder is there', () => {
    const found = new Set(sources.map(file => `${roomOf(file)}/${folderOf(file)}`))
    for (const [room, folders] of Object.entries(FOLDERS))
      for (const folder of folders) expect(found, room).toContain(`${room}/${folder}`)
  })

  test('what is planned for a load knows no thread, and a thread knows nothing of the run', () => {
    const jobOf = (file: string) => (roomOf(file) === 'load' ? JOBS.indexOf(folderOf(file) ?? '') : -1)
    const wrong = sources.flatMap(file =>
      targetsOf(file)
        .filter(target => jobOf(file) >= 0 && jobOf(target) > jobOf(file))
        .map(target => `${file} -> ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('no files import each other for their values, whatever the way round', () => {
    const values = new Map(sources.map(file => [file, valueTargetsOf(file)]))
    expect(circlesIn(values)).toEqual([])
  })

  test('nothing imports the command line', () => {
    const wrong = sources.filter(
      file => roomOf(file) !== 'cli' && targetsOf(file).some(target => roomOf(target) === 'cli'),
    )
    expect(wrong).toEqual([])
  })

  test('relative imports name a file that exists', () => {
    const known = new Set(sources)
    const missing = []
    for (const file of sources) {
      for (const target of targetsOf(file)) if (!known.has(target)) missing.push(`${file} -> ${target}`)
    }
    expect(missing).toEqual([])
  })

  test('the engine does not know its host', () => {
    const wrong = sources.filter(f => f.startsWith('src/') && packagesOf(f).some(name => HOST.has(name)))
    expect(wrong).toEqual([])
  })

  test('each package from outside has one importer', () => {
    const importers: Record<string, string[]> = {}
    for (const file of sources) {
      for (const name of packagesOf(file)) {
        if (!HOST.has(name)) importers[name] = [...(importers[name] ?? []), file]
      }
    }
    const shared = Object.entries(importers).filter(([, by]) => by.length > 1)
    expect(Object.fromEntries(shared)).toEqual({})
  })

  test('each package from outside is a dependency, and each dependency is imported', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const imported = new Set(sources.filter(file => !file.startsWith(BUNDLED)).flatMap(packagesOf))
    imported.delete('vite') // comes with vitest; types only
    for (const name of WITHIN) expect(imported.delete(name), name).toBe(true)
    expect([...imported].sort()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).sort())
  })

  test('what starts often, and what Vitest loads with its configuration, loads few packages', () => {
    const found = Object.keys(LOADED_AT_START).map(entry => [entry, packagesLoadedBy(entry)])
    expect(Object.fromEntries(found)).toEqual(LOADED_AT_START)
  })

  test('timers and clocks are imported', () => {
    const wrong = sources.flatMap(file => globalsIn(readSource(file)).map(name => `${file}: ${name}`))
    expect(wrong).toEqual([])
  })

  test('timers come from one module, since fake timers may replace those of node: modules too', () => {
    const replaced = /from 'node:timers(\/promises)?'|\bhrtime\b/
    expect(sources.filter(file => replaced.test(readSource(file)))).toEqual(['src/ground/timers.ts'])
    expect(readSource('plugin/set-up.ts')).toMatch(/^import '\.\.\/src\/ground\/timers\.ts'\n/)
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

  test('tells values from types', () => {
    const text = `
      import type { A } from './a.ts'
      import { type B } from './b.ts'
      import { type C, d } from './c.ts'
      import './e.ts'
      export type { F } from './f.ts'
      export { g } from './g.ts'
      export type * from './h.ts'
      export * from './i.ts'
      import * as k from './k.ts'
      const later = await import('./later.ts')
    `
    expect(valuesIn(text)).toEqual(['./c.ts', './e.ts', './g.ts', './i.ts', './k.ts'])
  })

  test('finds circles of any length', () => {
    const imports = { a: ['b'], b: ['c'], c: ['a', 'd'], d: ['e'], e: ['e'], f: ['a'] }
    expect(circlesIn(new Map(Object.entries(imports)))).toEqual([['a', 'b', 'c'], ['e']])
    expect(circlesIn(new Map(Object.entries({ a: ['b', 'c'], b: ['c'], c: [] })))).toEqual([])
  })

  test('sees timers that were not imported', () => {
    expect(globalsIn('setTimeout(f, 1); performance.now()')).toEqual(['setTimeout', 'performance'])
    expect(globalsIn('globalThis.setTimeout(f, 1)')).toEqual(['setTimeout'])
    expect(globalsIn('const now = Date.now(); const today = new Date()')).toEqual(['Date.now', 'new Date()'])
  })

  test('lets imported timers, members and dates of given moments pass', () => {
    expect(globalsIn("import { setTimeout } from 'node:timers'; setTimeout(f, 1)")).toEqual([])
    expect(globalsIn("import { sleep } from '../ground/timers.ts'; sleep(1)")).toEqual([])
    expect(globalsIn('socket.setTimeout(1); const o = { setTimeout: 1 }; new Date(5)')).toEqual([])
  })

  test('names packages without their subpaths', () => {
    expect(packageOf('vitest/node')).toBe('vitest')
    expect(packageOf('@scope/name/deep')).toBe('@scope/name')
    expect(packageOf('node:fs')).toBeUndefined()
    expect(packageOf('./near.ts')).toBeUndefined()
  })
})

function roomOf(file: string): Room {
  const [top, room, ...rest] = file.split('/')
  if (top === 'plugin') return 'plugin'
  if (rest.length > 0) return room as Room
  return 'engine'
}

/** The folder of a room that a file lies in, however deep; undefined where it lies in the room itself. */
function folderOf(file: string): string | undefined {
  const [, folder, ...rest] = file.replace(/^src\//, '').split('/')
  return rest.length > 0 ? folder : undefined
}

/** -1 where the folder is not declared. */
function placeOf(room: Room, folder: string): number {
  return (FOLDERS[room] ?? []).indexOf(folder)
}

const importsOf = memoize(file => importsIn(readSource(file)))

/** Without what stands in comments, which nothing here looks at. */
const parsed = (text: string, hasParents = false) =>
  ts.createSourceFile(
    'x.ts',
    text,
    { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone },
    hasParents,
  )

/** The files of this repository that a file imports. */
function targetsOf(file: string): string[] {
  const near = importsOf(file).filter(name => name.startsWith('.'))
  return near.map(name => relative(root, resolve(root, dirname(file), name)))
}

function importsIn(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(file => file.fileName)
}

/** The files whose values are there before the file itself is run. */
function valueTargetsOf(file: string): string[] {
  const near = valuesIn(readSource(file)).filter(name => name.startsWith('.'))
  return near.map(name => relative(root, resolve(root, dirname(file), name)))
}

/** Imports and exports of a module that are there when it is run: neither types alone, nor what it loads later. */
/** Packages of a module's static imports, and of all modules that it imports so. */
function packagesLoadedBy(entry: string): string[] {
  const seen = new Set([entry])
  for (const file of seen) for (const target of valueTargetsOf(file)) seen.add(target)
  const names = [...seen].flatMap(file => valuesIn(readSource(file)))
  const packages = names.filter(name => !/^(\.|node:)/.test(name)).map(name => name.split('/')[0] as string)
  return [...new Set(packages)].sort()
}

function valuesIn(text: string): string[] {
  return parsed(text).statements.flatMap(statement => {
    if (ts.isImportDeclaration(statement)) {
      const { importClause: clause, moduleSpecifier } = statement
      const isOfTypes = clause !== undefined && (clause.isTypeOnly || namesTypesAlone(clause))
      return isOfTypes ? [] : [(moduleSpecifier as ts.StringLiteral).text]
    }
    if (!ts.isExportDeclaration(statement) || !statement.moduleSpecifier) return []
    const { exportClause: clause, isTypeOnly, moduleSpecifier } = statement
    const isOfTypes = isTypeOnly || (clause && ts.isNamedExports(clause) && areTypes(clause.elements))
    return isOfTypes ? [] : [(moduleSpecifier as ts.StringLiteral).text]
  })
}

function namesTypesAlone({ name, namedBindings }: ts.ImportClause): boolean {
  return !name && !!namedBindings && ts.isNamedImports(namedBindings) && areTypes(namedBindings.elements)
}

function areTypes(elements: readonly { isTypeOnly: boolean }[]): boolean {
  return elements.length > 0 && elements.every(element => element.isTypeOnly)
}

/** The sets of files each of which leads to all others of its set, and to itself. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map([...imports.keys()].map(file => [file, reachedFrom(file, imports)]))
  const circles = new Map<string, string[]>()
  for (const [file, all] of reached) {
    if (!all.has(file)) continue
    const circle = [...all].filter(other => reached.get(other)?.has(file)).sort()
    circles.set(circle.join(), circle)
  }
  return [...circles.values()]
}

function reachedFrom(file: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set(imports.get(file))
  for (const one of reached) for (const next of imports.get(one) ?? []) reached.add(next)
  return reached
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

const mayUseGlobals = new RegExp(`\\b(${[...TIMERS, 'globalThis', 'Date'].join('|')})\\b`)

/** Timers and clocks that a source takes from the global scope. */
function globalsIn(text: string): string[] {
  if (!mayUseGlobals.test(text)) return []
  const source = parsed(text, true)
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

test('the map names each room, and only files that are there', () => {
  const rows = readFileSync(join(root, 'src/README.md'), 'utf8').matchAll(/^\| `(\w+)\/` \|.*\| (`.*`) \|$/gm)
  const rooms = Array.from(rows, ([, room = '', names = '']) => {
    const folder = room === 'plugin' ? room : `src/${room}`
    for (const [, name] of names.matchAll(/`([\w/-]+)`/g))
      expect(existsSync(join(root, folder, `${name}.ts`)), `${folder}/${name}.ts`).toBe(true)
    return room
  })
  expect(rooms).toEqual(ROOMS.filter(room => room !== 'engine'))
})
