import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/*
 * A body equal to the last one of its step is compared instead of read. Bodies of one length take turns here, and each
 * way has to count as failed what was sent broken or with another value, no more and no less.
 */

const items = Array.from({ length: 60 }, (_, n) => ({ id: 1000 + n, name: `Item ${1000 + n}` }))
const sound = JSON.stringify({ items, total: 60, end: 1 })
const bodies = {
  sound,
  'broken before what is wanted': sound.replace('{"id":1003', '{"id",1003'),
  'broken behind what is wanted': sound.replace('"end":1', '"end"11'),
  'another value': sound.replace('"total":60', '"total":61'),
}
const turns = [
  ...(['sound', 'sound', 'broken before what is wanted', 'sound', 'another value', 'another value'] as const),
  ...(['sound', 'sound', 'broken behind what is wanted', 'broken behind what is wanted'] as const),
]
const FAILED_OF_TEN = 5

async function start() {
  const file = join(
    project({
      'api.json': openapi({ list: ['get', '/'] }),
      'flow.arazzo.yaml': arazzo(`  - workflowId: main
    steps:
      - stepId: list
        operationId: list
        successCriteria: [{ condition: '$response.body#/total == 60' }]
        outputs: { name: '$response.body#/items/20/name', total: '$response.body#/total' }`),
    }),
    'flow.arazzo.yaml',
  )
  const { origin } = await serve((_, count) => ({
    headers: { 'content-type': 'application/json' },
    body: bodies[turns[(count - 1) % turns.length]!],
  }))
  return { file, origin }
}

test('bodies are of one length', () => {
  expect(new Set(Object.values(bodies).map(body => body.length))).toEqual(new Set([sound.length]))
})

test.each(['wire', 'undici'] as const)('load over %s', async transport => {
  const { file, origin } = await start()
  const load = { vus: 1, iterations: 40 * turns.length }
  const report = await runLoad({ workflow: file, servers: origin, transport, load })
  expect(report).toMatchObject({ state: 'completed', arrivals: { started: 400, failed: 40 * FAILED_OF_TEN } })
})

test('a functional run', async () => {
  const { file, origin } = await start()
  const states: string[] = []
  for (let n = 0; n < 2 * turns.length; n++) states.push((await runWorkflow(file, { servers: origin })).state)
  expect(states.map(state => state === 'passed')).toEqual([...turns, ...turns].map(turn => turn === 'sound'))
})
