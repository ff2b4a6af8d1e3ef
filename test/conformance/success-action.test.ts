import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, receiver, refused, run, status, step, withOther } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Success Action Object')

const withActions = (...onSuccess: object[]) => ({
  steps: [step('a', { onSuccess }), step('b', { operationId: 'getOther' }), step('c', { operationId: 'getThird' })],
})
const far = { workflowId: 'far', steps: [step('f', { operationId: 'refresh' })] }

isRefused('name and type are required', { field: ['name', 'type'], level: 'MUST' }, async version => {
  expect(await refused(version, withActions({ type: 'end' }))).toContain('missing-field')
  expect(await refused(version, withActions({ name: 'x' }))).toContain('missing-field')
})

executed('names are case-sensitive', { field: 'name' }, async version => {
  const { trail } = await run(version, {
    ...withActions({ name: 'Way', type: 'end', criteria: status(999) }),
    workflow: {
      successActions: [
        {
          name: 'way',
          type: 'goto',
          stepId: 'c',
          criteria: [{ condition: "$method == 'GET' && $response.body#/first == true" }],
        },
      ],
    },
    answers: { '/thing': { body: { first: true } } },
  })
  expect(trail).toEqual(['a passed', 'c passed'])
})

executed('end: the workflow ends with its outputs, and has passed', { field: 'type' }, async version => {
  const { trail, report } = await run(version, {
    steps: [step('a', { outputs: { n: '$statusCode' }, onSuccess: [{ name: 'stop', type: 'end' }] }), step('b')],
    workflow: { outputs: { n: '$steps.a.outputs.n' } },
  })
  expect(trail).toEqual(['a passed'])
  expect(report).toMatchObject({ state: 'passed', outputs: { n: 200 } })
})

executed('end returns to the step that called the workflow', { field: 'type' }, async version => {
  const { trail } = await run(version, {
    steps: [step('a', { workflowId: 'child' }), step('b')],
    workflows: [{ workflowId: 'child', steps: [step('x', { onSuccess: [{ name: 'stop', type: 'end' }] }), step('y')] }],
  })
  expect(trail).toEqual(['x passed', 'a passed', 'b passed'])
})

executed('goto a step: on from there', { field: ['type', 'stepId'] }, async version => {
  const { trail } = await run(version, withActions({ name: 'skip', type: 'goto', stepId: 'c' }))
  expect(trail).toEqual(['a passed', 'c passed'])
})

executed(
  'goto a step before: outputs are kept',
  { field: ['type', 'stepId'], decides: 'goto-outputs' },
  async version => {
    const { requests, outputs } = await run(version, {
      steps: [
        step('a', { outputs: { token: '$response.body#/token' } }),
        step('b', {
          operationId: 'getOther',
          parameters: [{ name: 'token', in: 'query', value: '$steps.a.outputs.token' }],
        }),
        step('c', {
          operationId: 'getThird',
          onSuccess: [
            { name: 'more', type: 'goto', stepId: 'b', criteria: [{ condition: '$response.body#/more == true' }] },
          ],
        }),
      ],
      workflow: { outputs: { token: '$steps.a.outputs.token' } },
      answers: { '/thing': { body: { token: 't' } }, '/third': [{ body: { more: true } }, { body: { more: false } }] },
    })
    expect(requests).toEqual(['GET /thing', 'GET /other?token=t', 'GET /third', 'GET /other?token=t', 'GET /third'])
    expect(outputs).toEqual({ token: 't' })
  },
)

executed('goto a workflow: a transfer without return', { field: ['type', 'workflowId'] }, async version => {
  const { trail, report } = await run(version, {
    ...withActions({ name: 'over', type: 'goto', workflowId: 'second' }),
    workflows: [{ workflowId: 'second', steps: [step('x', { operationId: 'refresh' })] }],
  })
  expect(trail).toEqual(['a passed', 'x passed'])
  expect(report.state).toBe('passed')
})

