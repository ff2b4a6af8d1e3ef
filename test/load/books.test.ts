import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Store, startStore } from '../../fixtures/load/store.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { isWindows } from '../builders/system.ts'
import { cases, thoroughly } from '../builders/thorough.ts'

/*
 * However a run ends, its books balance: due = started + dropped, started = passed + failed + aborted, for the whole
 * run and for the measured window; and the report says how it ended, and why.
 */

const path = (name: string) => fileURLToPath(new URL(`../../fixtures/load/${name}`, import.meta.url))
const workflow = `${path('store.arazzo.yaml')}#peek`

let store: Store
beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.kill())

type Told = Pick<LoadReport, 'state' | 'cause' | 'arrivals' | 'measuredArrivals'>

function expectBalanced(report: Told): void {
  assertBalanced(report.arrivals, 'the run')
  assertBalanced(report.measuredArrivals, 'the measured window')
  const { due, started, passed, failed, aborted, dropped } = report.arrivals
  expect(due).toBe(started + dropped)
  expect(started).toBe(passed + failed + aborted)
  expect(started).toBeGreaterThan(0)
}

/* Ends by the server, and of most threads, are with the other runs (run.test.ts), whose books are held there. */

const load = { rate: 100, duration: '1s', warmUp: '200ms', threads: 2 }
const long = { ...load, duration: '50s' }
const run = (options = {}) => runLoad({ workflow, servers: store.url, load, ...options })

/** Does something once so many requests have come in. */
function after(requests: number, action: () => unknown): void {
  store.status = n => {
    if (n === requests) void action()
    return undefined
  }
}

thoroughly('a normal end', async () => {
  const report = await run()
  expectBalanced(report)
  expect(report.state).toBe('completed')
  expect(report.arrivals).toMatchObject({ due: 120, dropped: 0, passed: 120 })
})

thoroughly('cancelled, with requests in flight that are never answered', async () => {
  const ending = new AbortController()
  after(60, () => {
    store.frozen = true
    void delay(100).then(() => ending.abort())
  })
  const report = await run({ load: long, signal: ending.signal })
  store.frozen = false
  expectBalanced(report)
  expect(report).toMatchObject({ state: 'cut short', cause: 'it was cancelled' })
  expect(report.arrivals.aborted).toBeGreaterThan(0)
})

thoroughly('the server is killed', async () => {
  after(50, () => store.kill())
  const report = await run()
  expectBalanced(report)
  expect(report.state).toBe('completed')
  expect(report.arrivals.due).toBe(120)
  expect(report.arrivals.failed).toBeGreaterThan(0)
  expect(report.errors.map(({ kind }) => kind)).toContain('refused')
})

thoroughly('the server is restarted', async () => {
  const port = Number(new URL(store.url).port)
  after(40, async () => {
    await store.kill()
    await delay(200)
    store = await startStore(port)
  })
  const report = await run({ load: { ...load, duration: '2s' } })
  expectBalanced(report)
  expect(report.state).toBe('completed')
  expect(report.arrivals).toMatchObject({ due: 220, aborted: 0 })
  expect(report.arrivals.failed).toBeGreaterThan(0)
  expect(report.series.at(-1)!.failed).toBe(0)
})

/** Runs the program in a process of its own; `underWay` is called when load has run for a second. */
async function script(options: { internals?: object; flags?: string[]; underWay?: (pid: number) => void }) {
  const { internals = {}, flags = [], underWay } = options
  const given = [{ workflow, servers: store.url, load: long }, internals].map(value => JSON.stringify(value))
  const child = spawn(process.execPath, [...flags, path('script.js'), ...given], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const exited = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line === 'under way') underWay?.(child.pid!)
  }
  const [code, signal] = await exited
  const last = lines.at(-1)
  const told: Told | undefined = last?.startsWith('{') ? JSON.parse(last) : undefined
  return { told, code, signal, errors }
}

describe.skipIf(isWindows)('a program that runs load', () => {
  test('Ctrl-C ends the load, and the program goes on with the report', async () => {
    const { told, code } = await script({ underWay: pid => process.kill(pid, 'SIGINT') })
    expect(code).toBe(0)
    expectBalanced(told!)
    expect(told).toMatchObject({ state: 'cut short', cause: 'it was interrupted (Ctrl-C)' })
    expect(told!.arrivals.passed).toBeGreaterThan(0)
  })

  test('a second Ctrl-C ends the program, though answers are still out', async () => {
    const underWay = async (pid: number) => {
      store.frozen = true
      await delay(50)
      process.kill(pid, 'SIGINT')
      await delay(50)
      process.kill(pid, 'SIGINT')
    }
    expect(await script({ underWay })).toMatchObject({ told: undefined, signal: 'SIGINT' })
    store.frozen = false
  })
})

describe('a thread is lost', () => {
  type Loss = readonly [how: string, worker: string, cause: string]
  const losses = cases<Loss>(
    [['by process.exit', 'second-exits', 'the thread exited']],
    [['by an error that nobody catches', 'second-crashes', 'out of memory']],
  )
  test.each(losses)('%s', async (_, worker, cause) => {
    const report = await runLoad({ workflow, servers: store.url, load: long }, { worker: path(`workers/${worker}.js`) })
    expect(report).toMatchObject({ state: 'cut short', cause: `load thread 2 of 2 was lost: ${cause}` })
    expectBalanced(report)
  })

  test('for want of memory', async () => {
    const internals = { worker: path('workers/second-runs-out-of-memory.js') }
    const { told, errors } = await script({ internals, flags: ['--max-old-space-size=100'] })
    const cause = 'Worker terminated due to reaching memory limit: JS heap out of memory'
    expect(told, errors).toMatchObject({ state: 'cut short', cause: `load thread 2 of 2 was lost: ${cause}` })
    expectBalanced(told!)
  })
})
