import { expect } from 'vitest'
import { openapi } from '../builders/project.ts'
import { section } from './rule.ts'
import { documentOf, outputsOf, read, run, step } from './run.ts'

const { executed, read: isRead } = section('Source Description Expression Resolution')

executed('an operationId of the source comes first', {}, async version => {
  const files = { 'api.json': openapi({ url: ['get', '/operation-url'], getThing: ['get', '/thing'] }) }
  const { requests } = await run(version, { steps: [step('a', { operationId: '$sourceDescriptions.api.url' })], files })
  expect(requests).toEqual(['GET /operation-url'])
})

executed('a workflowId, where the source is an Arazzo document', {}, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { workflowId: '$sourceDescriptions.other.url' })],
    root: { sourceDescriptions: [{ name: 'other', url: './other.json', type: 'arazzo' }] },
    files: { 'other.json': documentOf(version, { workflows: [{ workflowId: 'url', steps: [step('b')] }] }) },
  })
  expect(requests).toEqual(['GET /thing'])
})

executed('then a field of the source', {}, async version => {
  const outputs = {
    url: '$sourceDescriptions.api.url',
    type: '$sourceDescriptions.api.type',
    name: '$sourceDescriptions.api.name',
    own: '$sourceDescriptions.api.x-team',
    text: 'from {$sourceDescriptions.api.url}',
  }
  const root = { sourceDescriptions: [{ name: 'api', url: './api.json', type: 'openapi', 'x-team': { id: 1 } }] }
  expect(await outputsOf(version, outputs, {}, { root })).toEqual({
    url: './api.json',
    type: 'openapi',
    name: 'api',
    own: { id: 1 },
    text: 'from ./api.json',
  })
})

executed(
  'an operationPath still means the url, for any names of operations',
  { decides: 'source-fields' },
  async version => {
    const files = { 'api.json': openapi({ url: ['get', '/operation-url'], getThing: ['get', '/thing'] }) }
    const operationPath = '{$sourceDescriptions.api.url}#/paths/~1thing/get'
    expect((await run(version, { steps: [step('a', { operationPath })], files })).requests).toEqual(['GET /thing'])
  },
)

executed(
  "a source's name may hold dashes and dots; of several beginnings the longest is meant",
  { decides: 'dotted-sources' },
  async version => {
    const sourceDescriptions = [
      { name: 'my', url: './my.json' },
      { name: 'my.shop-api', url: './api.json' },
      { name: 'my.flows', url: './flows.json', type: 'arazzo' },
    ]
    const files = {
      'my.json': openapi({ mine: ['get', '/mine'] }),
      'flows.json': documentOf(version, { workflows: [{ workflowId: 'far', steps: [step('b')] }] }),
    }
    const { requests, report } = await run(version, {
      steps: [
        step('a', {
          operationId: '$sourceDescriptions.my.shop-api.getThing',
          outputs: { url: '$sourceDescriptions.my.shop-api.url', other: '$sourceDescriptions.my.url' },
        }),
        step('p', { operationPath: '{$sourceDescriptions.my.shop-api.url}#/paths/~1other/get' }),
        step('m', { operationId: '$sourceDescriptions.my.mine' }),
        step('w', { workflowId: '$sourceDescriptions.my.flows.far' }),
      ],
      workflow: {
        dependsOn: ['$sourceDescriptions.my.flows.far'],
        outputs: { url: '$steps.a.outputs.url', other: '$steps.a.outputs.other' },
      },
      root: { sourceDescriptions },
      files,
    })
    expect(requests).toEqual(['GET /thing', 'GET /thing', 'GET /other', 'GET /mine', 'GET /thing'])
    expect(report.outputs).toEqual({ url: './api.json', other: './my.json' })
  },
)

executed(
  "a source's name in another letter case is read with a warning",
  { decides: 'source-names' },
  async version => {
    const parts = {
      steps: [
        step('a', {
          operationId: '$sourceDescriptions.petstoreDescription.getThing',
          outputs: { url: '$sourceDescriptions.petstoreDescription.url' },
        }),
        step('b', { operationPath: '{$sourceDescriptions.petstoreDescription.url}#/paths/~1other/get' }),
      ],
      workflow: { outputs: { url: '$steps.a.outputs.url' } },
      root: { sourceDescriptions: [{ name: 'petStoreDescription', url: './api.json', type: 'openapi' }] },
    }
    expect((await read(version, parts)).codes).toEqual(['(operation-form)', '(operation-form)', '(operation-form)'])
    const { requests, outputs } = await run(version, parts)
    expect(requests).toEqual(['GET /thing', 'GET /other'])
    expect(outputs).toEqual({ url: './api.json' })
  },
)

isRead('an operation, a workflow or a component is no value', { decides: 'source-fields' }, async version => {
  const components = { parameters: { p: { name: 'p', in: 'query', value: 1 } } }
  for (const value of ['$sourceDescriptions.api.getThing', '$components.parameters.p']) {
    const { codes } = await read(version, { steps: [step('a', { outputs: { a: value } })], components })
    expect(codes).toEqual(['(unavailable-value)'])
  }
})