executed(
  'the run then has the outputs of both, and the verdict of the second',
  { field: ['type', 'workflowId'], decides: 'goto-workflow' },
  async version => {
    const parts = {
      steps: [
        step('a', {
          outputs: { n: '$response.body#/n' },
          onSuccess: [{ name: 'over', type: 'goto', workflowId: 'second' }],
        }),
      ],
      workflow: { outputs: { first: '$steps.a.outputs.n', both: '$steps.a.outputs.n' } },
      workflows: [
        {
          workflowId: 'second',
          steps: [step('x', { operationId: 'getOther', outputs: { n: '$response.body#/n' } })],
          outputs: { second: '$steps.x.outputs.n', both: '$steps.x.outputs.n' },
        },
      ],
    }
    const { report } = await run(version, {
      ...parts,
      answers: { '/thing': { body: { n: 1 } }, '/other': { body: { n: 2 } } },
    })
    expect(report).toMatchObject({ state: 'passed', outputs: { first: 1, second: 2, both: 2 } })
    const failing = await run(version, { ...parts, answers: { '/other': { status: 500 } } })
    expect(failing.report.state).toBe('failed')
  },
)

executed('goto a workflow of another document', { field: 'workflowId', level: 'MUST' }, async version => {
  const parts = (workflowId: string) => ({
    ...withActions({ name: 'over', type: 'goto', workflowId }),
    ...withOther(version, far),
  })
  const { trail } = await run(version, parts('$sourceDescriptions.other.far'))
  expect(trail).toEqual(['a passed', 'f passed'])
  expect(await refused(version, parts('far'))).toContain('undefined-workflow')
})

isRefused('there is no retry, and nothing else', { field: 'type' }, async version => {
  for (const type of ['retry', 'continue', 'Goto'])
    expect(await refused(version, withActions({ name: 'x', type }))).toContain('invalid-value')
})

isRefused('the step is one of the workflow', { field: 'stepId', level: 'MUST' }, async version => {
  const parts = {
    ...withActions({ name: 'x', type: 'goto', stepId: 'x' }),
    workflows: [{ workflowId: 'second', steps: [step('x')] }],
  }
  expect(await refused(version, parts)).toContain('undefined-step')
})

isRefused('the workflow exists', { field: 'workflowId' }, async version => {
  expect(await refused(version, withActions({ name: 'x', type: 'goto', workflowId: 'none' }))).toContain(
    'undefined-workflow',
  )
})

isRefused(
  'stepId and workflowId exclude each other, and goto needs one',
  { field: ['stepId', 'workflowId'] },
  async version => {
    const both = withActions({ name: 'x', type: 'goto', stepId: 'b', workflowId: 'main' })
    expect(await refused(version, both)).toContain('exclusive-fields')
    expect(await refused(version, withActions({ name: 'x', type: 'goto' }))).toContain('missing-field')
  },
)

isRead('they mean nothing to end', { field: ['stepId', 'workflowId'], decides: 'irrelevant-fields' }, async version => {
  const document = await accepted(version, withActions({ name: 'x', type: 'end', stepId: 'b' }))
  expect(document.warnings.map(({ code }) => code)).toContain('irrelevant-field')
})

/* ---- criteria ---- */

executed('all criteria have to be satisfied', { field: 'criteria', level: 'MUST' }, async version => {
  const go = (condition: string) =>
    run(version, {
      ...withActions({ name: 'x', type: 'goto', stepId: 'c', criteria: [...status(200), { condition }] }),
      answers: { body: { n: 1 } },
    })
  expect((await go('$response.body#/n == 1')).trail).toEqual(['a passed', 'c passed'])
  expect((await go('$response.body#/n == 2')).trail).toEqual(['a passed', 'b passed', 'c passed'])
})

executed('without criteria the action applies', { field: 'criteria', decides: 'empty-criteria' }, async version => {
  for (const criteria of [undefined, []]) {
    const { trail } = await run(version, withActions({ name: 'x', type: 'end', ...(criteria && { criteria }) }))
    expect(trail).toEqual(['a passed'])
  }
})

