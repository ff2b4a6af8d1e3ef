import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { encodedMappings, TraceMap } from '@jridgewell/trace-mapping'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { functionsIn } from '../../src/cause/functions.ts'
import { profileIn, stacksOf, turnsIn } from '../../src/cause/profile.ts'
import { addSources } from '../../src/cause/profiler/positions.ts'
import type { CpuProfile, ProfileNode } from '../../src/cause/profiler/protocol.ts'
import { freshFolder } from '../builders/folder.ts'

const folder = () => realpathSync(freshFolder('profile'))

const node = (id: number, functionName: string, url = '', children: number[] = [], line = 0): ProfileNode => ({
  id,
  callFrame: { functionName, url, lineNumber: line, columnNumber: 0 },
  children,
  positionTicks: [{ line: line + 2, ticks: 1 }],
})

/** A call tree in which `list` calls a package and native code, and `helper` stands beside it. */
function profileOf(home: string): CpuProfile {
  const at = (path: string) => pathToFileURL(join(home, path)).href
  const nodes = [
    node(1, '(root)', '', [2, 3, 4, 8]),
    node(2, '(idle)'),
    node(3, '(garbage collector)'),
    node(4, 'handle', 'node:http', [5]),
    node(5, 'list', at('src/list.js'), [6, 7], 10),
    node(6, 'parse', at('node_modules/@scope/pg/index.js')),
    node(7, 'stringify'),
    node(8, 'helper', at('src/list.js'), [], 30),
  ]
  const samples = [2, 5, 6, 3, 7, 2, 8, 4, 2]
  return { nodes, startTime: 1_000, endTime: 10_000, samples, timeDeltas: samples.map(() => 1_000) }
}

function busyStacks(file: string, from: number, to: number) {
  const profile = profileIn(file)
  return profile && stacksOf(turnsIn(profile, from, to))
}

function written(home: string, profile: unknown): string {
  const file = join(home, 'main.cpuprofile')
  writeFileSync(file, JSON.stringify(profile))
  return file
}

test('each busy sample counts for the deepest function of the application, with what it calls', () => {
  const home = folder()
  const functions = functionsIn(busyStacks(written(home, profileOf(home)), 0, 1e9)!, home)
  const times = [...functions.values()].map(({ name, file, time }) => [name, file, time])
  expect(times).toEqual([
    ['list', 'src/list.js', 4_000],
    ['helper', 'src/list.js', 1_000],
    ['node:http', undefined, 1_000],
  ])
  const list = functions.get('src/list.js list')!
  // Collected garbage is that of the call before it.
  expect([...list.beyond]).toEqual([
    ['@scope/pg', 2_000],
    ['stringify', 1_000],
  ])
  expect([...list.lines]).toEqual([[12, 4_000]])
})

test('a function without a name counts for the one that it is written in, if that calls it', () => {
  const home = folder()
  const file = pathToFileURL(join(home, 'list.js')).href
  const [list, callback, each, handler] = [
    node(1, 'list', file, [], 10),
    node(2, '', file, [], 12),
    node(3, 'each', file, [], 30),
    node(4, '', file, [], 32),
  ] as const
  const stacks = [
    // `list` has `items.map(item => ...)`.
    { frames: [node(5, 'map'), callback, node(6, 'map'), list], time: 7 },
    // `list` calls `each` with a function that is written in `list`.
    { frames: [callback, each, list], time: 5 },
    // A function behind the end of `each`, which calls it, is taken for a part of it; one that Node.js calls is not.
    { frames: [handler, node(7, 'emit', 'node:events'), each], time: 3 },
    { frames: [handler, node(7, 'emit', 'node:events')], time: 2 },
    // `list` calls what is written in `each`.
    { frames: [handler, list], time: 1 },
  ]
  const functions = [...functionsIn(stacks, home).values()].map(({ name, line, time }) => [name, line, time])
  expect(functions).toEqual([
    ['list', 11, 7],
    ['', 13, 5],
    ['each', 31, 3],
    ['', 33, 3],
  ])
})

