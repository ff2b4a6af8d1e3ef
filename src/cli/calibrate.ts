import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { calibrate as calibrationOf, describeCalibration } from '../compare/calibration.ts'
import type { StoredComparison } from '../compare/comparison.ts'
import { describeComparison } from '../compare/words.ts'
import { failed, failure } from '../ground/fault.ts'
import { tried } from '../ground/tried.ts'
import { parseDuration } from '../ground/units.ts'
import { type Command, FAILED, misuse, PASSED } from './flags.ts'

export const calibrate: Command = {
  usage: 'calibrate <test file> [flags]',
  text: 'compare the application with itself: how much the machine hides, and which bounds it can keep',
  flags: {
    'test-name-pattern': { value: 'pattern', text: 'only load tests whose name matches' },
    duration: { value: 'time', text: 'how long each load test is compared (default: 90s)' },
  },
  async run(flags) {
    const [file, ...others] = flags.operands
    if (file === undefined || others.length > 0)
      throw misuse('calibrate', 'a load test', 'one test file has to be named', 'Name it: load.test.ts.')
    const duration = durationOf(flags.text('duration') ?? '90s')
    const pattern = flags.text('test-name-pattern')
    const folder = temporaryFolder()
    try {
      const args = ['run', file, ...(pattern ? ['-t', pattern] : [])]
      const env = { VITEST_ARAZZO_CALIBRATE: JSON.stringify({ folder, duration }) }
      const { output, interruptedBy } = await vitest(args, env)
      if (interruptedBy !== undefined) return 128 + constants.signals[interruptedBy]
      const stored = readdirSync(folder).map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')))
      return show(stored as StoredComparison[], output)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'vitest-arazzo-calibrate-'))
  } catch (error) {
    const advice = 'Let TMPDIR name a folder that is there and can be written to.'
    throw failure('make a temporary folder', `in ${tmpdir()}`, (error as Error).message, advice)
  }
}

function durationOf(written: string): number {
  const duration = tried(() => parseDuration(written))
  if (duration !== undefined && duration > 0) return duration
  throw misuse('read', '--duration', `"${written}" is not a duration`, 'Write such as 90s.')
}

function show(stored: readonly StoredComparison[], output: string): number {
  if (stored.length === 0) {
    const advice = "Give a load test a budget that speaks of the base: p99: 'base + 10%'."
    console.error(`${failed('calibrate', 'a load test', 'none was compared', advice)}\n\n${output}`)
    return FAILED
  }
  let isWhole = true
  for (const { name, comparison } of stored) {
    const found = calibrationOf(comparison)
    const own = comparison.budgets.filter(({ budget }) => budget.metric !== 'memoryGrowth')
    const missing = own.filter(({ budget }) => !found.some(one => one.budget.key === budget.key))
    console.log([`${name}: ${describeComparison(comparison)}`, ...found.map(describeCalibration)].join('\n'))
    if (missing.length === 0 && own.length > 0) continue
    isWhole = false
    if (own.length === 0) {
      const why = 'growth takes long pairs of launches, which a calibration does not make'
      console.error(failed('calibrate', name, why, "Add another budget: memory: 'base + 10%'."))
      continue
    }
    const few = `there were ${comparison.pairs} pairs of launches, and 5 are needed`
    const keys = missing.map(({ budget }) => budget.title).join(', ')
    console.error(failed('calibrate', keys, comparison.cause ?? few, 'Give more time: --duration 3m.'))
  }
  return isWhole ? PASSED : FAILED
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

interface Ended {
  output: string
  /** Signal that this process received meanwhile. */
  interruptedBy?: (typeof SIGNALS)[number] | undefined
}

/**
 * Runs the project's Vitest and resolves with its output, for any result of its tests. Signals end Vitest and not this
 * process, which has to clean up. Ctrl-C reaches both.
 */
async function vitest(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const require = createRequire(join(process.cwd(), 'package.json'))
  const manifest = tried(() => require.resolve('vitest/package.json'))
  if (manifest === undefined)
    throw failure('calibrate', 'a load test', `there is no Vitest in ${process.cwd()}`, 'Run it where Vitest runs.')
  const child = spawn(process.execPath, [join(dirname(manifest), 'vitest.mjs'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let interruptedBy: Ended['interruptedBy']
  const onSignal = (signal: NonNullable<Ended['interruptedBy']>) => {
    interruptedBy = signal
    if (signal === 'SIGTERM') child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  try {
    await once(child, 'close')
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  return { output, interruptedBy }
}
