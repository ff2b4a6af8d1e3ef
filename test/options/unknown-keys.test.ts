import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTest } from '../../plugin/load-test.ts'
import '../../plugin/matchers/index.ts'
import { checkOptions } from '../../plugin/options.ts'
import LoadReporter from '../../plugin/reporter/index.ts'
import { runLoad as loadInTest, runWorkflow as runInTest } from '../../plugin/run.ts'
import { readLoadCase } from '../../plugin/runtime/load-case.ts'
import { readArazzo } from '../../src/document/read.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { renderMetrics } from '../../src/load/metrics/figures.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import { createMemoryChannels } from '../../src/workflow/channel/memory.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { aReport } from '../builders/report.ts'
import { publicObjects } from './public-objects.ts'

/* Every object that users write refuses keys that there are not, with what was probably meant. */

const workflow = resolve(import.meta.dirname, '../../fixtures/load/store.arazzo.yaml#browse')
const servers = 'http://127.0.0.1:1'
const load = { vus: 1, iterations: 1 }

type Attempt = () => unknown
const run = (options: object) => () => runLoad({ workflow, servers, load, ...options } as never)
const shaped = (shape: object) => run({ load: shape })
const plugin = (options: object) => () => checkOptions(options)

/** By the name that `publicObjects` gives it: what is written, and the key that was meant. */
const CASES: Record<string, readonly [attempt: Attempt, typo: string, meant: string]> = {
  ArazzoOptions: [plugin({ servrs: servers }), 'servrs', 'servers'],
  'ArazzoOptions.cause': [plugin({ cause: { comand: 'profile -o {file}' } }), 'comand', 'command'],
  ServerOptions: [plugin({ server: { command: 'x', url: 'http://a', tiemout: 1 } }), 'tiemout', 'timeout'],
  'ArazzoOptions.server': [plugin({ server: { comand: 'x', url: 'http://a' } }), 'comand', 'command'],
  OneOfServers: [
    plugin({ server: { api: { command: 'x', url: 'http://a', dependson: [] } } }),
    'dependson',
    'dependsOn',
  ],
  GitBase: [plugin({ compare: { git: 'merge-base', steup: 'npm ci' } }), 'steup', 'setup'],
  FolderBase: [plugin({ compare: { cdw: '../base' } }), 'cdw', 'cwd'],
  CommandBase: [plugin({ compare: { command: 'x', evn: {} } }), 'evn', 'env'],
  'GitBase.warmUp': [plugin({ compare: { git: 'main', warmUp: { reqests: 9 } } }), 'reqests', 'requests'],
  UrlBase: [plugin({ compare: { url: 'http://a', pdi: 1 } }), 'pdi', 'pid'],
  SuiteSetups: [plugin({ setup: { rnu: './reset.ts' } }), 'rnu', 'run'],
  SuiteTeardowns: [plugin({ teardown: { iteratoin: './reset.ts' } }), 'iteratoin', 'iteration'],
  ReportsOptions: [plugin({ reports: { foldr: 'x' } }), 'foldr', 'folder'],
  LoadTestOptions: [
    () => readLoadCase({ workflow, load, budget: {} } as never, { unknownHere: ['signal'] }),
    'budget',
    'budgets',
  ],
  'LoadTestOptions.workflow': [
    run({ workflow: { document: 'a', workflowID: 'b' } }),
    ...(['workflowID', 'workflowId'] as const),
  ],
  LoadOptions: [run({ budget: { p99: '1ns' } }), 'budget', 'budgets'],
  Setups: [run({ setup: { vus: '#login' } }), 'vus', 'vu'],
  Teardowns: [run({ teardown: { iteratoin: '#remove' } }), 'iteratoin', 'iteration'],
  AgentsOptions: [run({ agents: { nats: 'nats://a', cuont: 1 } }), 'cuont', 'count'],
  'AgentsOptions.creds': [run({ agents: { nats: 'nats://a', creds: { evn: 'A' } } }), 'evn', 'env'],
  'AgentsOptions.password': [run({ agents: { nats: 'nats://a', password: { evn: 'A' } } }), 'evn', 'env'],
  LoadShape: [shaped({ ...load, thinktime: '1s' }), 'thinktime', 'thinkTime'],
  Pausing: [shaped({ ...load, thinkTime: { unifrom: [1, 2] } }), 'unifrom', 'uniform'],
  NormalPause: [shaped({ ...load, thinkTime: { normal: { maen: 1, deviation: 1 } } }), 'maen', 'mean'],
  Stage: [shaped({ stages: [{ rps: 1, duration: '1s', mesure: false }] }), 'mesure', 'measure'],
  AdaptiveShape: [
    shaped({ adaptive: { maxVus: 3, latency: 5, latnecy: '50ms' }, duration: '1s' }),
    ...(['latnecy', 'latency'] as const),
  ],
  CapacityShape: [shaped({ capacity: { latency: 'p99 < 1ms', hodl: 1 } }), 'hodl', 'hold'],
  Budgets: [run({ budgets: { errorrate: 0 } }), 'errorrate', 'errorRate'],
  BudgetRule: [run({ budgets: { p99: { bound: 1, abortOnFial: true } } }), 'abortOnFial', 'abortOnFail'],
  TargetBudgets: [
    run({ targets: { db: { pid: 1 } }, budgets: { targets: { db: { memroy: 1 } } } }),
    'memroy',
    'memory',
  ],
  StepBudgets: [run({ budgets: { steps: { list: { maen: 1 } } } }), 'maen', 'mean'],
  RequestBudgets: [run({ budgets: { requests: { maen: 1 } } }), 'maen', 'mean'],
  LatencyBudgets: [run({ budgets: { firstEvent: { maen: 1 } } }), 'maen', 'mean'],
  GeneratorBudgets: [run({ budgets: { generator: { memroy: 1 } } }), 'memroy', 'memory'],
  InputFeed: [run({ inputs: { rows: [{}], ordr: 'random' } }), 'ordr', 'order'],
  'LoadTestOptions.security': [run({ security: { store: { key: { env: 'A', fiel: 'b' } } } }), 'fiel', 'file'],
  Credentials: [run({ security: { store: { key: { tokn: 'a' } } } }), 'tokn', 'token'],
  ProcessTarget: [run({ target: { pid: 1, prob: 'x' } }), 'prob', 'probe'],
  PrometheusTarget: [run({ target: { prometheus: 'http://127.0.0.1:1', memroy: 'x' } }), 'memroy', 'memory'],
  ConnectionOptions: [run({ connections: { resue: true } }), 'resue', 'reuse'],
  ReadOptions: [() => readArazzo('a', { source: {} } as never), 'source', 'sources'],
  'LoadTestOptions.severities': [run({ severities: { 'newer-feild': 'off' } }), 'newer-feild', 'newer-field'],
  SustainOptions: [
    () => expect(workflow).toSustain(100, { latency: 'p99 < 1s', errorrate: 0 } as never),
    ...(['errorrate', 'errorRate'] as const),
  ],
  'SustainOptions.load': [
    () => readLoadCase({ workflow, load: { capacity: { latency: 'p99 < 1s' }, maxDuratoin: 1 } } as never, {}),
    ...(['maxDuratoin', 'maxDuration'] as const),
  ],
  WorkflowRef: [
    () => runWorkflow({ document: 'a', workflowid: 'b' } as never),
    ...(['workflowid', 'workflowId'] as const),
  ],
  WorkflowOptions: [() => runInTest(workflow, { input: {} } as never), 'input', 'inputs'],
  'runLoad()': [() => loadInTest({ workflow, load, budget: {} } as never), 'budget', 'budgets'],
  'runWorkflow()': [() => runWorkflow(workflow, { chekcs: 'off' } as never), 'chekcs', 'checks'],
  MemoryChannelsOptions: [() => createMemoryChannels({ limt: 3 } as never), 'limt', 'limit'],
  RenderMetricsOptions: [() => renderMetrics(aReport(), { lables: {} } as never), 'lables', 'labels'],
  TableOptions: [() => renderLoadReport(aReport(), { widht: 80 } as never), 'widht', 'width'],
  WorkflowReportOptions: [
    () => renderWorkflowReport({ state: 'passed', outputs: {}, steps: [] }, { colour: false } as never),
    ...(['colour', 'color'] as const),
  ],
}

