import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../plugin/server/address.ts'
import { type AgentProcess, Broker, withoutBroker } from './broker.ts'

/* Agents whose NATS server is not there: not yet, or no more. */

/** What its health says. */
async function healthOf(port: number): Promise<[number, unknown]> {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } })
  return [response.status, await response.json()]
}

const WAITING = [503, { state: 'waiting for NATS' }]

const ended = ({ child }: AgentProcess) => new Promise<number | null>(done => child.once('close', done))

describe.skipIf(withoutBroker)(`without NATS${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker

  afterEach(() => broker?.end())

  test.each(['SIGTERM', 'SIGINT'] as const)('an agent that still waits for it ends by %s, at once', async signal => {
    broker = await Broker.announced()
    const port = await freePort()
    const agent = await broker.start('eu-1', { args: ['--health-port', String(port)] })
    await vi.waitFor(() => expect(agent.output).toContain('waits for NATS'), { timeout: 60_000 })
    expect(await healthOf(port)).toEqual(WAITING)
    const code = ended(agent)
    const since = performance.now()
    agent.child.kill(signal)
    expect(await code, agent.output).toBe(0)
    // Without the signal it waits for 30 s.
    expect(performance.now() - since).toBeLessThan(15_000)
    expect(agent.output).not.toContain('Failed')
  })

  test('one whose server takes the connection and says nothing ends at once, too', async () => {
    const silent = createServer()
    const sockets: Socket[] = []
    silent.on('connection', socket => sockets.push(socket))
    const port = await freePort()
    await new Promise<void>(done => silent.listen(port, '127.0.0.1', done))
    try {
      broker = await Broker.announced()
      const agent = await broker.start('eu-1', { nats: `nats://127.0.0.1:${port}` })
      await vi.waitFor(() => expect(sockets).toHaveLength(1), { timeout: 60_000 })
      const code = ended(agent)
      const since = performance.now()
      agent.child.kill('SIGTERM')
      expect(await code, agent.output).toBe(0)
      // An attempt to connect takes 10 s.
      expect(performance.now() - since).toBeLessThan(6_000)
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
  })

  test('an agent that is idle tells, once each, that NATS is gone and there again, and ends without it', async () => {
    broker = await Broker.start()
    const port = await freePort()
    const agent = await broker.agent('eu-1', { args: ['--health-port', String(port)] })
    expect(await healthOf(port)).toEqual([200, { state: 'free' }])
    await broker.kill()
    await vi.waitFor(async () => expect(await healthOf(port)).toEqual(WAITING), { timeout: 20_000 })
    // Several attempts to connect fail.
    await new Promise(done => setTimeout(done, 1_000))
    await broker.restart()
    await vi.waitFor(async () => expect(await healthOf(port)).toEqual([200, { state: 'free' }]), { timeout: 20_000 })
    await broker.kill()
    await vi.waitFor(async () => expect(await healthOf(port)).toEqual(WAITING), { timeout: 20_000 })
    const code = ended(agent)
    agent.child.kill('SIGTERM')
    expect(await code, agent.output).toBe(0)
    const gone = `NATS is not reached at ${broker.nats}`
    expect(agent.output.trim().split('\n').slice(2)).toEqual(
      [gone, 'NATS is reached again', gone].map(words => expect.stringMatching(new RegExp(`^\\S+Z ${words}$`))),
    )
  })
})
