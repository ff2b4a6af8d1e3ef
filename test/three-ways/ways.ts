import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers'
import type { ArazzoDocument } from '../../src/document/model.ts'
import { openFeed, SharedCounters } from '../../src/load/feed/feed.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { Http1Name } from '../../src/load/plan/transport-choice.ts'
import { prepare } from '../../src/load/run/prepare.ts'
import { execute } from '../../src/load/thread/executor.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { createTransport } from '../../src/load/thread/transport.ts'
import { realClock } from '../../src/measure/clock.ts'
import { splitRef } from '../../src/workflow/find.ts'
import { openRun, runWorkflow, toEnd } from '../../src/workflow/functional.ts'
import type { WorkflowReport } from '../../src/workflow/outcome.ts'
import { User } from '../../src/workflow/user.ts'
import type { VirtualUser } from '../../src/workflow/virtual-user.ts'
import { type Script, ScriptedServer, type Seen } from './server.ts'

/** What can be seen of one run of a document. */
export interface Sight {
  state: string
  because: string | undefined
  outputs: Record<string, unknown>
  /** As the server saw them. */
  requests: Seen[]
}

export interface Way {
  document: string
  /** The document, when it has been read already. */
  read?: ArazzoDocument
  script: Script
  inputs?: Record<string, unknown>
  /** As all ways of running take them. */
  options?: Pick<LoadOptions, 'checks' | 'security' | 'followRedirects' | 'severities'>
  /** Of a load; the first is not as the others, since much is remembered. */
  iterations?: number
}

const LIMIT = 30_000

export async function functionally({ document, read, script, inputs, options }: Way): Promise<Sight> {
  const server = await new ScriptedServer(script).open()
  try {
    const given = { ...options, servers: server.origin, inputs, signal: AbortSignal.timeout(LIMIT) }
    const report = await (read
      ? toEnd(openRun(read, splitRef(document).workflowId!, given))
      : runWorkflow(document, given))
    return sightOf(report, server)
  } finally {
    await server.close()
  }
}

/** Every iteration of a load of one user, in this thread. */
export async function underLoad(transport: Http1Name, way: Way): Promise<Sight[]> {
  const server = await new ScriptedServer(way.script).open()
  try {
    return await load(transport, way, server)
  } finally {
    await server.close()
  }
}

async function load(
  name: Http1Name,
  { document, read, inputs, options, iterations = 3 }: Way,
  server: ScriptedServer,
): Promise<Sight[]> {
  const written: LoadOptions = {
    workflow: document,
    servers: server.origin,
    transport: name,
    ...options,
    inputs: { ...inputs },
    load: { vus: 1, iterations, threads: 1 },
  }
  const reading = await readLoadTest(written, { document: read })
  const prepared = await prepare(loadTestOrThrow(reading))
  const { plan } = prepared
  const transport = await createTransport({ name }, { connections: 8, tls: plan.tls })
  const start = performance.now()
  const stepKeys = plan.steps.map(({ key }) => key)
  const ledger = new Ledger()
  const recorder = new Recorder({ plan: prepared.load, ledger, origin: start, stepKeys, onInterval() {} })
  const counters = new SharedCounters(new SharedArrayBuffer(SharedCounters.BYTES))
  const sights: Sight[] = []
  try {
    await execute({
      plan: prepared.load,
      share: { index: 0, count: 1 },
      clock: realClock,
      turn: setImmediate,
      makeUser: think => {
        const user = new User(plan, transport, realClock, recorder, think)
        return watched(user, server, sights)
      },
      feed: openFeed(prepared.inputs, counters, prepared.load.seed),
      transport,
      recorder,
      start,
      requestsPerRun: plan.requestsPerRun,
      onWindow() {},
      stopped: () => performance.now() - start > LIMIT,
    })
  } finally {
    transport.abort()
    await transport.close()
  }
  return sights
}

/** Each of its iterations meets a server that has seen nothing yet. */
function watched(user: VirtualUser, server: ScriptedServer, sights: Sight[]): VirtualUser {
  const start = user.start.bind(user)
  user.start = (inputs, done, at) => {
    server.begin()
    start(
      inputs,
      ended => {
        sights.push(sightOf(user.report(), server))
        done(ended)
      },
      at,
    )
  }
  return user
}

/** What is drawn anew for each body. */
const boundary = /vitest-arazzo-[0-9a-f]{36}/g

const sightOf = ({ state, because, outputs }: WorkflowReport, { seen }: ScriptedServer): Sight => ({
  state,
  because: because?.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1'),
  outputs: { ...outputs },
  requests: seen.map(({ line, headers, body }) => ({
    line,
    headers: headers.map(header => header.replaceAll(boundary, 'boundary')),
    body: body.replaceAll(boundary, 'boundary'),
  })),
})