executed('criteria see the response, and the outputs of the step', { field: 'criteria' }, async version => {
  const { trail } = await run(version, {
    steps: [
      step('a', {
        outputs: { n: '$response.body#/n' },
        onSuccess: [
          {
            name: 'x',
            type: 'end',
            criteria: [
              { condition: '$statusCode == 201' },
              { condition: "$response.header.x-kind == 'new'" },
              { condition: '$steps.a.outputs.n == 5' },
              { context: '$response.body', condition: '$[?@ == 5]', type: 'jsonpath' },
            ],
          },
        ],
      }),
      step('b'),
    ],
    answers: { status: 201, headers: { 'x-kind': 'new' }, body: { n: 5 } },
  })
  expect(trail).toEqual(['a passed'])
})

/* ---- parameters ---- */

executed(
  'parameters are passed to the workflow',
  { only: '1.1.0', field: 'parameters', level: 'MUST' },
  async version => {
    const action = {
      name: 'over',
      type: 'goto',
      workflowId: 'second',
      parameters: [{ name: 'n', value: '$response.body#/n' }],
    }
    const { requests } = await run(version, {
      ...withActions(action),
      workflows: [receiver],
      answers: { '/thing': { body: { n: 5 } } },
    })
    expect(requests).toEqual(['GET /thing', 'GET /other?n=5'])
  },
)

executed('also by a Reusable Object', { only: '1.1.0', field: 'parameters', level: 'MUST' }, async version => {
  const parameters = [{ reference: '$components.parameters.n', value: 8 }]
  const { requests } = await run(version, {
    ...withActions({ name: 'over', type: 'goto', workflowId: 'second', parameters }),
    workflows: [receiver],
    components: { parameters: { n: { name: 'n', value: 1 } } },
  })
  expect(requests).toEqual(['GET /thing', 'GET /other?n=8'])
})

executed('without parameters the inputs stay', { field: 'workflowId', decides: 'goto-workflow' }, async version => {
  const { requests } = await run(version, {
    ...withActions({ name: 'over', type: 'goto', workflowId: 'second' }),
    workflows: [receiver],
    inputs: { n: 3 },
  })
  expect(requests).toEqual(['GET /thing', 'GET /other?n=3'])
})

isRefused('a parameter has no `in`', { only: '1.1.0', field: 'parameters', level: 'MUST' }, async version => {
  const parameters = [{ name: 'n', in: 'query', value: 1 }]
  const parts = { ...withActions({ name: 'x', type: 'goto', workflowId: 'second', parameters }), workflows: [receiver] }
  expect(await refused(version, parts)).toContain('irrelevant-field')
})

isRefused(
  'no parameter is there twice, and each is a parameter',
  { only: '1.1.0', field: 'parameters', level: 'MUST' },
  async version => {
    const go = (parameters: object[]) => ({
      ...withActions({ name: 'x', type: 'goto', workflowId: 'second', parameters }),
      workflows: [receiver],
    })
    expect(
      await refused(
        version,
        go([
          { name: 'n', value: 1 },
          { name: 'n', value: 2 },
        ]),
      ),
    ).toContain('duplicate-parameter')
    expect(await refused(version, go([{ reference: '$components.parameters.none' }]))).toContain('undefined-component')
  },
)

isRead(
  'without a workflowId they mean nothing',
  { only: '1.1.0', field: 'parameters', decides: 'irrelevant-fields' },
  async version => {
    const document = await accepted(
      version,
      withActions({ name: 'x', type: 'goto', stepId: 'b', parameters: [{ name: 'n', value: 1 }] }),
    )
    expect(document.warnings.map(({ code }) => code)).toContain('irrelevant-field')
  },
)

isRefused('1.0 has no parameters here', { only: '1.0.1' }, async version => {
  expect(await refused(version, withActions({ name: 'x', type: 'end', parameters: [] }))).toContain('newer-field')
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, withActions({ name: 'x', type: 'end', 'x-note': 1, criteria: status(200) }))
  expect(await refused(version, withActions({ name: 'x', type: 'end', retryLimit: 1 }))).toContain('unknown-field')
})
