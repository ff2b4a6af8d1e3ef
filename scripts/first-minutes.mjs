/*
 * The first minutes with the package, by the README to the letter: `npm init -y`, the installation, its files, a first
 * run and a first load test, in an empty folder, again and again beside a process that burns a processor. Prints how
 * long each step took. Run: `npm run first-minutes -- [times, 10]`.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFiles } from './readme.mjs'
import { must, run } from './run.mjs'

/** Seconds from the empty folder to the green load test, in the middle of all times. */
const MOST = 60
const times = Number(process.argv[2] ?? 10)
must(Number.isInteger(times) && times > 0, 'a number of times is given')
const root = fileURLToPath(new URL('..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'first-minutes-'))
const burner = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' })
process.once('exit', () => {
  burner.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

const packed = await run('npm', ['pack', '--json', '--pack-destination', home], { cwd: root })
must(packed.code === 0, 'npm pack', packed.output)
const tarball = join(home, JSON.parse(packed.output.slice(packed.output.indexOf('[\n')))[0].filename)
const all = projectFiles(root)
const loadTest = all.find(({ file }) => file.includes('.load.test.'))
const example = all.filter(({ file }) => !file.includes('.test.'))
must(loadTest !== undefined && example.length > 0, 'the README has a first example and a load test')

/** @type {{ isGreen: boolean, seconds: Record<string, number> }[]} */
const rounds = []
for (let n = 1; n <= times; n++) {
  const folder = join(home, String(n))
  mkdirSync(folder)
  /** @type {Record<string, number>} */
  const seconds = {}
  let isGreen = true
  /** @param {string} name @param {readonly string[]} command @param {(output: string) => boolean} [holds] */
  const step = async (name, [program = '', ...args], holds = () => true) => {
    const began = performance.now()
    const { code, output } = await run(program, args, { cwd: folder, env: { CI: '' } })
    seconds[name] = (performance.now() - began) / 1_000
    if (code === 0 && holds(output)) return
    isGreen = false
    console.log(`RED   ${name}\n${output.slice(-6_000)}`)
  }
  await step('npm init', ['npm', 'init', '-y'])
  // The tarball stands for the package's name; the version is that of the examples, which need Node 20.
  await step('npm install', ['npm', 'install', '--save-dev', '--no-audit', '--no-fund', 'vitest@4', tarball])
  for (const { file, text } of example) writeFileSync(join(folder, file), text)
  await step('first run', ['npx', 'vitest', 'run'], output => /Tests {2}[1-9]\d* passed \(/.test(output))
  writeFileSync(join(folder, loadTest?.file ?? ''), loadTest?.text ?? '')
  await step('first load test', ['npx', 'vitest', 'run'], output => / Load tests .*, all \d+ budgets kept/.test(output))
  rounds.push({ isGreen, seconds })
  const shown = Object.entries(seconds).map(([name, took]) => `${name} ${took.toFixed(1)} s`)
  console.log(`${isGreen ? 'green' : 'RED  '} ${n}: ${totalOf(seconds).toFixed(1)} s (${shown.join(', ')})`)
  rmSync(folder, { recursive: true, force: true })
}

const green = rounds.filter(({ isGreen }) => isGreen).length
const middle = rounds.map(({ seconds }) => totalOf(seconds)).sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0
console.log(`\n${green} of ${times} green beside a burner, ${middle.toFixed(1)} s in the middle (at most ${MOST} s)`)
process.exit(green === times && middle <= MOST && burner.exitCode === null ? 0 : 1)

/** @param {Record<string, number>} seconds */
function totalOf(seconds) {
  return Object.values(seconds).reduce((sum, one) => sum + one, 0)
}
