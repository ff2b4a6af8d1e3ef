import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { readArazzo } from '../../src/index.ts'
import { openapi } from '../builders/project.ts'
import { section, type Version } from './rule.ts'
import { accepted, api, documentOf, folderOf, refused, run, step, write } from './run.ts'

const relative = section('Relative References in Arazzo Description URIs')
const base = section('Establishing the Base URI', { only: '1.1.0' })
const fragments = section('Resolving URI Fragments')
const urls = section('Relative References in API URLs')
const appendix = section('Appendix B: Base URI Determination', { only: '1.1.0' })

const petstore = (url: string) => ({ sourceDescriptions: [{ name: 'petstore', url, type: 'openapi' }] })
const steps = [step('a')]

relative.executed('references are relative to the document, wherever it is', {}, async version => {
  const { requests } = await run(version, {
    steps,
    root: petstore('specs/petstore.json'),
    files: { 'specs/petstore.json': api },
  })
  expect(requests).toEqual(['GET /thing'])
})

relative.executed('references of another document are relative to that', {}, async version => {
  const other = documentOf(version, {
    workflows: [{ workflowId: 'far', steps: [step('f', { operationId: 'getOther' })] }],
    root: petstore('../specs/petstore.json'),
  })
  const { requests } = await run(version, {
    steps: [step('a', { workflowId: '$sourceDescriptions.other.far' })],
    root: { sourceDescriptions: [{ name: 'other', url: './flows/other.json', type: 'arazzo' }] },
    files: { 'flows/other.json': other, 'specs/petstore.json': api },
  })
  expect(requests).toEqual(['GET /other'])
})

/** A source that calls itself so, under a name that says nothing. */
const called = ($self: string) => ({
  openapi: '3.2.0',
  $self,
  info: { title: 'petstore', version: '1' },
  paths: { '/canonical': { get: { operationId: 'getThing', responses: { default: { description: 'any' } } } } },
})

base.executed('an absolute $self is the base', { level: 'MUST' }, async version => {
  const { requests } = await run(version, {
    steps,
    root: { ...petstore('../specs/petstore.yaml'), $self: 'https://api.example.com/workflows/purchase.arazzo.yaml' },
    files: { 'copy.json': called('https://api.example.com/specs/petstore.yaml') },
  })
  expect(requests).toEqual(['GET /canonical'])
})

base.executed(
  'a relative $self is resolved against where the document is, and then is the base',
  { level: 'MUST' },
  async version => {
    const folder = folderOf({
      'v2/main.json': documentOf(version, {
        steps,
        root: { ...petstore('../specs/petstore.json'), $self: 'workflows/purchase.json' },
      }),
      'v2/specs/petstore.json': api,
    })
    const { document, problems } = await readArazzo(join(folder, 'v2/main.json'))
    // Where the file is, `../specs` would lead out of `v2`; from `v2/workflows/` it leads to `v2/specs`.
    expect(problems).toEqual([])
    expect(document?.sources.petstore).toMatchObject({
      type: 'openapi',
      openapi: { file: join(folder, 'v2/specs/petstore.json') },
    })
  },
)

base.executed('without $self it is where the document is', { level: 'MUST' }, async version => {
  const { requests } = await run(version, {
    steps,
    root: petstore('./specs/petstore.json'),
    files: { 'specs/petstore.json': api },
  })
  expect(requests).toEqual(['GET /thing'])
})

base.executed('also when that is given as a file: URL', {}, async version => {
  const path = write(version, { steps, root: petstore('./api.json') })
  const { document } = await readArazzo(pathToFileURL(path))
  expect(document?.sources.petstore).toMatchObject({ openapi: { file: join(dirname(path), 'api.json') } })
})

base.executed(
  'where $self is on the network and nothing there is known, references lead to files next to the document',
  { decides: 'self-elsewhere' },
  async version => {
    const { requests } = await run(version, {
      steps,
      root: { ...petstore('./specs/petstore.json'), $self: 'https://api.example.com/workflows/purchase.json' },
      files: { 'specs/petstore.json': api },
    })
    expect(requests).toEqual(['GET /thing'])
  },
)

