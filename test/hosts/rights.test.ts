import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openBus } from '../../src/hosts/bus.ts'
import type { Ask } from '../../src/hosts/messages.ts'
import { subjects } from '../../src/hosts/subjects.ts'
import { Broker, withoutBroker } from './broker.ts'
import { helloOf } from './fake-agent.ts'
import { loadBy } from './one-step.ts'

/* What users of NATS may do, with the configuration that the guide shows. */

const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/hosts.md'), 'utf8')
const [, shown = ''] = /```conf\n([\s\S]*?)```/.exec(guide) ?? []

describe.skipIf(withoutBroker)(`rights${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker
  let folder = ''
  const passwords = { COORDINATOR_PASSWORD: 'of-coordinator-1', EU_1_PASSWORD: 'of-eu-1-1' }
  const asAgent = { NATS_USER: 'eu-1', NATS_PASSWORD: passwords.EU_1_PASSWORD }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-nats-'))
    const config = join(folder, 'nats.conf')
    writeFileSync(config, shown)
    broker = await Broker.start(['-c', config], passwords)
    vi.stubEnv('COORDINATOR', passwords.COORDINATOR_PASSWORD)
    vi.stubEnv('AGENT', passwords.EU_1_PASSWORD)
    await broker.agent('eu-1', { env: asAgent })
  })

  afterAll(() => {
    vi.unstubAllEnvs()
    broker?.end()
    rmSync(folder, { recursive: true, force: true })
  })

  const coordinator = { username: 'coordinator', password: { env: 'COORDINATOR' } }

  const load = (agents: object) => loadBy({ nats: broker.nats, count: 1, timeout: '5s', ...agents })

  /** What a user is not let do, by who it is. */
  async function deniedOf(user: 'coordinator' | 'eu-1', what: 'publish' | 'subscribe', subject: string) {
    const password = { env: user === 'coordinator' ? 'COORDINATOR' : 'AGENT' }
    const bus = await openBus({ nats: broker.nats, username: user, password }, 'test')
    try {
      if (what === 'publish') bus.publish(subject, new Uint8Array(1))
      else bus.subscribe(subject, () => {})
      await bus.flush()
      return bus.denied?.message
    } finally {
      await bus.close()
    }
  }

  test('are enough for a load, and a run is told by nobody else', async () => {
    // An agent that claims the figures of another, or tells it what to do, is not heard.
    const forger = await openBus({ nats: broker.nats, username: 'eu-1', password: { env: 'AGENT' } }, 'forger')
    const { run, requests } = await load(coordinator)
    const timer = setInterval(() => {
      for (const subject of ['arazzo.run.a.eu-2.b', 'arazzo.agent.eu-1.b.join', 'arazzo.ask'])
        forger.publish(subject, Buffer.alloc(1_000, 'x'))
    }, 20)
    try {
      const report = await run
      expect(report).toMatchObject({ state: 'completed', arrivals: { due: 40, passed: 40 }, doubts: expect.any(Array) })
      expect(report.verdicts).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }])
      expect(requests).toHaveLength(40)
      expect(forger.denied?.message).toContain('its user may not publish to "arazzo.')
    } finally {
      clearInterval(timer)
      await forger.close()
    }
  })

  test.each([
    ['eu-1', 'publish', 'arazzo.ask'],
    ['eu-1', 'publish', 'arazzo.agent.eu-2.x.join'],
    ['eu-1', 'publish', 'arazzo.run.r.eu-2.x'],
    ['eu-1', 'subscribe', 'arazzo.agent.eu-2.>'],
    ['eu-1', 'subscribe', 'arazzo.run.>'],
    ['eu-1', 'subscribe', '_INBOX.>'],
    ['coordinator', 'publish', 'arazzo.run.r.eu-1.x'],
    ['coordinator', 'subscribe', 'arazzo.agent.>'],
  ] as const)('%s may not %s to %s', async (user, what, subject) => {
    const message = `Failed to use NATS: its user may not ${what} to "${subject}". Give it the rights that`
    expect(await deniedOf(user, what, subject)).toContain(message)
  })

  test('one agent cannot respond in the name of another, by any subject', async () => {
    const liar = await openBus({ nats: broker.nats, username: 'eu-1', password: { env: 'AGENT' } }, 'liar')
    const replies: (string | undefined)[] = []
    liar.subscribe(subjects.ask, (bytes, reply) => {
      const { ask } = deserialize(bytes) as Ask
      replies.push(reply)
      const said = (name: string, address: string) => serialize(helloOf(name, address))
      liar.publish(subjects.fromAgent('eu-2.a', ask), said('eu-2', 'eu-2.a'))
      liar.publish(subjects.fromAgent('eu-1.a', ask), said('eu-2', 'eu-2.a'))
      liar.publish(subjects.fromAgent('eu-1.b', ask), said('eu-2', 'eu-1.b'))
    })
    await liar.flush()
    try {
      const { run, requests } = await load({ ...coordinator, count: 2, timeout: '3s' })
      await expect(run).rejects.toThrow('1 of 2 were free within 3 s (eu-1)')
      expect(requests).toEqual([])
      // It was asked, and had nowhere else to respond to.
      expect(replies.length).toBeGreaterThan(1)
      expect(new Set(replies)).toEqual(new Set([undefined]))
      expect(liar.denied?.message).toContain('its user may not publish to "arazzo.run.')
    } finally {
      await liar.close()
    }
  })

  test('who is called otherwise, has a wrong password or none, or no right to ask, is told', async () => {
    const other = await broker.start('eu-2', { env: asAgent })
    const wrong = await broker.start('eu-1', { key: 'wrong', env: { ...asAgent, NATS_PASSWORD: 'wrong' } })
    await vi.waitFor(() => expect([other.child.exitCode, wrong.child.exitCode]).not.toContain(null), {
      timeout: 60_000,
    })
    expect(other.output).toContain('its user may not subscribe to "arazzo.agent.eu-2.')
    expect(other.output).toMatch(
      /\.clock"\. A user may speak only as the agent that its rights name: start it with that name \(--name eu-1\?\), or /,
    )
    expect(wrong.output).toMatch(/Failed to reach nats:\S+: it did not accept the credentials\. /)
    expect(other.output + wrong.output).not.toContain(passwords.EU_1_PASSWORD)
    const nobody = await load({})
    await expect(nobody.run).rejects.toThrow('it did not accept the credentials')
    vi.stubEnv('CREDS', 'not those of a user')
    const unread = await load({ creds: { env: 'CREDS' }, timeout: '30s' })
    await expect(unread.run).rejects.toThrow('its credentials (creds) are not those of a NATS user')
    const agent = await load({ username: 'eu-1', password: { env: 'AGENT' } })
    await expect(agent.run).rejects.toThrow('Failed to use NATS: its user may not')
    expect([...nobody.requests, ...agent.requests]).toEqual([])
  })
})
