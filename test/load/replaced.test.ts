import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Store, startStore } from '../../fixtures/load/store.ts'
import { doubtText } from '../../src/budget/cause.ts'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { detailsOf, targetsOf } from '../../src/report/figures.ts'
import { project } from '../builders/project.ts'
import { isWindows } from '../builders/system.ts'
import { cases, thoroughly } from '../builders/thorough.ts'

/*
 * Applications whose processes are replaced while load runs. The load goes to another server, so that no error of a
 * request ends the run.
 */

let store: Store
const children: ChildProcess[] = []
beforeEach(async ({ skip }) => {
  skip(isWindows, 'there are no process groups')
  store = await startStore()
})
afterEach(() => {
  void store.kill()
  // Each leads a group of its own: its children go with it.
  for (const { pid } of children.splice(0)) process.kill(-pid!, 'SIGKILL')
})

/** Starts a script; resolves to its pid, and what it prints first. */
async function start(source: string, command: readonly string[] = [process.execPath]) {
  const file = join(project({ 'app.cjs': source }), 'app.cjs')
  const child = spawn(command[0]!, [...command.slice(1), file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [printed] = (await once(child.stdout, 'data')) as [Buffer]
  return { pid: child.pid!, printed: printed.toString().trim() }
}

function measure(duration: string, options: Partial<LoadOptions>): Promise<LoadReport> {
  const workflow = `${fileURLToPath(new URL('../../fixtures/load/store.arazzo.yaml', import.meta.url))}#peek`
  return runLoad({ workflow, servers: store.url, load: { rate: 20, duration }, ...options })
}

const verdictsOf = ({ verdicts }: LoadReport) => Object.fromEntries(verdicts.map(v => [v.budget, v.verdict]))
const changesOf = ({ doubts }: LoadReport) =>
  doubts.flatMap(one => (one.kind === 'target changed' ? [doubtText(one)] : []))

/** Two workers, of which each does some work, lives for so long, and is then replaced. */
const workers = (end: string, parent = '') => `
  const cluster = require('node:cluster')
  if (cluster.isPrimary) {
    cluster.on('exit', () => cluster.fork())
    cluster.fork()
    setTimeout(() => cluster.fork(), 700)
    setTimeout(() => console.log('up'), 1500)
    ${parent}
  } else {
    const held = Buffer.alloc(30e6, 1)
    setInterval(() => { for (const until = process.cpuUsage().user + 20000; process.cpuUsage().user < until;) held[0]++ }, 100)
    setTimeout(() => { ${end} }, 1600)
  }`

const roomy = { memory: '4GB', cpu: '8 cores' }

test.each(cases([['by a crash', 'process.kill(process.pid, "SIGSEGV")']], [['on purpose', 'process.exit(0)']]))(
  'workers that are replaced %s: decided, and named',
  async (_, end) => {
    const { pid } = await start(workers(end))
    const report = await measure('5s', { target: { pid }, budgets: roomy })
    expect(verdictsOf(report)).toEqual({ memory: 'pass', cpu: 'pass' })
    expect(changesOf(report)).toEqual([])
    const { replaced, cpuUnseen } = report.target!
    expect(replaced!.ended).toBeGreaterThanOrEqual(2)
    expect(replaced!.began).toBeGreaterThanOrEqual(2)
    // The parent waits for them: the kernel has counted their CPU time to their end.
    if (process.platform === 'linux') expect(cpuUnseen).toBeUndefined()
    const [[, usage]] = targetsOf(report) as [[string, NonNullable<LoadReport['target']>]]
    expect(detailsOf(usage)).toContainEqual(
      expect.stringMatching(/^\d+ processes of it ended and \d+ began during the run$/),
    )
  },
)

test('an application that a shell starts again is another', async () => {
  const app = "require('node:fs').writeSync(1, 'up'); setTimeout(() => process.exit(1), 1500)"
  const file = join(project({ 'app.cjs': app }), 'app.cjs')
  const { pid } = await start(`while :; do '${process.execPath}' '${file}'; done`, ['sh'])
  const report = await measure('4s', { target: { pid }, budgets: roomy })
  expect(verdictsOf(report)).toEqual({ memory: 'inconclusive', cpu: 'inconclusive' })
  expect(changesOf(report)).toEqual([
    expect.stringMatching(/^Process.* of the application ended in the measured window/),
  ])
})

/** Serves /metrics from a process that leaks and is started again; the parent is not measured. */
const leaky = (life: number, more = '') => `
  const { fork } = require('node:child_process')
  if (process.argv[2] !== 'child') {
    const again = () => fork(__filename, ['child'], { stdio: 'inherit' }).once('exit', again)
    again()
  } else {
    const held = []
    setInterval(() => held.push(Buffer.alloc(1e6, 1)), 50)
    require('node:http').createServer((_, response) => {
      const { user, system } = process.cpuUsage()
      response.end('process_resident_memory_bytes ' + process.memoryUsage.rss() + '\\n' +
        'process_cpu_seconds_total ' + (user + system) / 1e6 + '\\n' ${more})
    }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('up'))
    setTimeout(() => process.exit(0), ${life})
  }`

thoroughly('a leaking application that is started again behind /metrics keeps to no growth', async () => {
  const { port } = new URL(await freeAddress())
  process.env.PORT = port
  const began = ` + 'process_start_time_seconds ' + (Date.now() / 1000 - process.uptime()) + '\\n'`
  await start(leaky(2_500, began)).finally(() => delete process.env.PORT)
  const budgets = { memoryGrowth: '20GB/min', memory: '4GB', cpu: '8 cores' }
  const report = await measure('8s', { target: { prometheus: `http://127.0.0.1:${port}/metrics` }, budgets })
  expect(changesOf(report)).toEqual([
    expect.stringMatching(/^The application was started again in the measured window, for process_/),
  ])
  expect(Object.values(verdictsOf(report))).toEqual(['inconclusive', 'inconclusive', 'inconclusive'])
})

/** An address at which no process listens. */
async function freeAddress(): Promise<string> {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return `http://127.0.0.1:${port}`
}
