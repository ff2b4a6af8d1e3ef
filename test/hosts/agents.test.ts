import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { runStopping } from '../builders/run-load.ts'
import { serve } from '../builders/server.ts'
import { thoroughly } from '../builders/thorough.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { Broker, cliFile, configOf, withoutBroker } from './broker.ts'

/* Loads that agents run, each a process of the command line, through a real NATS server. */

const files = {
  'api.json': openapi({ a: ['get', '/a'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { user: { type: string } } }
    steps:
      - stepId: a
        operationId: a
        parameters: [{ name: user, in: query, value: $inputs.user }]
        successCriteria: [{ condition: $statusCode == 200 }]
`),
}

describe.skipIf(withoutBroker)(`agents${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker
  let nats = ''

  beforeAll(async () => {
    broker = await Broker.start()
    ;({ nats } = broker)
    await Promise.all([broker.agent('eu-1'), broker.agent('eu-2')])
  })

  afterAll(() => broker?.end())

  async function load(options: Omit<LoadOptions, 'workflow'>, status = () => 200) {
    const users: string[] = []
    const server = await serve(({ url }) => {
      users.push(new URL(url, 'http://a').searchParams.get('user') ?? '')
      return { status: status() }
    })
    const folder = project(files)
    const run = runLoad({
      workflow: join(folder, 'flow.arazzo.yaml'),
      servers: server.origin,
      agents: { nats, count: 2, timeout: '30s' },
      ...options,
    })
    return { run, users }
  }

  const rows = Array.from({ length: 60 }, (_, n) => ({ user: `u${n}` }))

  test('begin the arrivals and give the rows of one plan, each once, and one verdict comes of it', async () => {
    const { run, users } = await load({
      load: { rate: 30, duration: '2s', warmUp: 0 },
      inputs: { rows, order: 'unique' },
      budgets: { errorRate: 0 },
      target: { pid: process.pid },
    })
    const report = await run
    expect(report).toMatchObject({ state: 'completed', threads: 2, arrivals: { due: 60, passed: 60 } })
    // By what agents counted in the window, to the request, and not by what they have told of it at its edges.
    expect(report.target!.cpuPerRequest).toBeCloseTo((report.target!.cpu * 2_000) / report.requests, 6)
    expect(report.verdicts).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }])
    expect(users.sort()).toEqual(rows.map(({ user }) => user).sort())
    expect(report.generator.threads.map(({ host }) => host)).toEqual(['eu-1', 'eu-2'])
    for (const { thread, host } of report.slowest!) expect(host).toBe(['eu-1', 'eu-2'][thread - 1])
    expect(report.hosts).toMatchObject(
      ['eu-1', 'eu-2'].map(host => ({
        host,
        threads: 1,
        share: 0.5,
        started: 30,
        connectionsOpened: expect.any(Number),
        machine: expect.stringMatching(/ cores?\b.*, Node v\d/),
      })),
    )
    for (const { clock, cpu, memory } of report.hosts!) {
      expect(Math.abs(clock.drift!)).toBeLessThan(1_000)
      expect([cpu! > 0, memory! > 1_000_000]).toEqual([true, true])
    }
    // It is what agents used, and not this process, in which no load runs.
    expect(report.generator.memoryPeak).toBe(Math.max(...report.hosts!.map(({ memory }) => memory!)))
  })

  test('iterations without a response are failed in the report of all agents', async () => {
    const server = await serve((_, count) => (count % 5 === 0 ? { delay: 'never' } : {}))
    const report = await runStopping(1_000, {
      workflow: join(project(files), 'flow.arazzo.yaml'),
      servers: server.origin,
      agents: { nats, count: 2, timeout: '30s' },
      load: { rate: 30, duration: '2s', warmUp: 0 },
      budgets: { errorRate: 0 },
    })
    expect(report).toMatchObject({ state: 'completed', arrivals: { due: 60, passed: 48, failed: 12, aborted: 0 } })
    expect(report.errors).toMatchObject([{ kind: 'no response', count: 12 }])
    expect(report.verdicts[0]).toMatchObject({ budget: 'errorRate', verdict: 'fail' })
    expect(renderLoadReport(report, { color: false })).toMatch(/no response after [\d.]+ m?s/)
  })

  test.each<[string, LoadOptions['load'], number]>([
    ['iterations at a rate', { rate: 4, duration: '2s', warmUp: 0, maxVus: 1 }, 8],
    ['users', { vus: 1, iterations: 6 }, 6],
  ])('as many agents take part as there are users: %s', async (_, shape, count) => {
    const { run, users } = await load({ load: shape })
    const report = await run
    expect(report).toMatchObject({ state: 'completed', threads: 1, maxVus: 1, arrivals: { due: count, dropped: 0 } })
    expect(report.hosts!.map(({ host, share }) => [host, share])).toEqual([['eu-1', 1]])
    expect(report.warnings).toEqual([
      '1 of the 2 agents that it asked for ran the load (eu-1): it has 1 user at most, and an agent without one would ' +
        'begin nothing. Give it more users (vus, maxVus), or ask for 1 agent.',
    ])
    expect(users).toHaveLength(count)
  })

  thoroughly('a warm-up ends for all at one moment, when the load is steady', async () => {
    const { run, users } = await load({
      load: { rate: 100, duration: '1s', warmUp: 'auto' },
      budgets: { errorRate: 0 },
    })
    const report = await run
    expect(report).toMatchObject({ state: 'completed', measured: 1_000 })
    expect(report.warmUpCut!.at).toBeGreaterThanOrEqual(2_000)
    // Each arrival that is due in the window is in the ledger of it once, whoever began it.
    expect(Math.abs(report.measuredArrivals.due - 100)).toBeLessThanOrEqual(1)
    expect(report.arrivals.due).toBe(users.length)
    expect(report.hosts!.map(({ cpu }) => cpu! > 0)).toEqual([true, true])
  })

  describe('a search for the capacity', () => {
    const capacity = { latency: 'p90 < 5s', errorRate: '5%', from: 90, to: '720 rps', hold: '1s' }

    test('tries the rates of the whole, and measures all hosts at the one that held', async () => {
      // From 150 requests a second on, half of what comes is refused.
      let [since, count] = [0, 0]
      const status = () => {
        const now = performance.now()
        if (now - since > 400) [since, count] = [now, 0]
        return ++count > 60 && count % 2 === 0 ? 503 : 200
      }
      const plan = { capacity, maxDuration: '12s', duration: '1s', warmUp: 0 }
      const { run } = await load({ load: plan as never, budgets: { capacity: '>= 90 rps' } }, status)
      const report = await run
      const { held, missed, limitedBy, probes } = report.capacity!
      expect(report).toMatchObject({ state: 'completed', threads: 2, measured: 1_000 })
      expect([held >= 90, missed! > 100, limitedBy]).toEqual([true, true, 'errorRate'])
      expect(probes.at(-1)).toMatchObject({ isMeasured: true, rate: held, at: report.warmUp })
      expect(Math.abs(report.measuredArrivals.due - held)).toBeLessThanOrEqual(2)
      const { passed, failed } = report.measuredArrivals
      expect(Math.abs(probes.at(-1)!.iterations - passed - failed)).toBeLessThanOrEqual(2)
      expect(report.verdicts).toMatchObject([{ verdict: 'pass' }])
      expect(report.hosts!.map(({ cpu, share }) => [cpu! > 0, share])).toEqual([
        [true, 0.5],
        [true, 0.5],
      ])
    })

    thoroughly('ends with a host that is lost: no rate is what it says without it', async () => {
      const lost = await broker.agent('eu-4')
      const agents = { nats, count: 3, timeout: '30s' }
      const plan = { capacity: { ...capacity, hold: '5s' }, duration: '1s', warmUp: 0 }
      const { run, users } = await load({ load: plan as never, agents, budgets: { capacity: '>= 700 rps' } })
      await vi.waitFor(() => expect(users.length).toBeGreaterThan(300), { timeout: 60_000 })
      lost.child.kill('SIGKILL')
      const report = await run
      expect(report.state).toBe('cut short')
      expect(report.cause).toContain('eu-4')
      expect(report.verdicts).toMatchObject([{ verdict: 'inconclusive' }])
    })
  })

  test('one that is lost leaves a doubt, and nothing that its share could have changed is kept', async () => {
    const lost = await broker.agent('eu-3')
    const seen: (readonly string[])[] = []
    let missedAt = Number.POSITIVE_INFINITY
    const { run, users } = await load({
      load: { rps: 60, duration: '8s', warmUp: 0 },
      agents: { nats, count: 3, timeout: '30s' },
      budgets: { errorRate: '5%', p99: '10s', requests: { p99: '0.0001ms' } as never },
      onProgress: ({ lost = [] }) => {
        seen.push(lost)
        if (lost.length > 0) missedAt = Math.min(missedAt, Date.now())
      },
    })
    await vi.waitFor(() => expect(users.length).toBeGreaterThan(20), { timeout: 30_000 })
    lost.child.kill('SIGKILL')
    const report = await run
    expect(report.state).toBe('completed')
    expect(report.doubts.find(({ kind }) => kind === 'lost host')).toMatchObject({ host: 'eu-3', share: 1 / 3 })
    expect(report.hosts!.map(({ host, lostAt }) => [host, lostAt !== undefined])).toEqual([
      ...[
        ['eu-1', false],
        ['eu-2', false],
        ['eu-3', true],
      ],
    ])
    // With its last word, and not when it was missed, after three seconds of silence.
    const { lostAt } = report.hosts![2]!
    expect(Date.parse(report.startedAt) + lostAt!).toBeLessThan(missedAt - 2_000)
    expect(report.verdicts.map(({ verdict }) => verdict)).not.toContain('pass')
    expect(report.serviceTime.count).toBe(report.responseTime.count)
    expect(seen.slice(-1)).toEqual([['eu-3']])
    expect(renderLoadReport(report, { verbose: true })).toContain('; without eu-3')
    const { due, dropped, started, passed, failed, aborted } = report.arrivals
    expect([started + dropped, passed + failed + aborted]).toEqual([due, started])
  })

  test('too few, or one that may not load the host: nothing runs, and it is said why', async () => {
    const few = await load({ load: { vus: 1, iterations: 1 }, agents: { nats, count: 9, timeout: 600 } })
    await expect(few.run).rejects.toThrow(/^Failed to gather agents: 2 of 9 were free within 0\.6 s \(eu-1, eu-2\)/)
    const far = await load({
      ...{ load: { rps: 10, duration: '1s' }, budgets: { errorRate: 0 } },
      ...{ servers: 'http://192.0.2.1', allowHosts: ['192.0.2.1'] },
    })
    const report = await far.run
    expect(report.state).toBe('not run')
    expect(report.cause).toContain('. Start the agent with --allow-host 192.0.2.1 if it may load it')
    expect(report.verdicts.map(({ verdict }) => verdict)).not.toContain('pass')
  })

  thoroughly('NATS that is started only later is waited for, by agents and by a load', async () => {
    const later = await Broker.announced()
    try {
      const agent = await later.start('eu-1')
      const { run } = await load({
        load: { vus: 1, iterations: 5 },
        agents: { nats: later.nats, count: 1, timeout: '60s' },
      })
      const isRefused = /^\S+Z waits for NATS at nats:\S+: .*refused/
      await vi.waitFor(() => expect(agent.output).toMatch(isRefused), { timeout: 60_000 })
      await later.restart()
      expect(await run).toMatchObject({ state: 'completed', arrivals: { passed: 5 } })
    } finally {
      later.end()
    }
    const { run } = await load({ load: { vus: 1, iterations: 1 }, agents: { nats: later.nats, timeout: '1s' } })
    await expect(run).rejects.toThrow(/^Failed to reach nats:\S+: .*Start nats-server there/)
  })

  test('two of one name are told, and load nothing', async () => {
    const twin = await broker.agent('eu-2', { key: 'twin' })
    const { run, users } = await load({ load: { vus: 1, iterations: 1 } })
    await expect(run).rejects.toThrow('Failed to gather agents: two are called "eu-2". Start one of them with another')
    expect(users).toEqual([])
    const ended = new Promise(done => twin.child.once('close', done))
    twin.child.kill('SIGTERM')
    await ended
  })

  /** A load at 50 requests/s of the command line, a process of its own. */
  async function coordinated(duration: string) {
    const requests: number[] = []
    const server = await serve(() => {
      requests.push(Date.now())
      return { status: 200 }
    })
    const folder = await writeSuite({ ...files, 'vitest.config.js': configOf({ nats, count: 2 }) })
    const args = [await cliFile(), 'load', join(folder, 'flow.arazzo.yaml#main'), '--server', server.origin]
    const of = ['--rps', '50', '--duration', duration, '--agents', nats]
    const child = spawn(process.execPath, [...args, ...of], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    const ended = new Promise<{ code: number | null; output: string }>(done =>
      child.once('close', code => done({ code, output })),
    )
    return { requests, child, ended }
  }

  thoroughly('a coordinator that stands still for a while loses no agent', async () => {
    const { requests, child, ended } = await coordinated('8s')
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(20), { timeout: 30_000 })
    child.kill('SIGSTOP')
    await new Promise(done => setTimeout(done, 3_900))
    child.kill('SIGCONT')
    const { code, output } = await ended
    expect(output).toContain('eu-2')
    expect(output).not.toContain('lost')
    expect(code).toBe(0)
  })

  test('a coordinator that is gone ends the load of all', async () => {
    const { requests, child } = await coordinated('60s')
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(20), { timeout: 30_000 })
    child.kill('SIGKILL')
    await vi.waitFor(
      () => {
        for (const name of ['eu-1', 'eu-2'])
          expect(broker.agents.get(name)!.output).toContain('sent no message for 5 s')
      },
      { timeout: 60_000 },
    )
    const count = requests.length
    await new Promise(done => setTimeout(done, 300))
    expect(requests.length).toBe(count)
  })
})
