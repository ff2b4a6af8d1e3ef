import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { thoroughly } from '../builders/thorough.ts'
import { Broker, withoutBroker } from './broker.ts'
import { loadBy } from './one-step.ts'

/* Agents of which a load thread fails. */

/** Options of Node.js with which a load thread does something when it says a message of a type. */
function withFault(type: string, fault: string): string {
  const code = `
    import { isMainThread, MessagePort } from 'node:worker_threads'
    const { postMessage } = MessagePort.prototype
    if (!isMainThread) MessagePort.prototype.postMessage = function (message, ...rest) {
      if (message?.type === '${type}') { ${fault} }
      return postMessage.call(this, message, ...rest)
    }`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

describe.skipIf(withoutBroker)(`faults${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await Broker.start()
    await broker.agent('eu-1')
  })

  afterAll(() => broker?.end())

  /** A load by two agents, one of which has a fault. */
  async function loadWith(name: string, fault: string) {
    const agent = await broker.agent(name, { env: { NODE_OPTIONS: fault } })
    const load = { rate: 40, duration: '4s', warmUp: 0 } as const
    const { run } = await loadBy({ nats: broker.nats, count: 2, timeout: '30s' }, { load })
    const report = await run.finally(() => agent.child.kill('SIGTERM'))
    await vi.waitFor(() => expect(agent.child.exitCode).toBe(0), { timeout: 60_000 })
    return { report, output: agent.output }
  }

  thoroughly('a fault of the engine is told, with its agent, and no load begins', async () => {
    const { report } = await loadWith('eu-2', withFault('ready', `throw new Error('the engine is broken')`))
    expect(report.state).toBe('not run')
    expect(report.cause).toContain('Failed to run the share of agent eu-2: the engine is broken')
  })

  thoroughly('a thread that ends as all are told when to begin is told, and no load begins', async () => {
    const { report } = await loadWith('eu-4', withFault('ready', 'setTimeout(() => process.exit(3), 1_000)'))
    expect(report.state).toBe('not run')
    expect(report.cause).toContain('Failed to run the share of agent eu-4: its load thread 2 was lost')
    expect([report.verdicts, report.arrivals.due]).toEqual([[], 0])
  })

  test('a thread that ends in the middle is a lost host, whose others end too, and the load goes on', async () => {
    const { report, output } = await loadWith('eu-3', withFault('interval', 'process.exit(3)'))
    expect(report.state).toBe('completed')
    expect(report.doubts.find(({ kind }) => kind === 'lost host')).toMatchObject({ host: 'eu-3', share: 0.5 })
    expect(report.verdicts.map(({ verdict }) => verdict)).not.toContain('pass')
    expect(output).toMatch(/ended \S+ \(\S+\): the coordinator counts it as lost: its load thread 2 was lost: /)
  })
})
