/**
 * What a load test costs before its first request, of this build and of another in turn: the README's project, with a
 * file of three load tests. From the start of `vitest run` to the first request of the first load test, and from the
 * last request of one load test to the first of the next; medians, in milliseconds. Bar: at most 10 % or 50 ms more
 * than the other's. The other folder is a worktree in which `npm run build` has been run; without one there is no bar.
 * Takes 10 s a round. Run: `npm run bench -- start-up [folder] [rounds, 7]`.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { readmeProject, root } from './readme-project.ts'
import { median } from './target.ts'

const [folder, rounds = '7'] = process.argv.slice(2)
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

/** Of each phase its length, in milliseconds. */
function sample(folder: string): number[] {
  const JOURNAL = join(folder, 'journal')
  rmSync(JOURNAL, { force: true })
  const begun = Date.now()
  const command = [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', 'start-up.load.test.js']
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, JOURNAL },
  })
  if (status !== 0) throw new Error(`Failed to measure the start-up: Vitest said ${stdout}${stderr}`)
  const asked = readFileSync(JOURNAL, 'utf8').split('\n').map(Number)
  const gaps = asked.slice(1).map((at, n) => at - asked[n]!)
  // Between two load tests lies more than between any two requests of one.
  const least = gaps.toSorted((a, b) => b - a)[LOAD_TESTS - 2]!
  return [asked[0]! - begun, ...gaps.filter(gap => gap >= least).slice(0, LOAD_TESTS - 1)]
}

const projects = [root, ...(folder === undefined ? [] : [resolve(folder)])].map(project)
const samples: number[][][] = projects.map(() => [])
for (let round = 0; round < Number(rounds); round++) {
  const order = [...projects.keys()]
  if (round % 2 === 1) order.reverse()
  for (const n of order) samples[n]!.push(sample(projects[n]!))
}
let isMet = true
for (const [phase, what] of phases.entries()) {
  const [ours = Number.NaN, theirs] = samples.map(ofBuild => median(ofBuild.map(sample => sample[phase]!)))
  if (theirs === undefined) {
    console.log(`${what}: ${ours.toFixed(0)} ms`)
    continue
  }
  const isKept = ours <= Math.max(theirs * 1.1, theirs + 50)
  isMet &&= isKept
  console.log(`${what}: ${ours.toFixed(0)} ms, there ${theirs.toFixed(0)} ms: ${isKept ? 'met' : 'NOT MET'}`)
}
process.exit(isMet ? 0 : 1)