/* ---- fragments ---- */

const withInputs = (inputs: object, components: object, files: Record<string, object> = {}, root = {}) => ({
  steps: [step('a')],
  workflow: { inputs },
  components: { inputs: components },
  files,
  root,
})
const inputsOf = async (version: Version, parts: Parameters<typeof accepted>[1]) =>
  (await accepted(version, parts)).workflows[0]!.inputs

fragments.read('a fragment is a JSON Pointer', { level: 'SHOULD' }, async version => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } } }
  expect(await inputsOf(version, withInputs({ $ref: '#/components/inputs/page' }, { page: schema }))).toEqual(schema)
  const inner = { properties: { a: { $ref: '#/components/inputs/page/properties/a' } } }
  expect(await inputsOf(version, withInputs(inner, { page: schema }))).toEqual({
    properties: { a: { type: 'integer' } },
  })
})

fragments.read('a pointer may be percent-encoded and escaped', {}, async version => {
  const components = { page: { $defs: { 'a/b c': { type: 'integer' } } } }
  const inputs = { $ref: '#/components/inputs/page/$defs/a~1b%20c' }
  expect(await inputsOf(version, withInputs(inputs, components))).toEqual({ type: 'integer' })
})

fragments.read('a $ref of inputs may name an $anchor', { level: 'MUST' }, async version => {
  const components = { page: { $defs: { n: { $anchor: 'number', type: 'integer' } } } }
  expect(await inputsOf(version, withInputs({ properties: { n: { $ref: '#number' } } }, components))).toEqual({
    properties: { n: { type: 'integer' } },
  })
})

fragments.read('a $dynamicRef that nothing overrides is a $ref', {}, async version => {
  const inputs = {
    properties: { n: { $dynamicRef: '#number' } },
    $defs: { n: { $dynamicAnchor: 'number', type: 'integer' } },
  }
  expect(await inputsOf(version, withInputs(inputs, {}))).toMatchObject({ properties: { n: { type: 'integer' } } })
})

fragments.read('a $ref may lead to another file', {}, async version => {
  const files = { 'schemas.json': { $defs: { page: { $anchor: 'page', type: 'object', required: ['a'] } } } }
  for (const $ref of ['./schemas.json#/$defs/page', 'schemas.json#page'])
    expect(await inputsOf(version, withInputs({ $ref }, {}, files))).toEqual({ type: 'object', required: ['a'] })
})

fragments.read('a $ref may name a schema by its $id, or the document by its $self', {}, async version => {
  const components = { page: { $id: 'https://schemas.example.com/page', type: 'object' } }
  expect(await inputsOf(version, withInputs({ $ref: 'https://schemas.example.com/page' }, components))).toEqual({
    type: 'object',
  })
  if (version === '1.0.1') return
  const $self = 'https://flows.example.com/main.json'
  for (const $ref of [`${$self}#/components/inputs/page`, 'main.json#/components/inputs/page'])
    expect(await inputsOf(version, withInputs({ $ref }, { page: { type: 'object' } }, {}, { $self }))).toEqual({
      type: 'object',
    })
})

fragments.read('keywords next to a $ref apply as well', {}, async version => {
  const inputs = { $ref: '#/components/inputs/page', required: ['a'] }
  const parts = withInputs(inputs, { page: { type: 'object' } })
  await expect(run(version, { ...parts, inputs: {} })).rejects.toThrow('input "a" is missing')
})

fragments.executed('a schema may refer to itself', {}, async version => {
  const tree = {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#/components/inputs/tree' } } },
  }
  const parts = withInputs({ $ref: '#/components/inputs/tree' }, { tree })
  await run(version, { ...parts, inputs: { children: [{ children: [] }] } })
  await expect(run(version, { ...parts, inputs: { children: [{ children: 1 }] } })).rejects.toThrow('children')
})

