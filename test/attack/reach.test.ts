import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { ArazzoError } from '../../src/ground/errors.ts'
import { limitReach, readNamed, whyUnread } from '../../src/ground/reach.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { authorityOf } from '../../src/http/authority.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { readSecret } from '../../src/workflow/security/options.ts'
import { freshFolder } from '../builders/folder.ts'
import { arazzo } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { Broker, withoutBroker } from '../hosts/broker.ts'

/* What a coordinator can read of the host of an agent. */

const folder = freshFolder('reach')
const [allowed, beside] = [join(folder, 'allowed'), join(folder, 'allowed-not')]
for (const one of [allowed, beside]) {
  mkdirSync(one)
  writeFileSync(join(one, 'key.txt'), 'of-the-file-71c3\n')
}
symlinkSync(join(beside, 'key.txt'), join(allowed, 'link.txt'))

afterEach(() => limitReach(undefined))

describe('what is limited', () => {
  test.each([
    join(beside, 'key.txt'),
    join(beside, 'no-such-file'),
    join(allowed, '../allowed-not/key.txt'),
    join(allowed, 'link.txt'),
    allowed,
    '/proc/self/environ',
    '/etc/passwd',
  ])('%s is not read, and whether it is there is not said', path => {
    limitReach({ variables: [], folders: [allowed] })
    expect(() => authorityOf(path)).toThrow('start the agent with --allow-files')
    expect(() => readSecret({ file: path }, 'a key')).toThrow('start the agent with --allow-files')
    expect(() => readNamed(path)).toThrow(
      /^this agent lets no plan read the file \S+; start the agent with --allow-files /,
    )
  })

  test('what is allowed is read, and without limits all is', () => {
    limitReach({ variables: ['SHOP_TOKEN'], folders: [allowed] })
    expect(readNamed(join(allowed, 'key.txt')).toString()).toBe('of-the-file-71c3\n')
    expect([whyUnread('SHOP_TOKEN'), whyUnread('PATH')?.advice]).toEqual([
      undefined,
      'Start the agent with --allow-env PATH if plans may read it.',
    ])
    limitReach(undefined)
    expect(readNamed(join(beside, 'key.txt')).toString()).toBe('of-the-file-71c3\n')
    expect(whyUnread('PATH')).toBeUndefined()
  })

  test('a problem shows no lines of a file that may not be read', () => {
    const at = { file: join(beside, 'key.txt'), line: 1, column: 1 }
    const message = () => new ArazzoError([{ code: 'invalid-input', severity: 'error', message: 'x', at }]).message
    expect(message()).toContain('of-the-file-71c3')
    limitReach({ variables: [], folders: [] })
    expect(message()).not.toContain('of-the-file-71c3')
  })
})

const files = {
  'api.json': JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'a', version: '1' },
    paths: {
      '/a': {
        post: {
          operationId: 'a',
          security: [{ key: [] }],
          requestBody: { content: { 'application/octet-stream': {} } },
          responses: { 200: { description: 'ok' } },
        },
      },
    },
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'key' } } },
  }),
  'bytes.bin': 'of-the-body-5e20',
}

const flow = (payload: string) =>
  arazzo(`
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        requestBody: { contentType: application/octet-stream, payload: '${payload}' }
        successCriteria: [{ condition: $statusCode == 200 }]
`)

describe.skipIf(withoutBroker)(`agents${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let [closed, open]: Broker[] = []
  const documents = join(folder, 'documents')

  beforeAll(async () => {
    mkdirSync(documents)
    const all = { ...files, 'flow.arazzo.yaml': flow('file:./bytes.bin'), 'plain.arazzo.yaml': flow('x') }
    for (const [name, text] of Object.entries(all)) writeFileSync(join(documents, name), text)
    ;[closed, open] = await Promise.all([Broker.start(), Broker.start()])
    const env = { REACH_TOKEN: 'of-the-agent-8b15' }
    const args = ['--allow-env', 'REACH_TOKEN', '--allow-files', allowed, '--allow-files', documents]
    await Promise.all([closed!.agent('eu-1', { env }), open!.agent('eu-1', { env, args })])
    vi.stubEnv('REACH_TOKEN', 'of-the-coordinator')
  })

  afterAll(() => {
    vi.unstubAllEnvs()
    closed?.end()
    open?.end()
  })

  async function load(broker: Broker, document: string, options: Partial<LoadOptions>) {
    const seen: { key: unknown; body: string }[] = []
    const server = await serve(({ headers, body }) => {
      seen.push({ key: headers.key, body: String(body) })
      return {}
    })
    const report = await runLoad({
      workflow: join(documents, document),
      servers: server.origin,
      agents: { nats: broker.nats, count: 1, timeout: '30s' },
      load: { vus: 1, iterations: 3 },
      budgets: { errorRate: 0 },
      security: { api: { key: 'plain' } },
      ...options,
    })
    return { report, seen }
  }

  const file = join(allowed, 'key.txt')

  test.each<[string, Partial<LoadOptions>, string]>([
    ['a variable', { security: { api: { key: { env: 'REACH_TOKEN' } } } }, '--allow-env REACH_TOKEN'],
    ['a file', { security: { api: { key: { file } } } }, '--allow-files'],
    ['a file of the system', { security: { api: { key: { file: '/etc/hostname' } } } }, '--allow-files'],
  ])('by default no plan reads %s, and the refusal names the option', async (_, options, option) => {
    const { report, seen } = await load(closed!, 'plain.arazzo.yaml', options)
    expect(report.state).toBe('not run')
    expect(report.cause).toContain(`Start the agent with ${option}`.slice(option === '--allow-files' ? 1 : 0))
    expect(seen).toEqual([])
    const agent = closed!.agents.get('eu-1')!
    await vi.waitFor(() => expect(agent.output).toContain(option), { timeout: 20_000 })
    expect(JSON.stringify(report) + agent.output).not.toMatch(/of-the-(agent|file)/)
  })

  test('by default no request holds a file of the agent', async () => {
    const { report, seen } = await load(closed!, 'flow.arazzo.yaml', {})
    expect(seen).toEqual([])
    expect(JSON.stringify(report)).toContain('--allow-files')
    expect(report.verdicts.map(({ verdict }) => verdict)).not.toContain('pass')
  })

  test('what is allowed is read on the host of the agent', async () => {
    const security = { api: { key: { env: 'REACH_TOKEN' } } }
    const byVariable = await load(open!, 'flow.arazzo.yaml', { security })
    expect(byVariable.seen).toEqual(Array(3).fill({ key: 'of-the-agent-8b15', body: 'of-the-body-5e20' }))
    const byFile = await load(open!, 'plain.arazzo.yaml', { security: { api: { key: { file } } } })
    expect(byFile.seen.map(({ key }) => key)).toEqual(Array(3).fill('of-the-file-71c3'))
    const { report } = await load(open!, 'plain.arazzo.yaml', { security: { api: { key: { env: 'PATH' } } } })
    expect(report.cause).toContain('Start the agent with --allow-env PATH')
  })
})
