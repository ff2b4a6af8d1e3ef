import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { figuresOf } from '../../src/load/metrics/figures.ts'
import { expose, textOf } from '../../src/load/metrics/registry.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { runStopping } from '../builders/run-load.ts'
import { type Respond, serving as startServing } from '../builders/serving.ts'

interface Served {
  /** Streams that are open at the server. */
  open: Set<ServerResponse>
  run(
    rule: string,
    options: Partial<LoadOptions> & Pick<LoadOptions, 'load'>,
    gracefulStop?: number,
  ): Promise<LoadReport>
}

/** Loads a step that reads what `respond` writes, and holds what is true of every report. */
async function serving(respond: Respond, isHttp2 = false): Promise<Served> {
  const open = new Set<ServerResponse>()
  const servers = await startServing(response => {
    open.add(response)
    response.on('close', () => open.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    respond(response)
  }, isHttp2)
  const run: Served['run'] = async (rule, options, gracefulStop) => {
    const steps = `  - workflowId: main\n    steps: [{ stepId: watch, operationId: watch, x-events: ${rule} }]`
    const folder = project({ 'api.json': openapi({ watch: ['get', '/watch'] }), 'flow.yaml': arazzo(steps) })
    const report = await runStopping(gracefulStop, { workflow: `${folder}/flow.yaml`, servers, ...options })
    assertBalanced(report.arrivals, 'the run')
    assertBalanced(report.measuredArrivals, 'the window')
    expect(JSON.parse(JSON.stringify(report))).toEqual(structuredClone(report))
    return report
  }
  return { open, run }
}

const verdictsOf = ({ verdicts }: LoadReport) =>
  Object.fromEntries(verdicts.map(({ budget, verdict, because }) => [budget, { verdict, because }]))

test.each([
  ['wire', { transport: 'wire' }],
  ['undici', { transport: 'undici' }],
  ['HTTP/2', { protocol: 'h2' }],
] as const)('events of two threads over %s are counted each once', async (name, over) => {
  const stream = 'data: 1\n\ndata: 2\n\ndata: {"n":3}\n\ndata: 4\n\n'
  const { open, run } = await serving(response => response.write(stream), name === 'HTTP/2')
  const report = await run('{ until: $response.body#/2/data/n == 3 }', {
    load: { vus: 4, iterations: 10, threads: 2, warmUp: 0 },
    ...over,
    budgets: {
      firstEvent: { p50: '60s', max: '60s' },
      eventsRate: '>= 0.001',
      steps: { watch: { firstEvent: { mean: '60s' }, eventsRate: '>= 0.001' } },
    },
  })
  expect(report).toMatchObject({ state: 'completed', measuredArrivals: { passed: 40, failed: 0 } })
  const { events, serviceTime } = report.steps.watch!
  expect(events).toMatchObject({ count: 120, streams: 40, firstEvent: { count: 40 } })
  // No stream was ended before its first event.
  expect(events!.firstEvent.max).toBeLessThanOrEqual(serviceTime.max)
  expect(report.allRequests!.events).toEqual(events)
  expect(report.answers).toMatchObject([{ status: '200', events: 120 }])
  expect(report.answers[0]!.firstEvents!.buckets.reduce((a, b) => a + b, 0)).toBe(40)
  const keys = [
    'firstEvent.p50',
    'firstEvent.max',
    'eventsRate',
    'steps.watch.firstEvent.mean',
    'steps.watch.eventsRate',
  ]
  expect(Object.keys(verdictsOf(report))).toEqual(keys)
  // So few samples leave a percentile open on a busy machine, but none is missed.
  for (const { verdict } of report.verdicts) expect(verdict).not.toBe('fail')
  const metrics = textOf(expose(figuresOf(report)))
  expect(metrics).toContain('arazzo_load_events_total{workflow="main",step="watch"} 120')
  expect(metrics).toContain('arazzo_load_first_event_duration_seconds_count{workflow="main",step="watch"} 40')
  // Each was given up.
  while (open.size > 0) await delay(5)
})

test('streams without an event keep no budget, and count with the time they had waited', async () => {
  const { run } = await serving(response => response.write(': nothing\n\n'))
  const report = await run('{ most: 1, within: 500ms }', {
    load: { vus: 2, iterations: 3, threads: 1, warmUp: 0 },
    budgets: { firstEvent: { p50: '60s' }, eventsRate: '>= 0.001', steps: { watch: { firstEvent: { max: '60s' } } } },
  })
  expect(report.measuredArrivals).toMatchObject({ passed: 0, failed: 6 })
  expect(report.steps.watch!.events).toMatchObject({ count: 0, streams: 0, firstEvent: { count: 6 } })
  // A timer counts from when its turn of the event loop began, which is long on a busy machine.
  expect(report.steps.watch!.events!.firstEvent.min).toBeGreaterThanOrEqual(400)
  for (const { verdict } of report.verdicts) expect(verdict).toBe('fail')
  expect(verdictsOf(report)['firstEvent.p50']!.because).toContain('no event came in the measured window')
  expect(report.errors).toMatchObject([
    { kind: 'timeout', count: 6, exemplars: [{ failure: expect.stringContaining('no event had come') }, {}, {}] },
  ])
})

test('streams that fail behind their first event keep no budget', async () => {
  const { run } = await serving(response => response.end('data: 1\n\n'))
  const report = await run('{ most: 2 }', {
    load: { vus: 1, iterations: 6, threads: 1, warmUp: 0 },
    budgets: { firstEvent: { p50: '60s' }, steps: { watch: { firstEvent: { p50: '60s' }, eventsRate: '>= 0.001' } } },
  })
  expect(report.steps.watch).toMatchObject({ requests: 6, errors: 6, events: { count: 6, streams: 6 } })
  for (const { verdict, because } of report.verdicts) {
    expect(verdict).not.toBe('pass')
    expect(because).toContain('failures decides nothing')
  }
  expect(report.errors).toMatchObject([
    {
      kind: 'events',
      message: 'Failed to read the events of step "watch": the stream ended before 2 events.',
      count: 6,
      exemplars: [{ failure: expect.stringContaining('1 event had come, the last {"event":"message"') }, {}, {}],
    },
  ])
})

test('the end of a load ends open streams, whose events have counted as they came', async () => {
  let written = 0
  const { open, run } = await serving(response => {
    const timer = setInterval(() => {
      written++
      response.write('data: tick\n\n')
    }, 20)
    response.on('close', () => clearInterval(timer))
  })
  const report = await run(
    '{ most: 1000, within: 1min }',
    {
      load: { vus: 3, duration: '2s', warmUp: 0, threads: 1 },
      budgets: {
        eventsRate: { bound: '>= 1', everyWindow: '2s' },
        steps: { watch: { firstEvent: { max: { bound: '60s', everyWindow: '2s' } } } },
      },
    },
    100,
  )
  const { events } = report.steps.watch!
  expect(report.measuredArrivals).toMatchObject({ started: 3, aborted: 3, passed: 0 })
  expect(events!.count).toBeGreaterThan(3)
  expect(events!.count).toBeLessThanOrEqual(written)
  expect(events).toMatchObject({ streams: 3, firstEvent: { count: 3 } })
  expect(report.state).toBe('completed')
  expect(report.windows!.eventsRate).toMatchObject([{ count: events!.count, standing: 'kept' }])
  expect(report.windows!['steps.watch.firstEvent.max']).toMatchObject([{ count: 3, standing: 'kept' }])
  // No iteration came to its end: that decides nothing.
  for (const { verdict } of report.verdicts) expect(verdict).not.toBe('pass')
  while (open.size > 0) await delay(5)
})

test('a budget of events where none is read is a mistake that is told before the run', async () => {
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'], b: ['get', '/b'] }),
    'flow.yaml': arazzo(`  - workflowId: main
    steps: [{ stepId: a, operationId: a }, { stepId: b, operationId: b, x-events: { most: 1 } }]
  - workflowId: other
    steps: [{ stepId: a, operationId: a }]`),
  })
  const load = { vus: 1, iterations: 1 }
  const failing = (workflow: string, budgets: LoadOptions['budgets']) =>
    runLoad({ workflow: `${folder}/flow.yaml#${workflow}`, servers: 'http://127.0.0.1:1', load, budgets })
  const steps = { a: { firstEvent: { p99: 5 }, eventsRate: 5 } }
  await expect(failing('main', { steps })).rejects.toThrow(/steps\.a\.firstEvent.+the step reads no event stream/)
  await expect(failing('main', { steps })).rejects.toThrow(/steps\.a\.eventsRate.+Say how with x-events/)
  const budgets = { firstEvent: { p99: 5 }, eventsRate: 5 }
  await expect(failing('other', budgets)).rejects.toThrow(/firstEvent: no step reads an event stream/)
})
