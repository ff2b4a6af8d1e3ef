import { expect } from 'vitest'
import { givenUpAfter } from '../builders/given-up.ts'
import type { Answer } from '../builders/server.ts'
import { section, type Version } from './rule.ts'
import { accepted, receiver, refused, run, status, step, withOther } from './run.ts'

givenUpAfter(25)

const { executed, read: isRead, refused: isRefused } = section('Failure Action Object')

const failed: Answer = { status: 503 }
const withActions = (...onFailure: object[]) => ({
  steps: [step('a', { onFailure }), step('b', { operationId: 'getOther' }), step('c', { operationId: 'getThird' })],
})
const retry = (fields: object = {}) => ({ name: 'again', type: 'retry', retryAfter: 0, ...fields })
const second = { workflowId: 'second', steps: [step('x', { operationId: 'refresh' })] }

isRefused('name and type are required', { field: ['name', 'type'], level: 'MUST' }, async version => {
  expect(await refused(version, withActions({ type: 'end' }))).toEqual(['missing-field'])
  expect(await refused(version, withActions({ name: 'x' }))).toContain('missing-field')
})

executed('names are case-sensitive', { field: 'name' }, async version => {
  const parts = {
    ...withActions({ name: 'Way', type: 'end', criteria: status(404) }),
    workflow: { failureActions: [{ name: 'way', type: 'goto', stepId: 'c' }] },
  }
  expect((await run(version, { ...parts, answers: { '/thing': failed } })).trail).toEqual(['a failed', 'c passed'])
})

isRefused('the types are end, retry and goto', { field: 'type' }, async version => {
  for (const type of ['continue', 'Retry', 'abort'])
    expect(await refused(version, withActions({ name: 'x', type }))).toContain('invalid-value')
})

/* ---- end ---- */

executed('end: the workflow ends with its outputs', { field: 'type' }, async version => {
  const { trail, report } = await run(version, {
    steps: [
      step('first', { operationId: 'getOther', outputs: { n: '$statusCode' } }),
      step('a', { onFailure: [{ name: 'stop', type: 'end' }] }),
      step('b'),
    ],
    workflow: { outputs: { n: '$steps.first.outputs.n' } },
    answers: { '/thing': failed },
  })
  expect(trail).toEqual(['first passed', 'a failed'])
  expect(report.outputs).toEqual({ n: 200 })
})

executed(
  'a workflow that ends by a failed step has failed',
  { field: 'type', decides: 'end-after-failure' },
  async version => {
    const { report } = await run(version, {
      ...withActions({ name: 'stop', type: 'end' }),
      answers: { '/thing': failed },
    })
    expect(report.state).toBe('failed')
    const nested = {
      steps: [step('call', { workflowId: 'child' })],
      workflows: [{ workflowId: 'child', steps: [step('a', { onFailure: [{ name: 'stop', type: 'end' }] })] }],
    }
    expect((await run(version, { ...nested, answers: failed })).trail).toEqual(['a failed', 'call failed'])
  },
)

/* ---- goto ---- */

executed('goto a step: on from there, and the failure is dealt with', { field: ['type', 'stepId'] }, async version => {
  const { trail, report } = await run(version, {
    ...withActions({ name: 'x', type: 'goto', stepId: 'c' }),
    answers: { '/thing': failed },
  })
  expect(trail).toEqual(['a failed', 'c passed'])
  expect(report.state).toBe('passed')
})

executed(
  'goto a step: outputs of the steps before are kept',
  { field: 'stepId', decides: 'goto-outputs' },
  async version => {
    const { requests } = await run(version, {
      steps: [
        step('first', { operationId: 'getOther', outputs: { n: '$response.body#/n' } }),
        step('a', { onFailure: [{ name: 'x', type: 'goto', stepId: 'last' }] }),
        step('b'),
        step('last', {
          operationId: 'getThird',
          parameters: [{ name: 'n', in: 'query', value: '$steps.first.outputs.n' }],
        }),
      ],
      answers: { '/other': { body: { n: 4 } }, '/thing': failed },
    })
    expect(requests).toEqual(['GET /other', 'GET /thing', 'GET /third?n=4'])
  },
)

executed('goto a workflow: a transfer without return', { field: ['type', 'workflowId'] }, async version => {
  const { trail, report } = await run(version, {
    ...withActions({ name: 'x', type: 'goto', workflowId: 'second' }),
    workflows: [second],
    answers: { '/thing': failed },
  })
  expect(trail).toEqual(['a failed', 'x passed'])
  expect(report.state).toBe('passed')
})

