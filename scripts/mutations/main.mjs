// Makes each change of list.mjs in a copy of the repository, and runs its tests there: one has to fail.
// `--only rates judge` takes changes whose name or file contains one of the words. `--check` only looks whether each
// change fits the code.
import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutations } from './list.mjs'

/** @typedef {import('./list.mjs').Mutation} Mutation */

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Tests that take longer count as failed: the change has made them hang. */
const LONGEST = 300_000

const { values, positionals } = parseArgs({
  options: { only: { type: 'boolean' }, check: { type: 'boolean' } },
  allowPositionals: true,
})
const chosen = mutations.filter(
  ({ name, file }) => !values.only || positionals.some(word => `${name} ${file}`.includes(word)),
)
const stale = chosen.map(staleness).filter(found => found !== undefined)
if (values.check || stale.length > 0 || chosen.length === 0) {
  for (const found of stale) console.error(`stale     ${found}`)
  console.log(`${chosen.length - stale.length} mutations fit the code, ${stale.length} are stale`)
  process.exit(stale.length > 0 || chosen.length === 0 ? 1 : 0)
}

const copy = mkdtempSync(join(tmpdir(), 'mutations-'))
/** @type {import('node:child_process').ChildProcess | undefined} */
let child
process.on('exit', () => {
  end()
  rmSync(copy, { recursive: true, force: true, maxRetries: 3 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
for (const file of new Set(files.toString().split('\0')))
  if (file !== '' && existsSync(join(root, file)))
    cpSync(join(root, file), join(copy, file), { recursive: true, verbatimSymlinks: true })
// Tests keep what they build below node_modules.
mkdirSync(join(copy, 'node_modules'))
for (const name of readdirSync(join(root, 'node_modules')).filter(name => name === '.bin' || !name.startsWith('.')))
  symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name))
if (existsSync(join(root, 'dist'))) cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })

const tests = [...new Set(chosen.flatMap(one => one.tests))]
// Load threads of tests run dist, without any change.
await start(['scripts/build-if-changed.mjs', '--no-types'])
const plain = await run(tests, false)
if (plain.outcome !== 'passed') {
  console.error(`${plain.output}\nFailed to run mutations: the tests ${plain.outcome} without any.`)
  process.exit(1)
}

const counts = { killed: 0, survived: 0, broken: 0 }
for (const mutation of chosen) {
  const path = join(copy, mutation.file)
  const text = readFileSync(path, 'utf8')
  const began = performance.now()
  writeFileSync(path, text.split(mutation.from).join(mutation.to))
  const { outcome, output } = await run(mutation.tests)
  writeFileSync(path, text)
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`.padStart(7)
  // A change with which no test runs shows nothing of the tests.
  const verdict = outcome === 'passed' ? 'survived' : outcome === 'did not run' ? 'broken' : 'killed'
  counts[verdict]++
  console.log(`${verdict === 'killed' ? verdict : verdict.toUpperCase()} ${took}  ${mutation.name} (${mutation.file})`)
  if (verdict === 'broken') console.log(output)
}
console.log(
  `${counts.killed} killed, ${counts.survived} survived${counts.broken > 0 ? `, ${counts.broken} broken` : ''}`,
)
process.exit(counts.survived + counts.broken > 0 ? 1 : 0)

/** @param {Mutation} mutation */
function staleness({ name, file, from, to, tests }) {
  const missing = [file, ...tests].find(path => !existsSync(join(root, path)))
  if (missing !== undefined) return `${name}: there is no ${missing}`
  const parts = readFileSync(join(root, file), 'utf8').split(from).length - 1
  if (parts !== 1) return `${name}: ${file} has ${parts} times ${JSON.stringify(from)}`
  return from === to ? `${name}: it changes nothing` : undefined
}

/**
 * Runs test files until the first test fails.
 * @param {readonly string[]} paths
 */
async function run(paths, bail = true) {
  const report = join(copy, 'mutation.json')
  rmSync(report, { force: true })
  const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report]
  const { code, output } = await start([
    'node_modules/vitest/vitest.mjs',
    ...['run', ...paths, '--retry', '0', ...(bail ? ['--bail', '1'] : []), ...reporters],
  ])
  if (code === 0) return { outcome: 'passed', output }
  if (code === null) return { outcome: 'took too long', output }
  const hasFailed = existsSync(report) && JSON.parse(readFileSync(report, 'utf8')).numFailedTests > 0
  return { outcome: hasFailed ? 'failed' : 'did not run', output }
}

/**
 * Runs a script of Node.js in the copy, and all that it starts, in a group of its own.
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number | null, output: string }>} code: null if it took too long.
 */
function start(args) {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, args, { cwd: copy, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    const timer = setTimeout(end, LONGEST)
    let output = ''
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', text => {
        output += text
      })
    started.on('error', reject)
    started.on('close', code => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}

function end() {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
