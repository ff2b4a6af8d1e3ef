import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { accepted, api, documentOf, folderOf, read, refused, run, step } from './run.ts'

const source = section('Source Description Object')

const withSources = (...sourceDescriptions: object[]) => ({ steps: [step('a')], root: { sourceDescriptions } })

const other = (version: Version) =>
  documentOf(version, { workflows: [{ workflowId: 'elsewhere', steps: [step('there', { operationId: 'getOther' })] }] })

source.refused('name and url are required', { field: ['name', 'url'], level: 'MUST' }, async version => {
  expect(await refused(version, withSources({ url: './api.json' }))).toContain('missing-field')
  expect(await refused(version, withSources({ name: 'api' }))).toContain('missing-field')
})

source.refused('names are unique', { field: 'name' }, async version => {
  const codes = await refused(
    version,
    withSources({ name: 'api', url: './api.json' }, { name: 'api', url: './api.json' }),
  )
  expect(codes).toContain('duplicate-id')
})

source.read('names have letters, digits, _ and -', { field: 'name', level: 'SHOULD' }, async version => {
  expect((await read(version, withSources({ name: 'my-api_2', url: './api.json' }))).codes).toEqual([])
  expect((await read(version, withSources({ name: 'my api', url: './api.json' }))).codes).toEqual(['(invalid-name)'])
})

source.read('a url is a URI-reference', { field: 'url', level: 'MUST' }, async version => {
  const { codes } = await read(version, {
    ...withSources({ name: 'api', url: './my api.json' }),
    files: { 'my api.json': api },
  })
  expect(codes).toEqual(['(invalid-value)'])
})

source.executed('a relative url is relative to the document', { field: 'url', level: 'MUST' }, async version => {
  for (const url of ['./specs/shop.json', 'specs/shop.json', './specs/../specs/shop.json']) {
    const ran = await run(version, { ...withSources({ name: 'api', url }), files: { 'specs/shop.json': api } })
    expect(ran.requests).toEqual(['GET /thing'])
  }
})

source.executed('a url may be absolute', { field: 'url' }, async version => {
  const folder = folderOf({ 'far.json': api })
  const url = pathToFileURL(join(folder, 'far.json')).href
  expect((await run(version, withSources({ name: 'api', url }))).requests).toEqual(['GET /thing'])
})

source.executed(
  'nothing is fetched: a file of the same name next to the document stands for a url on the network',
  { field: 'url', decides: 'nothing-is-fetched' },
  async version => {
    const ran = await run(version, withSources({ name: 'api', url: 'https://api.example.com/v1/api.json' }))
    expect(ran.requests).toEqual(['GET /thing'])
    const { codes } = await read(version, withSources({ name: 'api', url: 'https://api.example.com/v1/gone.json' }))
    expect(codes).toEqual(['unmapped-url'])
  },
)

source.executed('type openapi: its operations can be called', { field: 'type' }, async version => {
  const ran = await run(version, withSources({ name: 'api', url: './api.json', type: 'openapi' }))
  expect(ran.requests).toEqual(['GET /thing'])
})

source.executed('type arazzo: its workflows can be run', { field: 'type' }, async version => {
  const ran = await run(version, {
    steps: [step('a', { workflowId: '$sourceDescriptions.other.elsewhere' })],
    root: { sourceDescriptions: [{ name: 'other', url: './other.json', type: 'arazzo' }] },
    files: { 'other.json': other(version) },
  })
  expect(ran.requests).toEqual(['GET /other'])
})

source.read('type asyncapi: it is read', { only: '1.1.0', field: 'type' }, async version => {
  const document = await accepted(version, {
    ...withSources({ name: 'api', url: './api.json' }, { name: 'events', url: './events.yaml', type: 'asyncapi' }),
    files: { 'events.yaml': 'asyncapi: 3.0.0\ninfo: { title: e, version: "1" }\n' },
  })
  expect(document.sources.events?.type).toBe('asyncapi')
})

source.refused('1.0 has no type asyncapi', { only: '1.0.1', field: 'type' }, async version => {
  const codes = await refused(version, {
    ...withSources({ name: 'api', url: './api.json' }, { name: 'events', url: './events.yaml', type: 'asyncapi' }),
    files: { 'events.yaml': 'asyncapi: 3.0.0' },
  })
  expect(codes).toContain('newer-field')
})

source.refused('there are no other types', { field: 'type' }, async version => {
  expect(await refused(version, withSources({ name: 'api', url: './api.json', type: 'graphql' }))).toContain(
    'invalid-value',
  )
})

source.executed('the type is optional: the file says what it is', { field: 'type' }, async version => {
  const document = await accepted(version, {
    steps: [step('a', { workflowId: '$sourceDescriptions.other.elsewhere' })],
    root: {
      sourceDescriptions: [
        { name: 'other', url: './other.json' },
        { name: 'api', url: './api.json' },
      ],
    },
    files: { 'other.json': other(version) },
  })
  expect(Object.values(document.sources).map(({ type }) => type)).toEqual(['arazzo', 'openapi'])
})

source.refused(
  'a type that the file contradicts is a mistake',
  { field: 'type', decides: 'type-against-file' },
  async version => {
    expect(await refused(version, withSources({ name: 'api', url: './api.json', type: 'arazzo' }))).toContain(
      'invalid-source',
    )
  },
)

source.read('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, withSources({ name: 'api', url: './api.json', 'x-owner': 'me' }))
  expect(await refused(version, withSources({ name: 'api', url: './api.json', title: 'x' }))).toEqual(['unknown-field'])
})
