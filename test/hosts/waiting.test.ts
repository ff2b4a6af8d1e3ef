import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { arazzo, openapi } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { thoroughly } from '../builders/thorough.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { Broker, cliFile, configOf, withoutBroker } from './broker.ts'

/* What the command line says while a load by agents cannot begin yet. */

describe.skipIf(withoutBroker)(`waiting${withoutBroker ? `: ${withoutBroker}` : ''}`, () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await Broker.announced()
  })

  afterAll(() => broker?.end())

  async function load(count: number, ...flags: string[]) {
    const server = await serve(() => ({ status: 200 }))
    const folder = await writeSuite({
      'vitest.config.js': configOf({ nats: broker.nats, count }),
      'api.json': openapi({ a: ['get', '/a'] }),
      'flow.arazzo.yaml': arazzo('\n  - { workflowId: main, steps: [{ stepId: a, operationId: a }] }\n'),
    })
    const where = ['load', join(folder, 'flow.arazzo.yaml#main'), '--server', server.origin, '--agents', broker.nats]
    const child = spawn(process.execPath, [await cliFile(), ...where, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
    })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', text => {
        said[name] += text
      })
    return { said, code: new Promise<number | null>(done => child.once('close', done)) }
  }

  test('what is waited for is said once: NATS first, then agents, with who is there', async () => {
    const waits = /^waits for (?:NATS|agents), \d+ s at most: /
    const first = broker.agent('eu-1')
    const { said, code } = await load(2, '--vus', '2', '--iterations', '3')
    await vi.waitFor(() => expect(said.stderr).toContain('waits for NATS'), { timeout: 60_000 })
    await broker.restart()
    await first
    await vi.waitFor(() => expect(said.stderr).toContain('1 of 2 is free (eu-1)'), { timeout: 60_000 })
    await broker.agent('eu-2')
    expect(await code, said.stderr).toBe(0)
    const lines = said.stderr.trim().split('\n')
    expect(lines[0]).toMatch(/^waits for NATS at nats:\S+, 30 s at most: .*refused/)
    expect(lines.at(-1)).toBe(
      `${waits.exec(lines.at(-1)!)?.[0]}1 of 2 is free (eu-1). Start one: npx vitest-arazzo agent --nats ${broker.nats}`,
    )
    expect(new Set(lines).size).toBe(lines.length)
    expect(lines.length).toBeLessThanOrEqual(3)
    await vi.waitFor(() => expect(broker.agents.get('eu-2')!.output).toContain('ended'), 60_000)
    const told = broker.agents.get('eu-2')!.output.trim().split('\n')
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
    const asked = String.raw`"main" of \S+ \(\S+#main\)`
    expect(told).toEqual(
      ['agent eu-2 waits for loads: 1 thread', `joined ${asked}`, `ended ${asked}: the run is over`].map(words =>
        expect.stringMatching(new RegExp(`^${time} ${words}$`)),
      ),
    )
  })

  thoroughly('agents that are asked for and have no user are told', async () => {
    const { said, code } = await load(2, '--vus', '1', '--iterations', '3')
    expect(await code, said.stderr).toBe(0)
    expect(said.stdout).toContain('! 1 of the 2 agents that it asked for ran the load (eu-1): it has 1 user at most')
  })

  thoroughly('nothing is said where nothing has to be waited for', async () => {
    const { said, code } = await load(1, '--vus', '1', '--iterations', '3')
    expect(await code, said.stderr).toBe(0)
    expect(said.stderr).toBe('')
    expect(said.stdout).not.toContain('!')
  })
})
