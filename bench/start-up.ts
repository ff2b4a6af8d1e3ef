/**
 * What the start costs, in medians of rounds in which all take turns. Without a folder: from the command to the first
 * request of the README's project, at most 1.2 times what an empty project takes from the command to its one test; what
 * `import 'vitest-arazzo'` takes in a test, at most 60 ms; and what the plugin adds to the empty project, at most 40
 * ms. Takes 8 s a round.
 *
 * With a folder, a worktree in which `npm run build` has been run: what a load test costs before its first request, of
 * this build and of that, in the README's project with a file of three load tests. From the start of `vitest run` to
 * the first request of the first load test, and from the last request of one load test to the first of the next; at
 * most 10 % or 50 ms more than the other's. Takes 20 s a round. Run: `npm run bench -- start-up [folder] [rounds, 7]`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { readmeProject, root } from './readme-project.ts'
import { median } from './target.ts'

const given = process.argv.slice(2)
const folder = Number(given[0]) > 0 ? undefined : given.shift()
const [rounds = '7'] = given
const LOAD_TESTS = 3
const phases = ['vitest run to first request', 'to the second load test', 'to the third load test']

const loadTests = `import { loadTest } from 'vitest-arazzo'
for (const name of ['first', 'second', 'third'])
  loadTest(name, {
    workflow: './pets.arazzo.yaml#find-a-pet',
    load: { rps: 100, duration: '1s', warmUp: 0 },
    budgets: { errorRate: '0%' },
  })
`
const journal = `import { appendFileSync } from 'node:fs'
const asked = []
process.once('exit', () => appendFileSync(process.env.JOURNAL, asked.join('\\n')))
process.once('SIGTERM', () => process.exit(0))
`

/** The README's project, whose application writes down when it was asked for each pet. */
function project(root: string): string {
  const edit = (name: string, text: string) =>
    name === 'server.mjs'
      ? journal + text.replace('const found', 'if (id) asked.push(Date.now())\n  const found')
      : text
  const folder = readmeProject(edit, root)
  writeFileSync(join(folder, 'start-up.load.test.js'), loadTests)
  return folder
}

/** Runs Vitest in a project. Returns when it was started, and the lines that its tests or its application left. */
function run(folder: string, ...words: string[]): { begun: number; lines: number[] } {
  const JOURNAL = join(folder, 'journal')
  rmSync(JOURNAL, { force: true })
  const begun = Date.now()
  const command = [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', ...words]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, JOURNAL },
  })
  if (status !== 0) throw new Error(`Failed to measure the start-up: Vitest said ${stdout}${stderr}`)
  return { begun, lines: readFileSync(JOURNAL, 'utf8').split('\n').map(Number) }
}

/** Of each phase its length, in milliseconds. */
function sample(folder: string): number[] {
  const { begun, lines: asked } = run(folder, 'start-up.load.test.js')
  const gaps = asked.slice(1).map((at, n) => at - asked[n]!)
  // Between two load tests lies more than between any two requests of one.
  const least = gaps.toSorted((a, b) => b - a)[LOAD_TESTS - 2]!
  return [asked[0]! - begun, ...gaps.filter(gap => gap >= least).slice(0, LOAD_TESTS - 1)]
}

/** A project of one test, which writes down when it ran, and how long that took which it is to do first. */
function emptyProject(configuration: string, first = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-empty-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'vitest.config.mjs'), configuration)
  const test = `import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
test('one', async () => {
  const now = Date.now()
  const begun = performance.now()
  ${first}
  writeFileSync(process.env.JOURNAL, [now, performance.now() - begun].join('\\n'))
})
`
  writeFileSync(join(folder, 'one.test.js'), test)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  symlinkSync(root, join(folder, 'node_modules/vitest-arazzo'))
  return folder
}

/** Samples of each way, all of which take turns. */
function inTurn<T>(ways: readonly (() => T)[]): T[][] {
  const samples: T[][] = ways.map(() => [])
  for (let round = 0; round < Number(rounds); round++) {
    const order = [...ways.keys()]
    if (round % 2 === 1) order.reverse()
    for (const n of order) samples[n]!.push(ways[n]!())
  }
  return samples
}

/** Whether the plugin starts fast. */
function measureStart(): boolean {
  const external = `/${root.replaceAll('/', '\\/')}dist/`
  const plain = `export default { test: { server: { deps: { external: [${external}] } } } }\n`
  const withPlugin = `import arazzo from 'vitest-arazzo/plugin'\nexport default { plugins: [arazzo()] }\n`
  const folders = [
    emptyProject(plain),
    project(root),
    emptyProject(plain, "await import('vitest-arazzo')"),
    emptyProject(withPlugin),
  ] as const
  const toFirst = (folder: string, ...words: string[]) => {
    const { begun, lines } = run(folder, ...words)
    return lines[0]! - begun
  }
  const [empty, readme, imported, plugged] = inTurn([
    () => toFirst(folders[0]),
    () => toFirst(folders[1], 'pets.arazzo.yaml'),
    () => run(folders[2]).lines[1]!,
    () => toFirst(folders[3]),
  ]).map(median) as [number, number, number, number]
  const tell = (what: string, value: number, bar: number, digits: number) => {
    const isMet = value <= bar
    console.log(`${what}: ${value.toFixed(digits)}, at most ${bar}: ${isMet ? 'met' : 'NOT MET'}`)
    return isMet
  }
  console.log(`to the test of an empty project ${empty} ms, with the plugin ${plugged} ms`)
  console.log(`to the first request of the README's project ${readme} ms`)
  return [
    tell("the README's project to an empty one", readme / empty, 1.2, 2),
    tell("import 'vitest-arazzo', ms", imported, 60, 0),
    tell('the plugin without documents, ms', plugged - empty, 40, 0),
  ].every(Boolean)
}

/** Whether load tests of this build start no later than those of another. */
function compareLoad(other: string): boolean {
  const samples = inTurn([root, resolve(other)].map(project).map(made => () => sample(made)))
  let isMet = true
  for (const [phase, what] of phases.entries()) {
    const [ours, theirs] = samples.map(ofBuild => median(ofBuild.map(sample => sample[phase]!))) as [number, number]
    const isKept = ours <= Math.max(theirs * 1.1, theirs + 50)
    isMet &&= isKept
    console.log(`${what}: ${ours.toFixed(0)} ms, there ${theirs.toFixed(0)} ms: ${isKept ? 'met' : 'NOT MET'}`)
  }
  return isMet
}

process.exit((folder === undefined ? measureStart() : compareLoad(folder)) ? 0 : 1)