executed('goto a workflow of another document', { field: 'workflowId', level: 'MUST' }, async version => {
  const parts = (workflowId: string) => ({
    ...withActions({ name: 'x', type: 'goto', workflowId }),
    ...withOther(version, second),
  })
  const { trail } = await run(version, { ...parts('$sourceDescriptions.other.second'), answers: { '/thing': failed } })
  expect(trail).toEqual(['a failed', 'x passed'])
  expect(await refused(version, parts('second'))).toContain('undefined-workflow')
})

isRefused(
  'the step is one of the workflow, the workflow exists',
  { field: ['stepId', 'workflowId'], level: 'MUST' },
  async version => {
    for (const type of ['goto', 'retry']) {
      const toStep = { ...withActions({ name: 'x', type, stepId: 'x' }), workflows: [second] }
      expect(await refused(version, toStep)).toContain('undefined-step')
      expect(await refused(version, withActions({ name: 'x', type, workflowId: 'none' }))).toContain(
        'undefined-workflow',
      )
    }
  },
)

isRefused(
  'stepId and workflowId exclude each other; goto needs one, retry does not',
  { field: ['stepId', 'workflowId'] },
  async version => {
    for (const type of ['goto', 'retry']) {
      const both = { ...withActions({ name: 'x', type, stepId: 'b', workflowId: 'second' }), workflows: [second] }
      expect(await refused(version, both)).toContain('exclusive-fields')
    }
    expect(await refused(version, withActions({ name: 'x', type: 'goto' }))).toContain('missing-field')
    await accepted(version, withActions(retry()))
  },
)

/* ---- retry ---- */

executed(
  'retry: the step is tried again, and once it passes the workflow goes on',
  { field: 'type' },
  async version => {
    const { trail, report } = await run(version, {
      ...withActions(retry({ retryLimit: 5 })),
      answers: { '/thing': [failed, failed, {}] },
    })
    expect(trail).toEqual(['a failed', 'a failed', 'a passed', 'b passed', 'c passed'])
    expect(report.state).toBe('passed')
  },
)

executed('without retryLimit there is a single retry', { field: 'retryLimit', level: 'SHALL' }, async version => {
  const { trail, report } = await run(version, { ...withActions(retry()), answers: { '/thing': failed } })
  expect(trail).toEqual(['a failed', 'a failed'])
  expect(report.state).toBe('failed')
})

executed('retryLimit is how many retries there may be', { field: 'retryLimit' }, async version => {
  for (const retryLimit of [0, 1, 3]) {
    const { trail, report } = await run(version, {
      ...withActions(retry({ retryLimit })),
      answers: { '/thing': failed },
    })
    expect(trail).toHaveLength(retryLimit + 1)
    expect(report.state).toBe('failed')
  }
})

executed(
  'retryLimit is exhausted before later actions are executed',
  { field: 'retryLimit', level: 'MUST' },
  async version => {
    const parts = withActions(retry({ retryLimit: 2 }), { name: 'else', type: 'goto', stepId: 'c' })
    const { trail, report } = await run(version, { ...parts, answers: { '/thing': failed } })
    expect(trail).toEqual(['a failed', 'a failed', 'a failed', 'c passed'])
    expect(report.state).toBe('passed')
  },
)

executed('each retry has a limit of its own', { field: 'retryLimit', decides: 'retry-budget' }, async version => {
  const parts = withActions(
    retry({ name: 'busy', retryLimit: 2, criteria: status(503) }),
    retry({ name: 'slow', retryLimit: 1, criteria: status(504) }),
  )
  const { trail } = await run(version, { ...parts, answers: { '/thing': [failed, { status: 504 }, failed, failed] } })
  expect(trail).toEqual(['a failed', 'a failed', 'a failed', 'a failed'])
})

executed(
  'a step that is reached again begins anew',
  { field: 'retryLimit', decides: 'retry-budget' },
  async version => {
    const { requests } = await run(version, {
      steps: [
        step('a', { onFailure: [retry()] }),
        step('b', {
          operationId: 'getOther',
          onSuccess: [
            { name: 'back', type: 'goto', stepId: 'a', criteria: [{ condition: '$response.body#/more == true' }] },
          ],
        }),
      ],
      answers: { '/thing': [failed, {}, failed, {}], '/other': [{ body: { more: true } }, { body: {} }] },
    })
    expect(requests).toEqual(['GET /thing', 'GET /thing', 'GET /other', 'GET /thing', 'GET /thing', 'GET /other'])
  },
)

