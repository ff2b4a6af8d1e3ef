import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { accepted, documentOf, read, refused, run, status, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Components Object')

executed(
  'parameters, success and failure actions can be used by reference',
  { field: ['parameters', 'successActions', 'failureActions'] },
  async version => {
    const { trail, requests } = await run(version, {
      steps: [
        step('a', {
          parameters: [{ reference: '$components.parameters.store' }],
          onFailure: [{ reference: '$components.failureActions.again' }],
          onSuccess: [{ reference: '$components.successActions.stop' }],
        }),
        step('b'),
      ],
      components: {
        parameters: { store: { name: 'store', in: 'query', value: '$inputs.x-store-id' } },
        failureActions: { again: { name: 'again', type: 'retry', retryAfter: 0 } },
        successActions: { stop: { name: 'stop', type: 'end' } },
      },
      answers: { '/thing': [{ status: 500 }, {}] },
      inputs: { 'x-store-id': 7 },
    })
    expect(trail).toEqual(['a failed', 'a passed'])
    expect(requests).toEqual(['GET /thing?store=7', 'GET /thing?store=7'])
  },
)

executed('inputs can be used by $ref', { field: 'inputs' }, async version => {
  const parts = {
    steps: [step('a', { parameters: [{ name: 'page', in: 'query', value: '$inputs.page' }] })],
    workflow: { inputs: { $ref: '#/components/inputs/pagination' } },
    components: {
      inputs: {
        pagination: {
          type: 'object',
          required: ['size'],
          properties: { page: { default: 1 }, size: { type: 'integer' } },
        },
      },
    },
  }
  expect((await run(version, { ...parts, inputs: { size: 2 } })).requests).toEqual(['GET /thing?page=1'])
  await expect(run(version, { ...parts, inputs: {} })).rejects.toThrow('input "size" is missing')
})

executed('unused components have no effect', {}, async version => {
  const { trail } = await run(version, {
    steps: [step('a'), step('b')],
    components: {
      parameters: { q: { name: 'q', in: 'query', value: 1 } },
      failureActions: { again: { name: 'again', type: 'retry', retryAfter: 0 } },
      successActions: { stop: { name: 'stop', type: 'end' } },
    },
    answers: { '/thing': [{}, { status: 500 }] },
  })
  expect(trail).toEqual(['a passed', 'b failed'])
})

const other = (version: Version, components: object) =>
  documentOf(version, {
    workflows: [{ workflowId: 'far', steps: [step('f', { parameters: [{ reference: '$components.parameters.q' }] })] }],
    components,
  })
const main = (version: Version, components: object, theirs: object) => ({
  steps: [step('a', { workflowId: '$sourceDescriptions.other.far' })],
  components,
  root: { sourceDescriptions: [{ name: 'other', url: './other.json', type: 'arazzo' }] },
  files: { 'other.json': other(version, theirs) },
})
const q = (value: string) => ({ parameters: { q: { name: 'q', in: 'query', value } } })

executed('components are those of the document that they are defined in', {}, async version => {
  expect((await run(version, main(version, q('ours'), q('theirs')))).requests).toEqual(['GET /thing?q=theirs'])
})

isRefused('those of the document that refers to a workflow are not considered', {}, async version => {
  expect(await refused(version, main(version, q('ours'), {}))).toEqual(['undefined-component'])
})

isRefused(
  'keys have letters, digits, ., - and _',
  { field: ['inputs', 'parameters', 'successActions', 'failureActions'], level: 'MUST' },
  async version => {
    for (const [type, value] of Object.entries({
      inputs: {},
      parameters: { name: 'q', in: 'query', value: 1 },
      successActions: { name: 's', type: 'end' },
      failureActions: { name: 'f', type: 'end' },
    })) {
      for (const key of ['a b', 'a/b', 'é', ''])
        expect(await refused(version, { steps: [step('a')], components: { [type]: { [key]: value } } })).toContain(
          'invalid-name',
        )
      for (const key of ['User', 'User_1', 'user-name', 'my.org.User'])
        await accepted(version, { steps: [step('a')], components: { [type]: { [key]: value } } })
    }
  },
)

executed('keys with dots can be referred to', {}, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { parameters: [{ reference: '$components.parameters.my.org.q' }] })],
    components: { parameters: { 'my.org.q': { name: 'q', in: 'query', value: 1 } } },
  })
  expect(requests).toEqual(['GET /thing?q=1'])
})

