import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, documentOf, outputsOf, read, refused, run, step } from './run.ts'

const root = section('Arazzo Specification Object')

const parts = { steps: [step('a')] }
const without = (version: '1.0.1' | '1.1.0', field: string) => {
  const { [field]: _, ...rest } = documentOf(version, parts) as Record<string, unknown>
  return JSON.stringify(rest)
}

root.refused('the version is required', { field: 'arazzo', level: 'MUST' }, async version => {
  expect(await refused(version, without(version, 'arazzo'))).toContain('missing-field')
})

root.refused(
  'info, sourceDescriptions and workflows are required',
  { field: ['info', 'sourceDescriptions', 'workflows'], level: 'MUST' },
  async version => {
    for (const field of ['info', 'sourceDescriptions', 'workflows'])
      expect(await refused(version, without(version, field))).toContain('missing-field')
  },
)

root.read('the version decides how the document is interpreted', { field: 'arazzo', level: 'MUST' }, async version => {
  const selector = { context: '$response.body', selector: '$.a', type: 'jsonpath' }
  const { document, codes } = await read(version, { steps: [step('a', { outputs: { a: selector } })] })
  if (version === '1.0.1') expect(codes).toEqual(['newer-field'])
  else expect(document!.workflows[0]!.steps[0]!.outputs[0]!.value.kind).toBe('selector')
})

root.refused(
  'there is at least one source and one workflow',
  { field: ['sourceDescriptions', 'workflows'], level: 'MUST' },
  async version => {
    expect(await refused(version, { ...parts, root: { sourceDescriptions: [] } })).toContain('invalid-value')
    expect(await refused(version, { ...parts, root: { workflows: [] } })).toEqual(['invalid-value'])
  },
)

root.executed(
  'one source and one workflow are enough',
  { field: ['sourceDescriptions', 'workflows'] },
  async version => {
    const { report, requests } = await run(version, parts)
    expect(report.state).toBe('passed')
    expect(requests).toEqual(['GET /thing'])
  },
)

root.executed('every workflow of the list can be run', { field: 'workflows' }, async version => {
  const workflows = ['one', 'two'].map(workflowId => ({ workflowId, steps: [step(`${workflowId}-step`)] }))
  for (const workflowId of ['one', 'two'])
    expect((await run(version, { workflows, workflowId })).trail).toEqual([`${workflowId}-step passed`])
})

root.read('components are optional', { field: 'components' }, async version => {
  await accepted(version, parts)
  await accepted(version, { ...parts, components: {} })
})

root.read('extensions are accepted', {}, async version => {
  const document = await accepted(version, { ...parts, root: { 'x-own': { any: [1] } } })
  expect(document.warnings).toEqual([])
})

root.refused('other fields are not', {}, async version => {
  expect(await refused(version, { ...parts, root: { workflow: [] } })).toEqual(['unknown-field'])
})

root.read('a `$schema` for editors is let through', { decides: 'schema-keyword' }, async version => {
  const document = await accepted(version, {
    ...parts,
    root: { $schema: 'https://spec.openapis.org/arazzo/1.0/schema/2025-10-15' },
  })
  expect(document.warnings).toEqual([])
})

root.read('a document names itself by `$self`', { only: '1.1.0', field: '$self' }, async version => {
  const $self = 'https://example.com/flows/main.arazzo.yaml'
  expect((await accepted(version, { ...parts, root: { $self } })).self).toBe($self)
})

root.refused('`$self` has no fragment', { only: '1.1.0', field: '$self', level: 'MUST' }, async version => {
  for (const $self of ['https://example.com/a.yaml#', '#top', 'a.yaml#/workflows'])
    expect(await refused(version, { ...parts, root: { $self } })).toEqual(['invalid-value'])
})

root.refused('`$self` is a URI-reference', { only: '1.1.0', field: '$self', level: 'MUST' }, async version => {
  for (const $self of ['a b.yaml', 'https://example.com/%zz', 'a\\b', '<a>', 'http://[a'])
    expect(await refused(version, { ...parts, root: { $self } })).toEqual(['invalid-value'])
})

root.refused('1.0 has no `$self`', { only: '1.0.1' }, async version => {
  const codes = await refused(version, { ...parts, root: { $self: 'https://example.com/a.yaml' } })
  expect(codes).toEqual(['newer-field'])
})

root.executed('expressions know the `$self` of their document', { only: '1.1.0', field: '$self' }, async version => {
  const outputs = await outputsOf(
    version,
    { self: '$self', text: 'of {$self}' },
    {},
    { root: { $self: 'https://example.com/a' } },
  )
  expect(outputs).toEqual({ self: 'https://example.com/a', text: 'of https://example.com/a' })
})

root.executed(
  'without `$self` it is nothing',
  { only: '1.1.0', field: '$self', decides: 'self-expression' },
  async version => {
    expect(await outputsOf(version, { self: '$self' })).toEqual({})
  },
)
