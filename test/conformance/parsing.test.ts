import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { accepted, documentOf, refused, run, step } from './run.ts'

const structure = section('Arazzo Description Structure')
const parsing = section('Parsing Documents')
const fragmentary = section('Fragmentary Parsing', { only: '1.1.0' })
const identity = section('Identity-Based Referencing', { only: '1.1.0' })

const other = (version: Version, root: object = {}) =>
  documentOf(version, { workflows: [{ workflowId: 'far', steps: [step('f', { operationId: 'getOther' })] }], root })
const using = (sourceDescriptions: object[], files: Record<string, object>, root: object = {}) => ({
  steps: [step('a', { workflowId: '$sourceDescriptions.other.far' })],
  root: { ...root, sourceDescriptions },
  files,
})
const arazzo = (name: string, url: string) => ({ name, url, type: 'arazzo' })

structure.executed(
  'a description may have several documents, each a source of its users',
  { level: 'MUST' },
  async version => {
    const parts = using([arazzo('other', './flows/other.json')], {
      'flows/other.json': other(version, {
        sourceDescriptions: [
          { name: 'api', url: '../api.json' },
          { name: 'third', url: './third.json', type: 'arazzo' },
        ],
      }),
      'flows/third.json': other(version, { sourceDescriptions: [{ name: 'api', url: '../api.json' }] }),
    })
    expect((await run(version, parts)).requests).toEqual(['GET /other'])
  },
)

structure.refused('a workflow of a document that is no source is unknown', { level: 'MUST' }, async version => {
  const parts = {
    steps: [step('a', { workflowId: '$sourceDescriptions.other.far' })],
    files: { 'other.json': other(version) },
  }
  expect(await refused(version, parts)).toEqual(['undefined-source'])
})

structure.executed('documents may refer to one another', {}, async version => {
  const parts = {
    steps: [step('a'), step('b', { workflowId: '$sourceDescriptions.other.far' })],
    workflows: [{ workflowId: 'near', steps: [step('n', { operationId: 'getThird' })] }],
    root: { sourceDescriptions: [{ name: 'api', url: './api.json' }, arazzo('other', './other.json')] },
    files: {
      'other.json': documentOf(version, {
        workflows: [{ workflowId: 'far', steps: [step('f', { workflowId: '$sourceDescriptions.main.near' })] }],
        root: { sourceDescriptions: [arazzo('main', './main.arazzo.json')] },
      }),
    },
  }
  expect((await run(version, parts)).requests).toEqual(['GET /thing', 'GET /third'])
})

parsing.executed(
  'a document is parsed in full before references are resolved: referenced parts may come later',
  { level: 'MUST' },
  async version => {
    const { requests } = await run(version, {
      workflows: [
        {
          workflowId: 'main',
          inputs: { $ref: '#/components/inputs/late' },
          dependsOn: ['later'],
          steps: [
            step('a', {
              parameters: [{ reference: '$components.parameters.late' }],
              onSuccess: [{ name: 'on', type: 'goto', stepId: 'c' }],
            }),
            step('b'),
            step('c', { workflowId: 'last' }),
          ],
        },
        { workflowId: 'later', steps: [step('l', { operationId: 'getOther' })] },
        { workflowId: 'last', steps: [step('x', { operationId: 'getThird' })] },
      ],
      components: { parameters: { late: { name: 'q', in: 'query', value: 1 } }, inputs: { late: { type: 'object' } } },
    })
    expect(requests).toEqual(['GET /other', 'GET /thing?q=1', 'GET /third'])
  },
)

const self = 'https://flows.example.com/canonical/other.json'

parsing.executed(
  'a reference is not unresolvable before all documents have been parsed',
  { only: '1.1.0', level: 'MUST' },
  async version => {
    const files = { 'copy.json': other(version, { $self: self }) }
    for (const sources of [
      [arazzo('other', self), arazzo('local', './copy.json')],
      [arazzo('local', './copy.json'), arazzo('other', self)],
    ])
      expect((await run(version, using(sources, files))).requests).toEqual(['GET /other'])
  },
)