isRead('an unused component is checked', { decides: 'unused-components' }, async version => {
  const components = {
    failureActions: { x: { name: 'x', type: 'retry', criteria: [{ condition: '$statusCode = 401' }] } },
  }
  expect((await read(version, { steps: [step('a')], components })).codes).toEqual(['invalid-expression'])
})

isRead(
  "the specification's own example in braces is read",
  { only: '1.0.1', field: 'failureActions', decides: 'braced-conditions' },
  async version => {
    const components = {
      failureActions: { x: { name: 'x', type: 'retry', criteria: [{ condition: '{$statusCode == 401}' }] } },
    }
    await accepted(version, {
      steps: [step('a', { onFailure: [{ reference: '$components.failureActions.x' }] })],
      components,
    })
  },
)

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, { steps: [step('a')], components: { 'x-own': {} } })
  expect(await refused(version, { steps: [step('a')], components: { schemas: {} } })).toEqual(['unknown-field'])
})

/* ---- Reusable Object ---- */

const reusable = section('Reusable Object')
const page = { parameters: { page: { name: 'page', in: 'query', value: 1 } } }

reusable.executed('a reference stands for the object that it names', { field: 'reference' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { parameters: [{ reference: '$components.parameters.page' }] })],
    components: page,
  })
  expect(requests).toEqual(['GET /thing?page=1'])
})

reusable.executed('a value takes the place of the one of the parameter', { field: 'value' }, async version => {
  for (const [value, query] of [
    [2, '2'],
    ['$inputs.page', '9'],
    ['p{$inputs.page}', 'p9'],
    [null, ''],
  ] as const) {
    const { requests } = await run(version, {
      steps: [step('a', { parameters: [{ reference: '$components.parameters.page', value }] })],
      components: page,
      inputs: { page: 9 },
    })
    expect(requests).toEqual([`GET /thing${query && `?page=${query}`}`])
  }
})

reusable.executed(
  'a value may be a Selector Object',
  { only: '1.1.0', field: 'value', decides: 'reusable-values' },
  async version => {
    const value = { context: '$inputs.cart', selector: '/page', type: 'jsonpointer' }
    const { requests } = await run(version, {
      steps: [step('a', { parameters: [{ reference: '$components.parameters.page', value }] })],
      components: page,
      inputs: { cart: { page: 4 } },
    })
    expect(requests).toEqual(['GET /thing?page=4'])
  },
)

reusable.executed('a value means nothing to an action', { field: 'value' }, async version => {
  const { trail } = await run(version, {
    steps: [step('a', { onSuccess: [{ reference: '$components.successActions.stop', value: 'x' }] }), step('b')],
    components: { successActions: { stop: { name: 'stop', type: 'end', criteria: status(200) } } },
  })
  expect(trail).toEqual(['a passed'])
})

reusable.read('other fields are ignored', { level: 'MUST' }, async version => {
  const document = await accepted(version, {
    steps: [
      step('a', { parameters: [{ reference: '$components.parameters.page', in: 'header', name: 'other', extra: 1 }] }),
    ],
    components: page,
  })
  expect(document.workflows[0]!.steps[0]!.parameters[0]).toMatchObject({ name: 'page', in: 'query' })
  expect(document.warnings.map(({ code }) => code)).toEqual(['unknown-parameter'])
})

reusable.refused(
  'a reference is an expression of the kind $components.<type>.<name>',
  { field: 'reference', level: 'MUST' },
  async version => {
    for (const reference of ['#/components/parameters/page', 'page', '$components.page', '$components.parameters.none'])
      expect(await refused(version, { steps: [step('a', { parameters: [{ reference }] })], components: page })).toEqual(
        ['undefined-component'],
      )
    expect(
      await refused(version, { steps: [step('a', { parameters: [{ reference: 1 }] })], components: page }),
    ).toEqual(['wrong-type'])
  },
)

reusable.refused('inputs use $ref, and no reference', { level: 'MUST' }, async version => {
  const components = { inputs: { page: { type: 'object', required: ['a'] } } }
  const inputs = { reference: '$components.inputs.page' }
  expect(await refused(version, { steps: [step('a')], workflow: { inputs }, components })).toEqual(['unknown-field'])
})