const gap = async (version: Version, action: object, answer: Answer) => {
  const times: number[] = []
  await run(version, {
    ...withActions(action),
    answers: ({ url }) => {
      if (url === '/thing') times.push(performance.now())
      return times.length === 1 ? answer : { body: {} }
    },
  })
  expect(times).toHaveLength(2)
  return times[1]! - times[0]!
}

executed(
  'retryAfter is seconds, with fractions, before the next attempt',
  { field: 'retryAfter', level: 'SHALL' },
  async version => {
    expect(await gap(version, retry({ retryAfter: 0.15 }), failed)).toBeGreaterThanOrEqual(149)
  },
)

executed('a Retry-After of the response overrules it', { field: 'retryAfter', level: 'SHOULD' }, async version => {
  const report = async (header: string, retryAfter: number) => {
    const parts = withActions(retry({ retryAfter }))
    const { report } = await run(version, {
      ...parts,
      answers: { '/thing': [{ status: 503, headers: { 'retry-after': header } }, {}] },
    })
    const { next } = report.steps[0]!
    return next.go === 'retry' && next.after
  }
  expect(await report('0', 30)).toBe(0)
  expect(await report('1', 0)).toBe(1000)
  expect(await report(new Date(0).toUTCString(), 30)).toBe(0)
  // RFC 9110, 5.6.7: the two older forms of a date.
  expect(await report('Sunday, 06-Nov-94 08:49:37 GMT', 30)).toBe(0)
  expect(await report('Sun Nov  6 08:49:37 1994', 30)).toBe(0)
  for (const neither of ['soon', '-5', '1, 2']) expect(await report(neither, 0.02)).toBe(20)
})

executed(
  'without retryAfter there is no delay',
  { field: 'retryAfter', decides: 'retry-after-default' },
  async version => {
    const { report } = await run(version, {
      ...withActions({ name: 'x', type: 'retry' }),
      answers: { '/thing': [failed, {}] },
    })
    expect(report.steps[0]!.next).toEqual({ action: 'x', go: 'retry', after: 0, left: 0 })
  },
)

isRefused(
  'retryAfter and retryLimit are not negative, and a limit is whole',
  { field: ['retryAfter', 'retryLimit'] },
  async version => {
    for (const fields of [
      { retryAfter: -1 },
      { retryAfter: '1' },
      { retryLimit: -1 },
      { retryLimit: 1.5 },
      { retryLimit: '3' },
    ])
      expect(await refused(version, withActions(retry(fields)))).toHaveLength(1)
    await accepted(version, withActions(retry({ retryAfter: 0.5, retryLimit: 0 })))
  },
)

isRead(
  'they only apply to retry',
  { field: ['retryAfter', 'retryLimit'], decides: 'irrelevant-fields' },
  async version => {
    const document = await accepted(version, withActions({ name: 'x', type: 'end', retryAfter: 1, retryLimit: 2 }))
    expect(document.warnings.map(({ code }) => code)).toEqual(['irrelevant-field', 'irrelevant-field'])
  },
)

executed('retry with a stepId: that step is executed, then the step again', { field: 'stepId' }, async version => {
  const { trail } = await run(version, {
    steps: [
      step('login', { operationId: 'refresh' }),
      step('a', { onFailure: [retry({ stepId: 'login', retryLimit: 2 })] }),
      step('b', { operationId: 'getOther' }),
    ],
    answers: { '/thing': [failed, failed, {}] },
  })
  expect(trail).toEqual([
    'login passed',
    'a failed',
    'login passed',
    'a failed',
    'login passed',
    'a passed',
    'b passed',
  ])
})

executed('what that step puts out is there for the retry', { field: 'stepId' }, async version => {
  const { requests } = await run(version, {
    steps: [
      step('login', { operationId: 'refresh', outputs: { token: '$response.body#/token' } }),
      step('a', {
        parameters: [{ name: 'token', in: 'query', value: '$steps.login.outputs.token' }],
        onFailure: [retry({ stepId: 'login' })],
      }),
    ],
    answers: { '/refresh': [{ body: { token: 'old' } }, { body: { token: 'new' } }], '/thing': [failed, {}] },
  })
  expect(requests).toEqual(['POST /refresh', 'GET /thing?token=old', 'POST /refresh', 'GET /thing?token=new'])
})