parsing.executed('nor before those that other documents lead to', { only: '1.1.0', level: 'MUST' }, async version => {
  const files = {
    'between.json': other(version, {
      sourceDescriptions: [{ name: 'api', url: './api.json' }, arazzo('deep', './deep/copy.json')],
    }),
    'deep/copy.json': other(version, { $self: self, sourceDescriptions: [{ name: 'api', url: '../api.json' }] }),
  }
  // The document in the folder below is only known through the one between.
  const root = { $self: 'https://flows.example.com/main.json' }
  const parts = using([arazzo('other', './canonical/other.json'), arazzo('between', './between.json')], files, root)
  expect((await run(version, parts)).requests).toEqual(['GET /other'])
})

parsing.refused('every problem of every document is reported at once', {}, async version => {
  const parts = {
    ...using([arazzo('other', './other.json')], { 'other.json': other(version, { info: { title: 't' } }) }),
    workflow: { dependsOn: ['none'] },
  }
  const codes = await refused(version, parts)
  expect(codes).toEqual(['undefined-workflow', 'missing-field'])
})

fragmentary.executed(
  "a reference into a document takes that document's $self and sources into account",
  { level: 'MUST' },
  async version => {
    const files = {
      'flows/other.json': other(version, { $self: self, sourceDescriptions: [{ name: 'api', url: '../api.json' }] }),
    }
    expect((await run(version, using([arazzo('other', './flows/other.json')], files))).requests).toEqual(['GET /other'])
  },
)

fragmentary.refused('and all other faults, also outside of the referenced parts', { level: 'MUST' }, async version => {
  const broken = documentOf(version, {
    workflows: [
      { workflowId: 'far', steps: [step('f', { operationId: 'getOther' })] },
      { workflowId: 'unused', steps: [step('u', { operationId: 'none' })] },
    ],
  })
  expect(await refused(version, using([arazzo('other', './other.json')], { 'other.json': broken }))).toEqual([
    'undefined-operation',
  ])
})

identity.executed('a document with $self is referred to by it', { level: 'MUST' }, async version => {
  const files = { 'any-name.json': other(version, { $self: self }) }
  expect((await run(version, using([arazzo('other', self)], files))).requests).toEqual(['GET /other'])
})

identity.executed(
  'an absolute url means the document of that identity rather than one of that name',
  { level: 'MUST' },
  async version => {
    const decoy = documentOf(version, {
      workflows: [{ workflowId: 'far', steps: [step('f', { operationId: 'getThird' })] }],
      root: { $self: 'https://elsewhere.example.com/other.json' },
    })
    const files = { 'other.json': decoy, 'real.json': other(version, { $self: self }) }
    expect((await run(version, using([arazzo('other', self)], files))).requests).toEqual(['GET /other'])
  },
)

identity.executed('a url that is relative to the own $self means one as well', { level: 'MUST' }, async version => {
  const root = { $self: 'https://flows.example.com/mine/main.json' }
  const files = { 'copy.json': other(version, { $self: self }) }
  const parts = using([arazzo('other', '../canonical/other.json')], files, root)
  expect((await run(version, parts)).requests).toEqual(['GET /other'])
})

identity.executed(
  'by its location a document can be found, too',
  { decides: 'references-by-location' },
  async version => {
    const files = { 'other.json': other(version, { $self: self }) }
    expect((await run(version, using([arazzo('other', './other.json')], files))).requests).toEqual(['GET /other'])
  },
)

identity.refused(
  'a missing document is reported, and nothing is fetched',
  { decides: 'nothing-is-fetched' },
  async version => {
    expect(await refused(version, using([arazzo('other', self)], {}))).toContain('unmapped-url')
    await accepted(version, { steps: [step('a')] })
  },
)