/** What users only hand on: runs gave it to them. */
const DATA = /^(LoadOptionsFor|LoadReport|WorkflowReport|Budget|NamedReport|PageSection|History|LatencySummary)$/
/** What is no options: an object with methods of the user's own, and what only we give. */
const NO_OPTIONS = /^(ChannelTransport|RunInternals|Clock)$/

// The types of the whole package are read.
test('every object of the public API is in this table', { timeout: 180_000 }, () => {
  const found = [...publicObjects(DATA).keys()].filter(name => !NO_OPTIONS.test(name))
  expect(found.sort()).toEqual(Object.keys(CASES).sort())
})

test.each([
  { connections: { tls: { ca: 'hunter2', key: 'hunter2' } } },
  { security: { store: 'hunter2' } },
  { security: 'hunter2' },
  { security: { store: { key: 7, other: ['hunter2'] } } },
])('a secret that stands in the wrong place is in no message: %j', async options => {
  const message = await messageOf(run(options))
  expect(message).toMatch(/^Failed to read (connections\.tls|security)|: Failed to read (connections\.tls|security)/)
  expect(message).not.toContain('hunter2')
})

describe('an unknown key', () => {
  test.each(Object.entries(CASES))('of %s', async (_, [attempt, typo, meant]) => {
    const message = await messageOf(attempt)
    expect(message).toContain(typo)
    expect(message).toMatch(new RegExp(`Did you mean "${meant}"\\?`))
  })

  test('all of them are told at once, with what else is wrong', async () => {
    const message = await messageOf(
      run({
        budget: {},
        checks: 'eror',
        onInconclusive: 'wran',
        connections: { resue: true, reuse: 'no' },
        load: { rsp: 1, duration: 5 },
        budgets: { p9x: 1 },
        metrics: 'on',
        servers: { stroe: servers },
        security: { stor: { key: 'a' } },
      }),
    )
    const told = ['budget:', 'checks:', 'onInconclusive:', 'connections.resue:', 'connections.reuse:']
    for (const one of [...told, 'load.rsp:', 'budget p9x:', 'metrics:', 'servers.stroe:', 'security.stor:'])
      expect(message).toContain(`Failed to read ${one}`)
  })

  test('options that a load test has of its own are not taken from a test file', async () => {
    const signal = new AbortController().signal
    const message = await messageOf(() =>
      readLoadCase({ workflow, load, signal }, { unknownHere: ['signal', 'onProgress'] }),
    )
    expect(message).toContain('Failed to read signal: there is no such key.')
    expect(typeof loadTest).toBe('function')
  })

  test('keys of the shape are sent there, and the known ones are told once', async () => {
    const message = await messageOf(() =>
      readLoadCase({ workflow, load, threads: 2, vus: 1, one: 1, two: 2 } as never, {}),
    )
    expect(message).toContain('Failed to read threads: there is no such key. Write it in load: { threads }.')
    expect(message).toContain('Failed to read vus: there is no such key. Write it in load: { vus }.')
    expect(message).toMatch(
      /one: there is no such key\. Known keys are workflow, load, .*\n.*two: there is no such key\.$/,
    )
  })

  test('undefined is as good as none', async () => {
    await expect(readLoadCase({ workflow, load, budget: undefined } as never, {})).resolves.toBeDefined()
  })
})

test('the reporter refuses options that it does not know', async () => {
  expect(await messageOf(() => new LoadReporter({ verbos: true } as never))).toMatch(
    /verbos.*Did you mean "verbose"\?/s,
  )
  expect(await messageOf(() => new LoadReporter({ verbose: 'yes' } as never))).toMatch(/neither true nor false/)
})

test('a matcher refuses arguments that it does not take, with .not as well', async () => {
  const surplus = { latency: 'p99 < 1ns' }
  const report = aReport({ rps: 1000 }) as never
  for (const assert of [
    () => (expect(report).toSustainRps as (...args: unknown[]) => void)(1, surplus),
    () => (expect(report).not.toSustainRps as (...args: unknown[]) => void)(10_000, surplus),
    () => (expect(report).toMeetItsBudgets as (...args: unknown[]) => void)(surplus),
  ])
    expect(await messageOf(assert)).toMatch(/would be ignored/)
})

async function messageOf(attempt: Attempt): Promise<string> {
  try {
    await attempt()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was wrong with it')
}