fragments.refused('a broken $ref is reported', {}, async version => {
  for (const $ref of ['#/components/inputs/none', '#none', './none.json#/a'])
    expect(await refused(version, withInputs({ $ref }, {}))).toEqual(['unresolved-reference'])
})

fragments.executed('an operationPath has a JSON Pointer, in text or percent-encoded', {}, async version => {
  const parameters = [{ name: 'id', in: 'path', value: 1 }]
  for (const pointer of ['#/paths/~1items~1{id}/get', '#/paths/~1items~1%7Bid%7D/get']) {
    const operationPath = `{$sourceDescriptions.api.url}${pointer}`
    expect((await run(version, { steps: [step('a', { operationPath, parameters })] })).requests).toEqual([
      'GET /items/1',
    ])
  }
})

fragments.executed(
  'references within an OpenAPI description follow the rules of that',
  { level: 'MUST' },
  async version => {
    const description = {
      openapi: '3.1.0',
      info: { title: 'a', version: '1' },
      paths: { '/items/{id}': { $ref: './paths.json#/items' } },
    }
    const paths = {
      items: {
        parameters: [{ $ref: '#/parameters/id' }],
        get: { operationId: 'getItem', responses: { default: { description: 'any' } } },
      },
      parameters: { id: { name: 'id', in: 'path', required: true, schema: { type: 'string' } } },
    }
    const parameters = [{ name: 'id', in: 'path', value: 5 }]
    const { requests } = await run(version, {
      steps: [step('a', { operationId: 'getItem', parameters })],
      files: { 'api.json': description, 'paths.json': paths },
    })
    expect(requests).toEqual(['GET /items/5'])
  },
)

/* ---- API URLs ---- */

urls.executed(
  "the endpoint is that of the OpenAPI description's servers, not of the Arazzo document",
  {},
  async version => {
    const files = { 'api.json': { ...JSON.parse(openapi({ getThing: ['get', '/thing'] })), servers: [{ url: '/v1' }] } }
    const root = version === '1.1.0' ? { $self: 'https://flows.example.com/main.json' } : {}
    const { requests } = await run(version, { steps: [step('a', { outputs: { url: '$url' } })], files, root })
    expect(requests).toEqual(['GET /v1/thing'])
  },
)

/* ---- appendix B ---- */

appendix.executed('base URI within content', {}, async version => {
  const { requests } = await run(version, {
    steps,
    root: { ...petstore('../specs/petstore.yaml'), $self: 'https://api.example.com/workflows/purchase.arazzo.yaml' },
    files: {
      'x.json': called('https://api.example.com/specs/petstore.yaml'),
      'y.json': called('https://api.example.com/petstore.yaml'),
    },
  })
  expect(requests).toEqual(['GET /canonical'])
})

appendix.executed('base URI from the retrieval URI', {}, async version => {
  const folder = folderOf({
    'workflows/purchase.arazzo.json': documentOf(version, { steps, root: petstore('../specs/petstore.json') }),
    'specs/petstore.json': api,
  })
  const { document } = await readArazzo(join(folder, 'workflows/purchase.arazzo.json'))
  expect(document?.sources.petstore).toMatchObject({ openapi: { file: join(folder, 'specs/petstore.json') } })
})

appendix.executed('identity against location: a mirrored document keeps its name', {}, async version => {
  const $self = 'https://workflows.example.com/canonical/purchase.arazzo.yaml'
  const purchase = documentOf(version, {
    workflows: [{ workflowId: 'far', steps: [step('f', { operationId: 'getOther' })] }],
    root: { $self },
  })
  const { requests } = await run(version, {
    steps: [step('a', { workflowId: '$sourceDescriptions.other.far' })],
    root: { sourceDescriptions: [{ name: 'other', url: $self, type: 'arazzo' }] },
    files: { 'abc123.json': purchase },
  })
  expect(requests).toEqual(['GET /other'])
})
