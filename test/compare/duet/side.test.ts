import { expect, onTestFinished, test, vi } from 'vitest'
import { comparable } from '../../../src/compare/duet/comparable.ts'
import type { Transport } from '../../../src/http/transport.ts'
import { readLoadTest, theLoadTest } from '../../../src/load/plan/load-test.ts'
import type { DuetTask } from '../../../src/load/thread/duet/protocol.ts'
import { DuetSide } from '../../../src/load/thread/duet/side.ts'
import { StallMeter } from '../../../src/measure/stalls.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'

/** Transports that were made, as they are. */
const made: Transport[] = []
vi.mock('../../../src/load/thread/transport.ts', async original => {
  const real = await original<typeof import('../../../src/load/thread/transport.ts')>()
  const createTransport: typeof real.createTransport = async (...of) => {
    const transport = await real.createTransport(...of)
    vi.spyOn(transport, 'close')
    made.push(transport)
    return transport
  }
  return { ...real, createTransport }
})

async function taskOf(inputs: DuetTask['inputs']): Promise<DuetTask> {
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask'] }),
    'main.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: ask, operationId: ask }] }'),
  })
  const servers = 'http://127.0.0.1:1'
  const load = { vus: 3, duration: '5s' }
  const reading = await readLoadTest({ workflow: `${folder}/main.arazzo.yaml`, servers, load })
  const { plan, planOptions, load: written } = theLoadTest(reading)
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
  }
}

test('its connections are closed where its load broke off, too', async () => {
  const broken: DuetTask['inputs'] = {
    ...{ kind: 'rows', per: 'iteration', order: 'sequential', whenExhausted: 'wrap' },
    get rows(): never {
      throw new Error('broken')
    },
  }
  const { origin: servers } = await serve(() => ({}))
  const side = await DuetSide.make(await taskOf(broken), { servers })
  await side.open(() => {})
  const stalls = new StallMeter()
  onTestFinished(() => stalls.close())
  await side.begin(stalls)
  await side.turn({ length: 20, discard: 1 })
  await expect(side.end()).rejects.toThrow('broken')
  expect(made).toHaveLength(1)
  expect(made[0]!.counters.opened).toBe(3)
  expect(made[0]!.close).toHaveBeenCalledOnce()
})
