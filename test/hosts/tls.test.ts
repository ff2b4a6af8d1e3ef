import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { serve } from '../builders/server.ts'
import { thoroughly } from '../builders/thorough.ts'
import { runCli } from '../cli/cli.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { Broker, configOf, withoutBroker } from './broker.ts'
import { loadBy, oneStep } from './one-step.ts'

/* A NATS server that is reached by TLS, with a certificate of an authority that only who names it trusts. */

const pem = (name: string) => join(import.meta.dirname, `../http/tls/${name}.pem`)
const ca = pem('cert')

describe.skipIf(withoutBroker)(`TLS${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await Broker.start(['--tls', '--tlscert', ca, '--tlskey', pem('key')], {}, 'tls')
    await broker.agent('eu-1', { args: ['--ca', ca] })
  })

  afterAll(() => broker?.end())

  const load = (agents: object, options = {}) =>
    loadBy({ nats: broker.nats, count: 1, timeout: '20s', ...agents }, options)

  test('coordinator and agent meet where both trust its authority', async () => {
    const { run, requests } = await load({}, { ca })
    expect(await run).toMatchObject({ state: 'completed', verdicts: [{ verdict: 'pass' }, { verdict: 'pass' }] })
    expect(requests).toHaveLength(40)
  })

  thoroughly('the command line names the authority, too', async () => {
    const server = await serve(() => ({ status: 200 }))
    const where = ['load', `${oneStep()}#main`, '--server', server.origin, '--vus', '1', '--iterations', '2']
    const built = await builtPlugin()
    const by = async (more: string) => {
      const configuration = configOf({ nats: broker.nats, count: 1 }).replace('arazzo({', `arazzo({ ${more}`)
      return runCli(built, [...where, '--agents', broker.nats], {
        cwd: await writeSuite({ 'vitest.config.js': configuration }),
      })
    }
    const trusting = await by(`ca: ${JSON.stringify(ca)},`)
    expect(trusting.code, trusting.stderr).toBe(0)
    const { code, stderr } = await by('')
    expect([code, stderr]).toEqual([2, expect.stringContaining('the option ca, or --ca.')])
  })

  test('a server without TLS is told nothing where TLS is asked for', async () => {
    const open = await Broker.start()
    try {
      const { run, requests } = await load({ nats: open.nats.replace('nats:', 'tls:'), timeout: '1s' })
      await expect(run).rejects.toThrow(': it speaks without TLS, and tls is asked for. ')
      expect(requests).toEqual([])
      const agent = await open.start('eu-3', { args: ['--ca', ca] })
      await vi.waitFor(() => expect(agent.child.exitCode).not.toBeNull(), { timeout: 60_000 })
      expect(agent.output).toMatch(/Failed to reach tls:\S+: it speaks without TLS/)
      // The authority of a load test may be that of its application alone.
      const plain = await load({ nats: open.nats, timeout: '1s' }, { ca })
      await expect(plain.run).rejects.toThrow(/^Failed to gather agents: 0 of 1/)
    } finally {
      open.end()
    }
  })

  test('who does not trust it, or speaks without TLS, is told, and nothing is sent', async () => {
    const distrustful = await load({})
    await expect(distrustful.run).rejects.toThrow(/^Failed to reach tls:\S+: .*certificate/)
    const agent = await broker.start('eu-2')
    await vi.waitFor(() => expect(agent.child.exitCode).not.toBeNull(), { timeout: 60_000 })
    expect(agent.output).toMatch(/Failed to reach tls:\S+: .*certificate/)
    expect(distrustful.requests).toEqual([])
  })
})
