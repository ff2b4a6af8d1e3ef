import { expect, test } from 'vitest'
import { serversOf } from '../../../src/compare/duet/duet.ts'
import { loadTestOrThrow, readLoadTest } from '../../../src/load/plan/load-test.ts'
import { openapi, project } from '../../builders/project.ts'

const ARAZZO = (workflows: string, sources: string) => `arazzo: 1.0.1
info: { title: test, version: '1' }
sourceDescriptions:
${sources}
workflows:
${workflows}`

/** A document of two sources, and of one more in a document that it refers to. */
async function read(more: object = {}) {
  const workflow = '  - { workflowId: main, steps: [{ stepId: buy, operationId: $sourceDescriptions.SOURCE.buy }] }'
  const api = (name: string) => `  - { name: ${name}, url: ./api.json, type: openapi }`
  const inner = '  - { name: inner, url: ./inner.arazzo.yaml, type: arazzo }'
  const folder = project({
    'api.json': openapi({ buy: ['get', '/buy'] }),
    'inner.arazzo.yaml': ARAZZO(workflow.replace('SOURCE', 'billing'), api('billing')),
    'main.arazzo.yaml': ARAZZO(workflow.replace('SOURCE', 'shop'), [api('shop'), api('stock'), inner].join('\n')),
  })
  const load = { vus: 1, duration: '1s' }
  return readLoadTest({ workflow: `${folder}/main.arazzo.yaml`, load, ...more }, { defaults: { servers: PLUGINS } })
}

const PLUGINS = { shop: 'http://127.0.0.1:9' }
const LAUNCH = 'http://127.0.0.1:5000'
const STUB = 'http://127.0.0.1:1'

test.each([
  ['nothing of its own', LAUNCH, undefined, LAUNCH],
  ['one URL, which says where the application is', LAUNCH, STUB, LAUNCH],
  ['a stub, beside a launch by source', { shop: LAUNCH }, { billing: STUB }, { shop: LAUNCH, billing: STUB }],
  ['a stub in the place of a launch', { shop: LAUNCH, stock: LAUNCH }, { stock: STUB }, { shop: LAUNCH, stock: STUB }],
  [
    'a stub, and a launch for all',
    LAUNCH,
    { billing: STUB },
    { shop: LAUNCH, stock: LAUNCH, inner: LAUNCH, billing: STUB },
  ],
  ['a stub, and a launch that says nothing', undefined, { billing: STUB }, undefined],
])('a load test has %s', async (_, ofLaunch, own, expected) => {
  const { document } = loadTestOrThrow(await read()).plan
  expect(serversOf(document, ofLaunch, own)).toEqual(expected)
})

test.each([
  ['none', {}, undefined, PLUGINS],
  ['some', { servers: { billing: STUB } }, { billing: STUB }, { billing: STUB }],
])('a load test tells its own servers from those of the plugin, also when it is read again: %s', async (...of) => {
  const [, more, own, all] = of
  const open = { ...more, target: { prometheus: 'http://127.0.0.1:{port}/metrics' } }
  const first = loadTestOrThrow(await read(open))
  for (const test of [first, loadTestOrThrow(await first.open!.readAgain())]) {
    expect(test.ownServers).toEqual(own)
    expect(test.planOptions.servers).toEqual(all)
  }
})