test('only the time of a window counts, and parts of samples at its ends', () => {
  const home = folder()
  const stacks = busyStacks(written(home, profileOf(home)), 3_500, 5_500)!
  expect(stacks.map(({ frames, time }) => [frames[0]!.callFrame.functionName, time])).toEqual([
    ['list', 500],
    ['parse', 1_500],
  ])
})

test.each([
  ['no JSON', '{'],
  ['no profile', '{"nodes":[]}'],
  ['samples without times', '{"nodes":[],"samples":[1],"timeDeltas":[],"startTime":0}'],
  ['a node without a frame', '{"nodes":[{"id":1}],"samples":[],"timeDeltas":[],"startTime":0}'],
  ['children that are no numbers', '{"nodes":[{"id":1,"callFrame":{},"children":"x"}],"samples":[],"timeDeltas":[]}'],
])('a file that an application has replaced is no profile: %s', (_, text) => {
  const file = join(folder(), 'main.cpuprofile')
  writeFileSync(file, text)
  expect(busyStacks(file, 0, 1)).toBeUndefined()
})

test.skipIf(process.platform === 'win32')('a pipe in the place of a profile is not waited for', () => {
  const file = join(folder(), 'main.cpuprofile')
  execFileSync('mkfifo', [file])
  expect(busyStacks(file, 0, 1)).toBeUndefined()
})

test('a call tree that leads back to itself has an end', () => {
  const home = folder()
  const profile = profileOf(home)
  profile.nodes[7]!.children = [4]
  profile.nodes[4]!.children = [8]
  expect(busyStacks(written(home, profile), 0, 1e9)).toHaveLength(5)
})

test('functions of compiled files are known by their sources, and those without a map by their own place', () => {
  const home = folder()
  mkdirSync(join(home, 'dist'))
  const source = '\n\nexport function price(cart: { cents: number }[]): number {\n  return cart.length\n}\n'
  const compiled = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, sourceMap: true },
    fileName: '../src/price.ts',
  })
  writeFileSync(join(home, 'dist/price.js'), compiled.outputText)
  writeFileSync(join(home, 'dist/price.js.map'), compiled.sourceMapText!)
  writeFileSync(join(home, 'dist/plain.js'), 'export function plain() {}\n')
  const line = compiled.outputText.split('\n').findIndex(text => text.includes('function price'))
  const mapped = node(1, 'price', pathToFileURL(join(home, 'dist/price.js')).href, [], line)
  const plain = node(2, 'plain', pathToFileURL(join(home, 'dist/plain.js')).href)
  addSources([mapped, plain])
  expect(mapped.source).toMatchObject({ file: expect.stringMatching(/price\.ts$/), line: 3 })
  expect(mapped.positionTicks![0]!.sourceLine).toBe(4)
  expect(plain.source).toBeUndefined()
})

test('a line of a bundle with many source lines says nothing of the line, and one of a statement says its first', () => {
  const home = folder()
  const [bundle, file] = [join(home, 'bundle.js'), pathToFileURL(join(home, 'bundle.js')).href]
  const mappings = encodedMappings(
    new TraceMap({
      ...{ version: 3, sources: ['price.ts'], names: [] },
      // Columns of one generated line, then of a second one: [generated column, source, line, column].
      mappings: [
        [
          [0, 0, 2, 0],
          [20, 0, 12, 2],
          [40, 0, 40, 2],
        ],
        [
          [0, 0, 51, 2],
          [20, 0, 53, 4],
        ],
      ],
    }),
  )
  writeFileSync(bundle, 'x;\ny;\n//# sourceMappingURL=bundle.js.map\n')
  writeFileSync(`${bundle}.map`, JSON.stringify({ version: 3, sources: ['price.ts'], names: [], mappings }))
  const all = [node(1, 'price', file), node(2, 'tax', file)]
  all[0]!.positionTicks = [{ line: 1, ticks: 9 }]
  all[1]!.positionTicks = [{ line: 2, ticks: 9 }]
  addSources(all)
  expect(all.map(({ source }) => source?.line)).toEqual([3, 3])
  expect(all.map(({ positionTicks }) => positionTicks![0]!.sourceLine)).toEqual([undefined, 52])
})
