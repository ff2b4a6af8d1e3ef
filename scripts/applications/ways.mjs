import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { run } from '../run.mjs'

/**
 * @typedef {import('./projects.mjs').Project} Expected
 * @typedef {{ isGreen: boolean, output: string, note?: string }} Outcome `note`: for the log of a run that passed
 * @typedef {(folder: string, expected: Expected) => Promise<Outcome>} Way
 */

const MINUTE = 60_000
const spoil = fileURLToPath(new URL('spoil.mjs', import.meta.url))

/**
 * Runs Vitest to its end, and counts what passed by its JSON.
 * @param {string} folder @param {readonly string[]} args @param {Record<string, string>} [env]
 */
async function vitest(folder, args, env = {}) {
  const file = join(folder, 'out.json')
  rmSync(file, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { code, output } = await run('npx', ['vitest', 'run', ...reporters, ...args], {
    cwd: folder,
    env: { CI: 'true', ...env },
    timeout: 10 * MINUTE,
  })
  const counted = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const { numPassedTests = 0, numFailedTests = 0 } = counted
  return { code, output, passed: numPassedTests, failed: numFailedTests }
}

/** @param {readonly string[]} args @returns {Way} */
const once =
  (...args) =>
  async (folder, { tests }) => {
    const { code, output, passed } = await vitest(folder, args)
    return { isGreen: code === 0 && passed === tests, output: `${output}\n${passed} of ${tests} tests passed` }
  }

/** A missed `errorRate`: its failed and all iterations, and a line for each cause. */
const MISSED = /BudgetError: Expected errorRate .*\((\d+) of (\d+) iterations failed\)\.\n((?: {2}\d+ attempts? .*\n)+)/

/**
 * One request in 40 is spoilt: the budget on errors has to fail by as many iterations, and by no other cause.
 * @param {'hang' | 'reset' | 'wrong'} kind @param {RegExp} cause @returns {Way}
 */
const spoilt =
  (kind, cause) =>
  async (folder, { spoilsItself }) => {
    const path = join(folder, 'vitest.config.js')
    const before = readFileSync(path, 'utf8')
    const after = before.replace(
      /command: '([^']*)'/,
      (_, command) => `command: 'node ${spoil} ${kind} {port} ${command.replaceAll('{port}', '@port@')}'`,
    )
    if (!spoilsItself) writeFileSync(path, after)
    try {
      const { code, output } = await vitest(folder, ['load.test.js'], { SPOIL: kind, SPOIL_SCRIPT: spoil })
      const [, failed = 0, all = 0, lines = ''] = MISSED.exec(output) ?? []
      const causes = lines.split('\n').filter(line => line !== '')
      // Iterations have one request or two.
      const isInPart = failed >= all / 40 / 2 && failed <= (2 * all) / 40 + 2
      const isRed = code !== 0 && all > 0 && isInPart && causes.every(line => cause.test(line))
      return {
        isGreen: isRed && (spoilsItself === true || after !== before),
        output: `${output}\nnot red for ${cause} alone`,
        note: `${failed} of ${all} iterations failed:${causes.map(line => `\n        ${line.slice(0, 160)}`).join('')}`,
      }
    } finally {
      writeFileSync(path, before)
    }
  }

/** @type {Way} */
async function shards(folder, { tests }) {
  rmSync(join(folder, '.vitest-reports'), { recursive: true, force: true })
  let output = ''
  let isGreen = true
  for (const shard of ['1/2', '2/2']) {
    const part = await run('npx', ['vitest', 'run', '--reporter=blob', `--shard=${shard}`], {
      cwd: folder,
      env: { CI: 'true' },
      timeout: 10 * MINUTE,
    })
    output += part.output
    isGreen &&= part.code === 0
  }
  const merged = await vitest(folder, ['--merge-reports'])
  output += `${merged.output}\n${merged.passed} of ${tests} tests passed`
  return { isGreen: isGreen && merged.code === 0 && merged.passed === tests, output }
}

/** @type {Way} */
async function coverage(folder, expected) {
  const file = join(folder, 'coverage/coverage-summary.json')
  rmSync(file, { force: true })
  const flags = ['--coverage', '--coverage.include=**/src/*.js', '--coverage.reporter=json-summary']
  const ran = await once(...flags)(folder, expected)
  const lines = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).total.lines : undefined
  return { isGreen: ran.isGreen && lines?.covered > 0, output: `${ran.output}\nlines: ${JSON.stringify(lines)}` }
}

/**
 * A change of the application restarts it, and runs again what uses it.
 * @type {Way}
 */
async function watch(folder, { change }) {
  if (change === undefined) throw new Error('this application has no change to watch')
  const { file, from, to } = change
  const path = join(folder, file)
  const before = readFileSync(path, 'utf8')
  const env = { ...process.env, CI: '', NO_COLOR: '1', FORCE_COLOR: undefined }
  const child = spawn('npx', ['vitest', '--watch', '--reporter=default'], { cwd: folder, env, detached: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += stripVTControlCharacters(text)
    })
  const ended = new Promise(resolve => child.once('close', resolve))
  /** @param {number} times */
  const waits = async times => {
    const until = Date.now() + 5 * MINUTE
    const isThere = () => output.split('Waiting for file changes').length > times
    while (!isThere() && Date.now() < until && child.exitCode === null) await new Promise(go => setTimeout(go, 100))
    return isThere()
  }
  try {
    let isGreen = await waits(1)
    const first = output.length
    if (!before.includes(from)) throw new Error(`${file} does not hold ${from}`)
    writeFileSync(path, before.replace(from, to))
    isGreen &&= await waits(2)
    const second = output.slice(first)
    isGreen &&= /The application was restarted/.test(second) && /Tests {2}\d+ passed/.test(second)
    return { isGreen: isGreen && !/failed/.test(output.match(/^ *Tests .*$/gm)?.join() ?? 'failed'), output }
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await ended
    writeFileSync(path, before)
  }
}

/** @type {Readonly<Record<string, Way>>} */
export const ways = {
  'suite and load': once(),
  shuffle: once('--sequence.shuffle', '--sequence.seed=7'),
  'two shards, merged': shards,
  coverage,
  watch,
  hang: spoilt('hang', /no complete response within 10 s/),
  reset: spoilt('reset', /connection|HTTP 502/),
  'wrong data': spoilt('wrong', /is not met|JSON/),
}
