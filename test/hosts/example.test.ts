import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { commandOf, marked } from '../../scripts/leftovers.mjs'
import { copyExamples } from '../builders/example.ts'
import { thoroughly } from '../builders/thorough.ts'
import { withoutBroker } from './broker.ts'

/* examples/hosts, as `npm run example:hosts` runs it. */

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

describe.skipIf(withoutBroker)(`examples/hosts${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-example-'))
  beforeAll(() => copyExamples(folder, 'hosts', 'shop'))
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Starts it, with a mark that all of its processes inherit. */
  function start(file = 'run.mjs', env: Record<string, string> = {}) {
    const value = randomUUID()
    const { VITEST, VITEST_MODE, VITEST_POOL_ID, VITEST_WORKER_ID, TEST, CI, GITHUB_ACTIONS, ...rest } = process.env
    const child: ChildProcess = spawn(process.execPath, [join(folder, 'hosts', file)], {
      cwd: folder,
      env: { ...rest, NO_COLOR: '1', HOSTS_MARK: value, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const seen = { output: '' }
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', text => {
        seen.output += text
      })
    const code = new Promise<number | null>(done => child.once('close', done))
    const left = () => (process.platform === 'linux' ? marked(`HOSTS_MARK=${value}`).map(commandOf) : [])
    return { child, seen, code, left }
  }

  thoroughly('three agents run the load test, and all that was started is ended', async () => {
    const { code, seen, left } = start()
    const ended = await code
    const reports = join(folder, 'hosts/.vitest-arazzo')
    const own = readdirSync(reports).find(name => name.startsWith('checkout-'))
    const { report, verdict } = JSON.parse(readFileSync(join(reports, own!, 'result.json'), 'utf8'))
    // A busy machine may be too slow for a budget; the exit code is that of Vitest either way.
    expect(ended, seen.output).toBe(verdict === 'fail' ? 1 : 0)
    expect(report).toMatchObject({ state: 'completed', threads: 3, arrivals: { failed: 0, aborted: 0 } })
    expect(report.arrivals.started).toBeGreaterThan(100)
    expect(report.hosts).toMatchObject(['agent-0', 'agent-1', 'agent-2'].map(host => ({ host, threads: 1 })))
    // The application runs on this machine, and what it uses is seen.
    expect(report.target.memoryPeak).toBeGreaterThan(10_000_000)
    expect(seen.output).toMatch(/^NATS listens at nats:.*\n(?:\S+Z agent agent-\d waits for loads.*\n){3}/)
    expect(seen.output).toContain('checkout from three hosts')
    expect(seen.output).toMatch(
      /agent-2 \S+Z joined "checkout from three hosts" of .*#checkout\)\nagent-2 \S+Z ended .*#checkout\): the run is over\n$/,
    )
    expect(left()).toEqual([])
  })

  // Not tried again: what is left behind or never ends is no doing of a busy machine.
  test.each(['SIGINT', 'SIGKILL'] as const)('%s ends all of it', { retry: 0 }, async signal => {
    const { child, seen, code, left } = start()
    await vi.waitFor(() => expect(seen.output).toContain('agent-2 waits for loads'), { timeout: 60_000 })
    child.kill(signal)
    expect(await code, seen.output).not.toBe(0)
    // Who is killed ends nobody itself.
    if (signal === 'SIGKILL') await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 60_000 })
    expect(left()).toEqual([])
  })

  test('where there is no nats-server it is said how to get it', async () => {
    // Programs of the system are out of sight.
    const text = readFileSync(join(folder, 'hosts/run.mjs'), 'utf8')
    expect(text).toContain(':/usr/sbin')
    writeFileSync(join(folder, 'hosts/without.mjs'), text.replace(':/usr/sbin', ''))
    const { code, seen } = start('without.mjs', { PATH: '/nowhere' })
    expect(await code).toBe(2)
    expect(seen.output).toBe(
      'Failed to start NATS: there is no nats-server. Install it: apt-get install nats-server.\n',
    )
  })
})
