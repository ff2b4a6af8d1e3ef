import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openBus } from '../../src/hosts/bus.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { asFeed } from '../../src/load/feed/source.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { Broker, withoutBroker } from '../hosts/broker.ts'

/* What a client that hears everything on the bus learns of a load. */

const secrets = {
  password: 'of-env-7c1d93a5',
  token: 'of-setup-0b8e2f64',
  called: 'of-call-5a90e7c2',
  made: 'of-response-93d1f08b',
}

const files = {
  'api.json': openapi({ a: ['get', '/secret-path-4417'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { password: { type: string }, token: { type: string }, called: { type: string } } }
    steps:
      - stepId: a
        operationId: a
        parameters:
          - { name: password, in: header, value: $inputs.password }
          - { name: token, in: header, value: $inputs.token }
          - { name: called, in: header, value: $inputs.called }
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { made: $response.body#/made }
    outputs: { made: $steps.a.outputs.made }
`),
}

describe.skipIf(withoutBroker)(`the bus${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await Broker.start()
    await broker.agent('eu-1')
    vi.stubEnv('BUS_PASSWORD', secrets.password)
  })

  afterAll(() => {
    vi.unstubAllEnvs()
    broker?.end()
  })

  test('who subscribes to everything reads no secret, no plan, no start and no figure', async () => {
    const listener = await openBus({ nats: broker.nats }, 'listener')
    const heard: { subject: string; bytes: Buffer }[] = []
    listener.subscribe('>', (bytes, _, subject) => heard.push({ subject, bytes: Buffer.from(bytes) }))
    await listener.flush()
    const seen: Record<string, unknown>[] = []
    const server = await serve(({ headers }) => {
      seen.push(headers)
      return { body: { made: secrets.made } }
    })
    const tornDown: unknown[] = []
    const report = await runLoad({
      workflow: join(project(files), 'flow.arazzo.yaml'),
      servers: server.origin,
      agents: { nats: broker.nats, count: 1, timeout: '30s' },
      load: { rate: 20, duration: '2s', warmUp: 0 },
      inputs: asFeed({ rows: () => ({ called: secrets.called }) }, { password: { env: 'BUS_PASSWORD' } }),
      setup: { vu: () => ({ token: secrets.token }) } as never,
      teardown: { iteration: ({ inputs }: { inputs: unknown }) => void tornDown.push(inputs) } as never,
      budgets: { errorRate: 0 },
    })
    await listener.close()
    // They did cross the bus, in both directions.
    expect(report).toMatchObject({ state: 'completed', arrivals: { due: 40, passed: 40 } })
    const { password, token, called } = secrets
    expect(seen[0]).toMatchObject({ password, token, called })
    expect(JSON.stringify(tornDown)).toContain(secrets.made)
    const of = (pattern: RegExp) => heard.filter(({ subject }) => pattern.test(subject)).length
    expect(of(/^arazzo\.agent\.eu-1\..*\.run\./)).toBeGreaterThan(20)
    expect(of(/^arazzo\.run\.[^.]+\.eu-1\./)).toBeGreaterThan(20)
    const all = Buffer.concat(heard.map(({ bytes }) => bytes))
    const words = [
      'secret-path-4417',
      'flow.arazzo.yaml',
      'workflowId',
      'share',
      'start',
      'changes',
      'interval',
      'rows',
    ]
    for (const word of [...Object.values(secrets), ...words])
      for (const shown of [word, Buffer.from(word, 'utf16le'), Buffer.from(word).toString('base64').slice(2, -3)])
        expect(all.includes(shown), word).toBe(false)
    // What an ask, and a response to it, say in the open can be read: the listener is not deaf.
    expect(all.includes('eu-1')).toBe(true)
  })

  test('what is recorded of a load and published again begins none', async () => {
    const listener = await openBus({ nats: broker.nats }, 'listener')
    const heard: { subject: string; bytes: Uint8Array; reply: string | undefined }[] = []
    listener.subscribe('arazzo.agent.>', (bytes, reply, subject) =>
      heard.push({ subject, bytes: bytes.slice(), reply }),
    )
    await listener.flush()
    let requests = 0
    const server = await serve(() => {
      requests++
      return {}
    })
    const load = () =>
      runLoad({
        workflow: join(project(files), 'flow.arazzo.yaml'),
        servers: server.origin,
        agents: { nats: broker.nats, count: 1, timeout: '30s' },
        load: { vus: 1, iterations: 5 },
        inputs: { password: 'x', token: 'y', called: 'z' },
        budgets: { errorRate: 0 },
      })
    const agent = broker.agents.get('eu-1')!
    const joins = () => agent.output.split('joined').length - 1
    const before = joins()
    await load()
    await vi.waitFor(() => expect(agent.output.split('ended').length - 1).toBe(joins()), { timeout: 20_000 })
    const recorded = heard.slice()
    expect(recorded.some(({ subject }) => subject.endsWith('.join'))).toBe(true)
    for (const { subject, bytes, reply } of recorded) listener.publish(subject, bytes, reply)
    await listener.flush()
    await load()
    await listener.close()
    expect([joins() - before, requests]).toEqual([2, 10])
  })
})
