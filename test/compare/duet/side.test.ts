import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { comparable } from '../../../src/compare/duet/duet.ts'
import { loadTestOrThrow, readLoadTest } from '../../../src/load/plan/load-test.ts'
import type { DuetTask } from '../../../src/load/thread/duet/protocol.ts'
import { DuetSide } from '../../../src/load/thread/duet/side.ts'
import { StallMeter } from '../../../src/measure/stalls.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'

async function taskOf(inputs: DuetTask['inputs']): Promise<DuetTask> {
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask'] }),
    'main.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: ask, operationId: ask }] }'),
  })
  const servers = 'http://127.0.0.1:1'
  const load = { vus: 3, duration: '5s' }
  const reading = await readLoadTest({ workflow: `${folder}/main.arazzo.yaml`, servers, load })
  const { plan, planOptions, load: written } = loadTestOrThrow(reading)
  const { document, workflowId } = plan
  const turns = comparable(written).plan!
  const steps = plan.steps.map(({ key }) => key)
  return {
    document,
    workflowId,
    planOptions,
    steps,
    plan: turns,
    grace: 1_000,
    inputs,
    transport: 'wire',
    connections: {},
    measures: { times: true, work: false },
  }
}

test('its connections are closed where its load broke off, too', async () => {
  const broken: DuetTask['inputs'] = {
    ...{ kind: 'rows', per: 'iteration', order: 'sequential' },
    rows: new Proxy([{}], {
      get(rows, key) {
        if (key === '0') throw new Error('broken')
        return Reflect.get(rows, key)
      },
    }),
  }
  const open = new Set<Socket>()
  let count = 0
  const server = createServer((_, response) => response.end()).on('connection', socket => {
    count++
    open.add(socket.once('close', () => open.delete(socket)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const servers = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const side = await DuetSide.make(await taskOf(broken), { servers })
  await side.open(() => {})
  const stalls = new StallMeter()
  onTestFinished(() => stalls.close())
  await side.begin(stalls)
  await side.turn({ length: 20, discard: 1 }, { isSlice: false, endsBlock: true })
  expect([count, open.size]).toEqual([3, 3])
  await expect(side.end()).rejects.toThrow('broken')
  await vi.waitFor(() => expect(open.size, 'before they are closed for being idle').toBe(0), 4_000)
  expect(count).toBe(3)
})