executed(
  "that step's own actions are not followed: context returns",
  { field: 'stepId', decides: 'retry-reference' },
  async version => {
    const { trail } = await run(version, {
      steps: [
        step('a', { onFailure: [retry({ stepId: 'fix' })], onSuccess: [{ name: 'done', type: 'end' }] }),
        step('fix', { operationId: 'refresh', onSuccess: [{ name: 'away', type: 'goto', stepId: 'far' }] }),
        step('far', { operationId: 'getThird' }),
      ],
      answers: { '/thing': [failed, {}] },
    })
    expect(trail).toEqual(['a failed', 'fix passed', 'a passed'])
  },
)

executed(
  'retry with a workflowId: that workflow is executed, then the step again',
  { field: 'workflowId' },
  async version => {
    const { trail } = await run(version, {
      ...withActions(retry({ workflowId: 'second' })),
      workflows: [second],
      answers: { '/thing': [failed, {}] },
    })
    expect(trail).toEqual(['a failed', 'x passed', 'a passed', 'b passed', 'c passed'])
  },
)

executed('its outputs can be read by the retry', { field: 'workflowId' }, async version => {
  const { requests } = await run(version, {
    steps: [
      step('a', {
        parameters: [{ name: 'token', in: 'query', value: '$workflows.second.outputs.token' }],
        onFailure: [retry({ workflowId: 'second' })],
      }),
    ],
    workflows: [
      {
        workflowId: 'second',
        steps: [step('x', { operationId: 'refresh', outputs: { token: '$response.body#/token' } })],
        outputs: { token: '$steps.x.outputs.token' },
      },
    ],
    answers: { '/thing': [failed, {}], '/refresh': { body: { token: 't' } } },
  })
  expect(requests).toEqual(['GET /thing', 'POST /refresh', 'GET /thing?token=t'])
})

executed(
  'a reference that fails does not stop the retry',
  { field: ['stepId', 'workflowId'], decides: 'retry-reference' },
  async version => {
    for (const reference of [{ stepId: 'fix' }, { workflowId: 'second' }]) {
      const { report } = await run(version, {
        steps: [
          step('a', { onFailure: [retry(reference)], onSuccess: [{ name: 'done', type: 'end' }] }),
          step('fix', { operationId: 'refresh' }),
        ],
        workflows: [second],
        answers: { '/thing': [failed, {}], '/refresh': { status: 500 } },
      })
      expect(report.state).toBe('passed')
    }
  },
)

/* ---- criteria ---- */

executed('criteria decide whether the action is executed', { field: 'criteria', level: 'SHALL' }, async version => {
  const parts = withActions(
    { name: 'gone', type: 'goto', stepId: 'c', criteria: status(404) },
    { name: 'busy', type: 'goto', stepId: 'b', criteria: status(503) },
  )
  expect((await run(version, { ...parts, answers: { '/thing': failed } })).trail).toEqual([
    'a failed',
    'b passed',
    'c passed',
  ])
  expect((await run(version, { ...parts, answers: { '/thing': { status: 404 } } })).trail).toEqual([
    'a failed',
    'c passed',
  ])
  expect((await run(version, { ...parts, answers: { '/thing': { status: 500 } } })).trail).toEqual(['a failed'])
})

executed('criteria of a retry are looked at after every attempt', { field: 'criteria' }, async version => {
  const parts = withActions(retry({ retryLimit: 9, criteria: status(503) }), {
    name: 'gone',
    type: 'goto',
    stepId: 'c',
    criteria: status(404),
  })
  const { trail } = await run(version, { ...parts, answers: { '/thing': [failed, failed, { status: 404 }] } })
  expect(trail).toEqual(['a failed', 'a failed', 'a failed', 'c passed'])
})

executed('criteria see the status, headers and body of the failure', { field: 'criteria' }, async version => {
  const criteria = [
    { condition: '$statusCode >= 500' },
    { condition: "$response.header.x-reason == 'busy'" },
    { context: '$response.body#/errors', condition: "$[?@.code == 'E1']", type: 'jsonpath' },
  ]
  const answer = { status: 500, headers: { 'x-reason': 'busy' }, body: { errors: [{ code: 'E1' }] } }
  const { trail } = await run(version, {
    ...withActions({ name: 'x', type: 'goto', stepId: 'c', criteria }),
    answers: { '/thing': answer },
  })
  expect(trail).toEqual(['a failed', 'c passed'])
})

