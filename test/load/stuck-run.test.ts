import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { inputCaller } from '../../src/load/feed/read.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { arazzo, askAndPublish, openapi, project } from '../builders/project.ts'
import { runStopping } from '../builders/run-load.ts'
import { serve } from '../builders/server.ts'
import { thoroughly } from '../builders/thorough.ts'

/* What runs in a load thread, or feeds it, may not come back; the load ends all the same, and says where it was. */

const load = { rate: 50, duration: 500, warmUp: 0, threads: 1 }

/** Keeps its thread as a loop without end does, but leaves the processor to others; loops are in other tests here. */
const standStill = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'

/**
 * What is true of every load that was ended for such a reason. What a thread had measured that had to be ended is lost:
 * then there are no data.
 */
function expectCutShort(report: LoadReport, cause: RegExp, verdict: 'fail' | 'inconclusive'): void {
  expect(report.state).toBe('cut short')
  expect(report.cause).toMatch(cause)
  const { due, started, dropped, passed, failed, aborted } = report.arrivals
  expect(due).toBe(started + dropped)
  expect(started).toBe(passed + failed + aborted)
  expect(report.doubts).toContainEqual(
    expect.objectContaining({ kind: 'cut short', cause: expect.stringMatching(cause) }),
  )
  expect(report.verdicts).toMatchObject([{ budget: 'p99', verdict }])
}

async function loaded(folder: string, options: Partial<LoadOptions> = {}, gracefulStop = 100): Promise<LoadReport> {
  const { origin } = await serve(({ url }, count) =>
    url === '/xml'
      ? { headers: { 'content-type': 'application/xml' }, body: `<a>${'<b/>'.repeat(count > 2 ? 5_000 : 1)}</a>` }
      : { body: {} },
  )
  return runStopping(gracefulStop, {
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: origin,
    load,
    budgets: { p99: '10s' },
    ...options,
  })
}

thoroughly('criteria in XPath that take seconds for each response', async () => {
  const slow = '{ context: $response.body, type: xpath, condition: "count(//b[count(//b[count(//b) > 0]) > 0]) > 0" }'
  // One criterion is given up after 2 s. Five of one response keep their thread, however the responses come in.
  const actions = ['a', 'b', 'c', 'd'].map(name => `{ name: ${name}, type: end, criteria: [${slow}] }`)
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask'], xml: ['get', '/xml'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - { stepId: ask, operationId: ask }
      - stepId: slow
        operationId: xml
        successCriteria: [${slow}]
        onFailure: [${actions.join(', ')}]`),
  })
  // On a busy machine the thread has its engine for XPath after a second.
  const report = await loaded(folder, { load: { ...load, duration: 2_000 } })
  expectCutShort(
    report,
    /5 s after the plan and the time for iterations in flight, and was last at step "slow"/,
    'fail',
  )
  expect(report.arrivals.aborted).toBeGreaterThan(0)
})

test('a transport of messages that does not come back', async () => {
  const folder = project({
    ...askAndPublish('flow.arazzo.yaml'),
    'channels.mjs': `let n = 0; export default () => ({ async send() { if (++n > 5) ${standStill} }, async receive() {}, async close() {} })`,
  })
  const report = await loaded(folder, { channels: `${folder}/channels.mjs` })
  expectCutShort(
    report,
    /5 s after the plan and the time for iterations in flight, and was last at step "publish"/,
    'fail',
  )
  expect(report.arrivals.aborted).toBeGreaterThan(0)
})

test('a transport of messages whose promise never settles: no thread is stuck, and iterations have failed after the graceful stop', async () => {
  const folder = project({
    ...askAndPublish('flow.arazzo.yaml'),
    'channels.mjs':
      'export default () => ({ send: () => new Promise(() => {}), async receive() {}, async close() {} })',
  })
  const channels = `${folder}/channels.mjs`
  const report = await loaded(folder, { channels }, 1_000)
  expect(report.arrivals).toMatchObject({ started: 25, passed: 0, failed: 25 })
  expect(report.errors).toMatchObject([{ kind: 'no response' }])
})

const flow = {
  'api.json': openapi({ ask: ['get', '/ask'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { n: { type: integer } } }
    steps:
      - { stepId: ask, operationId: ask }`),
}

test('an inputs function that does not come back', async () => {
  const inputs = (n: number) => {
    if (n === 33) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    return { n }
  }
  const report = await loaded(project(flow), { inputs, load: { ...load, duration: 2_000 } })
  expectCutShort(
    report,
    /Failed to feed inputs: call 33 of the function kept its thread busy for 5 s\. Look for a loop without end in it/,
    'inconclusive',
  )
  expect(report.arrivals.passed).toBeGreaterThan(0)
})

thoroughly('an inputs function that loops at once is known before the load', async () => {
  // Most of the time without the processor.
  const inputs = () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_500)
    for (;;);
  }
  await expect(loaded(project(flow), { inputs })).rejects.toThrow(
    'Failed to feed inputs: call 0 of the function kept its thread busy for 5 s.',
  )
})

test('an inputs function that comes back no more leaves a load without rows, which ends with its plan', async () => {
  const inputs = (n: number) => (n < 40 ? { n } : new Promise<undefined>(() => {}))
  const report = await loaded(project(flow), { inputs, load: { ...load, rate: 200 } })
  expect(report.arrivals).toMatchObject({ due: 100, passed: 32, dropped: 68 })
})

test('an inputs function that comes back no more before the load begins ends it', async () => {
  const clock = new VirtualClock()
  const { document } = await readArazzo(`${project(flow)}/flow.arazzo.yaml`)
  const caller = inputCaller(n => (n < 10 ? { n } : new Promise(() => {})), document!.workflows[0]!, {}, clock)
  await caller.open()
  const next = caller.next(32)
  const failure = expect(next).rejects.toThrow(
    'Failed to feed inputs: calls of the function from 9 on have not come back within 60 s. Look what it waits for.',
  )
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  clock.run(59_000)
  expect(await Promise.race([next.catch(() => 'failed'), delay(20, 'waiting')])).toBe('waiting')
  clock.run(61_000)
  await failure
})
