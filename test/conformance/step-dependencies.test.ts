import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, read, refused, run, step, withOther } from './run.ts'

const {
  executed,
  read: isRead,
  refused: isRefused,
} = section('Step Dependencies and Execution Order', { only: '1.1.0' })
const ofStep = section('Step Object', { only: '1.1.0' })

const a = (fields: object = {}) => step('a', { operationId: 'getThing', ...fields })
const b = (fields: object = {}) => step('b', { operationId: 'getOther', ...fields })
const c = (fields: object = {}) => step('c', { operationId: 'getThird', ...fields })
const query = (value: string) => ({ parameters: [{ name: 'q', in: 'query', value }] })

ofStep.executed('dependsOn: steps are completed before it', { field: 'dependsOn', level: 'MUST' }, async version => {
  const { requests } = await run(version, { steps: [a({ dependsOn: ['c'] }), b(), c()] })
  expect(requests).toEqual(['GET /third', 'GET /thing', 'GET /other'])
})

ofStep.executed('dependsOn does not trigger the step it names', { field: 'dependsOn' }, async version => {
  const { report, trail } = await run(version, {
    steps: [a({ onSuccess: [{ name: 'skip', type: 'goto', stepId: 'c' }] }), b(), c({ dependsOn: ['b'] })],
  })
  expect(trail).toEqual(['a passed', 'c failed'])
  expect(report.because).toContain('it depends on step "b", which has not been completed')
})

ofStep.refused(
  'each entry is a stepId, which is case-sensitive',
  { field: 'dependsOn', level: 'MUST' },
  async version => {
    expect(await refused(version, { steps: [a(), b({ dependsOn: ['A'] })] })).toEqual(['undefined-step'])
    expect(await refused(version, { steps: [a(), b({ dependsOn: [1] })] })).toEqual(['wrong-type'])
  },
)

const child = { workflowId: 'child', steps: [step('x', { operationId: 'getThird' })] }

ofStep.executed(
  'a step of another workflow of the document has its own form',
  { field: 'dependsOn' },
  async version => {
    const { requests } = await run(version, {
      steps: [a(), b({ dependsOn: ['$workflows.child.steps.x'] })],
      workflow: { dependsOn: ['child'] },
      workflows: [child],
    })
    expect(requests).toEqual(['GET /third', 'GET /thing', 'GET /other'])
  },
)

ofStep.refused(
  'that workflow is run before, for nothing else would',
  { field: 'dependsOn', decides: 'foreign-step-dependencies' },
  async version => {
    const steps = [a({ dependsOn: ['$workflows.child.steps.x'] })]
    expect(await refused(version, { steps, workflows: [child] })).toEqual(['unmet-depends-on'])
    const wrong = [a({ dependsOn: ['$workflows.child.steps.none'] }), b({ dependsOn: ['$workflows.none.steps.x'] })]
    expect(await refused(version, { steps: wrong, workflows: [child] })).toEqual([
      'undefined-step',
      'undefined-workflow',
    ])
  },
)

ofStep.executed('so has a step of another document', { field: 'dependsOn', level: 'MUST' }, async version => {
  const steps = [a({ dependsOn: ['$sourceDescriptions.other.child.steps.x'] })]
  const dependsOn = ['$sourceDescriptions.other.child']
  const parts = { steps, ...withOther(version, child) }
  expect((await run(version, { ...parts, workflow: { dependsOn } })).requests).toEqual(['GET /third', 'GET /thing'])
  expect(await refused(version, parts)).toEqual(['unmet-depends-on'])
})

executed('all declared dependencies are respected', { level: 'MUST' }, async version => {
  const { requests } = await run(version, { steps: [a({ dependsOn: ['b', 'c'] }), b({ dependsOn: ['c'] }), c()] })
  expect(requests).toEqual(['GET /third', 'GET /other', 'GET /thing'])
})

executed(
  'outputs that are read are dependencies, too',
  { level: 'MUST', decides: 'step-dependencies' },
  async version => {
    const { requests } = await run(version, {
      steps: [a(query('$steps.b.outputs.code')), b({ outputs: { code: '$statusCode' } }), c({ dependsOn: ['b'] })],
    })
    expect(requests).toEqual(['GET /other', 'GET /thing?q=200', 'GET /third'])
  },
)

executed('wherever they are read', { level: 'MUST' }, async version => {
  const source = b({ outputs: { code: '$statusCode' } })
  const condition = '$steps.b.outputs.code == 200'
  for (const fields of [
    { operationId: 'postThing', requestBody: { payload: { code: '$steps.b.outputs.code' } } },
    { successCriteria: [{ condition }] },
    { outputs: { code: '$steps.b.outputs.code' } },
    { onSuccess: [{ name: 'end', type: 'end', criteria: [{ condition: '$steps.b.outputs.code == 500' }] }] },
    { onFailure: [{ name: 'end', type: 'end', criteria: [{ condition }] }] },
  ]) {
    const { requests } = await run(version, { steps: [a(fields), source, c({ dependsOn: ['b'] })] })
    expect(requests.map(request => request.slice(-6))).toEqual(['/other', '/thing', '/third'])
  }
})

executed(
  'steps run one after another, in an order that satisfies both; others stay where they are',
  { level: 'MUST', decides: 'step-dependencies' },
  async version => {
    const { requests } = await run(version, {
      steps: [
        step('first', { operationId: 'refresh' }),
        a({ ...query('$steps.b.outputs.code'), dependsOn: ['c'] }),
        b({ outputs: { code: '$statusCode' } }),
        c(),
      ],
    })
    expect(requests).toEqual(['POST /refresh', 'GET /third', 'GET /other', 'GET /thing?q=200'])
  },
)

isRefused('steps that wait for one another have no order', {}, async version => {
  expect(await refused(version, { steps: [a({ dependsOn: ['b'] }), b({ dependsOn: ['a'] })] })).toContain(
    'cyclic-depends-on',
  )
  expect(await refused(version, { steps: [a({ dependsOn: ['a'] })] })).toEqual(['cyclic-depends-on'])
  const implicit = [
    a({ ...query('$steps.b.outputs.code'), outputs: { code: '$statusCode' } }),
    b({ ...query('$steps.a.outputs.code'), outputs: { code: '$statusCode' } }),
    c({ dependsOn: ['a'] }),
  ]
  expect(await refused(version, { steps: implicit })).toContain('cyclic-depends-on')
})

const forward = { steps: [a(query('$steps.b.outputs.code')), b({ outputs: { code: '$statusCode' } })] }

isRefused(
  'without dependsOn an output of a later step is an error',
  { level: 'SHOULD', decides: 'step-dependencies' },
  async version => {
    expect(await refused(version, forward)).toContain('forward-reference')
  },
)

isRead('unless an action can lead back', { decides: 'step-dependencies' }, async version => {
  const [first, second] = forward.steps
  const back = { ...second, onSuccess: [{ name: 'back', type: 'goto', stepId: 'a' }] }
  const { codes } = await read(version, { steps: [first!, back] })
  expect(codes).toEqual(['(unknown-parameter)'])
})

isRead('steps that only run in sequence need no dependsOn', {}, async version => {
  const document = await accepted(version, {
    steps: [a({ outputs: { code: '$statusCode' } }), b(query('$steps.a.outputs.code'))],
  })
  expect(document.workflows[0]!.steps.map(({ dependsOn }) => dependsOn)).toEqual([[], []])
})