executed(
  'a request without an answer is a failure as well: there is no status then',
  { field: 'criteria', decides: 'transport-errors' },
  async version => {
    const action = { name: 'x', type: 'goto', stepId: 'c', criteria: [{ condition: '$statusCode == null' }] }
    const parts = {
      steps: [
        step('a', { operationId: '$sourceDescriptions.dead.getThing', onFailure: [action] }),
        step('c', { operationId: '$sourceDescriptions.api.getThird' }),
      ],
      root: {
        sourceDescriptions: [
          { name: 'api', url: './api.json', type: 'openapi' },
          { name: 'dead', url: './dead.json', type: 'openapi' },
        ],
      },
      files: {
        'dead.json': {
          openapi: '3.1.0',
          info: { title: 'dead', version: '1' },
          paths: { '/thing': { get: { operationId: 'getThing', responses: { default: { description: 'any' } } } } },
        },
      },
    }
    const { serve } = await import('../builders/server.ts')
    const alive = await serve(() => ({ body: {} }))
    const { trail, report } = await run(version, {
      ...parts,
      servers: { api: alive.origin, dead: 'http://127.0.0.1:9' },
    })
    expect(trail).toEqual(['a unanswered', 'c passed'])
    expect(report.state).toBe('passed')
  },
)

/* ---- parameters ---- */

executed(
  'parameters are passed to the workflow',
  { only: '1.1.0', field: 'parameters', level: 'MUST' },
  async version => {
    const parameters = [{ name: 'n', value: '$response.body#/n' }]
    const answer = { status: 503, body: { n: 5 } }
    const go = { ...withActions({ name: 'x', type: 'goto', workflowId: 'second', parameters }), workflows: [receiver] }
    expect((await run(version, { ...go, answers: { '/thing': answer } })).requests).toEqual([
      'GET /thing',
      'GET /other?n=5',
    ])
    const again = { ...withActions(retry({ workflowId: 'second', parameters })), workflows: [receiver] }
    expect((await run(version, { ...again, answers: { '/thing': [answer, {}] } })).requests.slice(0, 3)).toEqual([
      'GET /thing',
      'GET /other?n=5',
      'GET /thing',
    ])
  },
)

executed('also by a Reusable Object', { only: '1.1.0', field: 'parameters', level: 'MUST' }, async version => {
  const parameters = [{ reference: '$components.parameters.n' }]
  const { requests } = await run(version, {
    ...withActions({ name: 'x', type: 'goto', workflowId: 'second', parameters }),
    workflows: [receiver],
    components: { parameters: { n: { name: 'n', value: '$statusCode' } } },
    answers: { '/thing': failed },
  })
  expect(requests).toEqual(['GET /thing', 'GET /other?n=503'])
})

isRefused(
  'a parameter has no `in`, and none is there twice',
  { only: '1.1.0', field: 'parameters', level: 'MUST' },
  async version => {
    const go = (...parameters: object[]) => ({
      ...withActions({ name: 'x', type: 'retry', workflowId: 'second', parameters }),
      workflows: [receiver],
    })
    expect(await refused(version, go({ name: 'n', in: 'query', value: 1 }))).toContain('irrelevant-field')
    expect(await refused(version, go({ name: 'n', value: 1 }, { name: 'n', value: 2 }))).toContain(
      'duplicate-parameter',
    )
    expect(await refused(version, go({ reference: '$components.parameters.none' }))).toContain('undefined-component')
  },
)

isRefused('1.0 has no parameters here', { only: '1.0.1' }, async version => {
  expect(await refused(version, withActions(retry({ parameters: [] })))).toContain('newer-field')
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, withActions(retry({ 'x-note': 1 })))
  expect(await refused(version, withActions(retry({ backoff: 2 })))).toContain('unknown-field')
})

executed('a loop that never ends is given up, and said to be one', { decides: 'runaway' }, async version => {
  const { report, requests } = await run(version, {
    ...withActions({ name: 'back', type: 'goto', stepId: 'a' }),
    answers: { '/thing': failed },
  })
  expect(report.because).toContain('given up as a runaway after 25 step visits')
  expect(requests).toHaveLength(25)
})
