import { describe, expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import type { StepRun, WorkflowReport } from '../../src/workflow/outcome.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'

const api = openapi({ a: ['get', '/a'], b: ['get', '/b'], c: ['get', '/c'], refresh: ['post', '/refresh'] })

/**
 * Runs `main` of the workflows against a server that answers each path by its list, the last answer again and again.
 */
async function run(
  workflows: string,
  script: Record<string, Answer[]>,
  options: Parameters<typeof runWorkflow>[1] = {},
  version = '1.0.1',
) {
  const counts: Record<string, number> = {}
  const server = await serve(({ url }) => {
    const path = url.split('?')[0]!
    const answers = script[path] ?? [{}]
    const count = counts[path] ?? 0
    counts[path] = count + 1
    return answers[Math.min(count, answers.length - 1)]!
  })
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': arazzo(workflows, '', version) })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml#main`, { servers: server.origin, ...options })
  return { report, paths: server.seen.map(({ url }) => url) }
}

const trail = (report: WorkflowReport) => report.steps.map(step => `${step.stepId} ${step.state}`)
const ways = (report: WorkflowReport) => report.steps.map(({ stepId, next }: StepRun) => `${stepId} -> ${next.go}`)

const three = (b: string) => `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }] }
      - stepId: b
        operationId: b
        successCriteria: [{ condition: $statusCode == 200 }]
${b.replaceAll(/^/gm, '        ')}
      - { stepId: c, operationId: c, successCriteria: [{ condition: $statusCode == 200 }] }
`

describe('without actions', () => {
  test('steps run in order and the workflow passes', async () => {
    const { report, paths } = await run(three(''), {})
    expect(report.state).toBe('passed')
    expect(paths).toEqual(['/a', '/b', '/c'])
  })

  test('a failed step ends the workflow', async () => {
    const { report, paths } = await run(three(''), { '/b': [{ status: 500 }] })
    expect(report.state).toBe('failed')
    expect(report.because).toBe('step "b" failed: $statusCode == 200 is not met (500)')
    expect(paths).toEqual(['/a', '/b'])
  })
})

describe('retry', () => {
  const retry = (more = '') => `onFailure: [{ name: again, type: retry, retryAfter: 0${more} }]`

  test('without retryLimit tries once more', async () => {
    const { report, paths } = await run(three(retry()), { '/b': [{ status: 503 }] })
    expect(report.state).toBe('failed')
    expect(paths).toEqual(['/a', '/b', '/b'])
  })

  test('goes on once the step has passed', async () => {
    const { report, paths } = await run(three(retry(', retryLimit: 5')), {
      '/b': [{ status: 503 }, { status: 503 }, {}],
    })
    expect(report.state).toBe('passed')
    expect(paths).toEqual(['/a', '/b', '/b', '/b', '/c'])
    expect(report.steps[1]!.next).toEqual({ action: 'again', go: 'retry', after: 0, left: 4 })
  })

  test('retryLimit 0 makes none', async () => {
    const { paths } = await run(three(retry(', retryLimit: 0')), { '/b': [{ status: 503 }] })
    expect(paths).toEqual(['/a', '/b'])
  })

  test('once used up, the next action is taken', async () => {
    const { report, paths } = await run(
      three(`onFailure:
  - { name: again, type: retry, retryAfter: 0, retryLimit: 2 }
  - { name: round, type: goto, stepId: c }`),
      { '/b': [{ status: 503 }] },
    )
    expect(paths).toEqual(['/a', '/b', '/b', '/b', '/c'])
    expect(report.state).toBe('passed')
  })

  test('its budget is full again when the step is entered anew', async () => {
    const { paths } = await run(
      `
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        onSuccess: [{ name: stop, type: end, criteria: [{ condition: $statusCode == 201 }] }]
      - stepId: b
        operationId: b
        successCriteria: [{ condition: $statusCode == 200 }]
        onFailure:
          - { name: again, type: retry, retryAfter: 0 }
          - { name: back, type: goto, stepId: a }
`,
      { '/a': [{}, {}, { status: 201 }], '/b': [{ status: 500 }] },
    )
    expect(paths).toEqual(['/a', '/b', '/b', '/a', '/b', '/b', '/a'])
  })

  test('criteria see the status code of the failed attempt', async () => {
    const action = `onFailure:
  - { name: again, type: retry, retryAfter: 0, retryLimit: 3, criteria: [{ condition: $statusCode == 503 }] }`
    expect((await run(three(action), { '/b': [{ status: 503 }, {}] })).report.state).toBe('passed')
    expect((await run(three(action), { '/b': [{ status: 404 }, {}] })).paths).toEqual(['/a', '/b'])
  })

  test('a reference runs first, then the step again', async () => {
    const { report, paths } = await run(
      `
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        successCriteria: [{ condition: $statusCode == 200 }]
        onFailure: [{ name: renew, type: retry, retryAfter: 0, workflowId: renew }]
      - { stepId: c, operationId: c }
  - workflowId: renew
    steps:
      - { stepId: refresh, operationId: refresh }
`,
      { '/a': [{ status: 401 }, {}] },
    )
    expect(paths).toEqual(['/a', '/refresh', '/a', '/c'])
    expect(report.state).toBe('passed')
    expect(report.steps.map(step => step.depth)).toEqual([0, 1, 0, 0])
  })

  test('a referenced step runs alone', async () => {
    const { paths } = await run(three('onFailure: [{ name: again, type: retry, retryAfter: 0, stepId: a }]'), {
      '/b': [{ status: 401 }, {}],
    })
    expect(paths).toEqual(['/a', '/b', '/a', '/b', '/c'])
  })

  test("the server's Retry-After overrules the action's", async () => {
    const { report } = await run(three('onFailure: [{ name: again, type: retry, retryAfter: 60 }]'), {
      '/b': [{ status: 503, headers: { 'retry-after': '0' } }, {}],
    })
    expect(report.state).toBe('passed')
    expect(report.steps[1]!.next).toMatchObject({ go: 'retry', after: 0 })
  })

  test.each([
    ['a Retry-After of 25 days', '60', '2160000'],
    ['a retryAfter of 25 days', '2160000', undefined],
    ['a Retry-After of 400 digits', '60', '9'.repeat(400)],
  ])('%s is more than a timer holds: the step has failed, and is not tried at once', async (_, ofAction, header) => {
    const { report, paths } = await run(
      three(`onFailure: [{ name: again, type: retry, retryAfter: ${ofAction}, retryLimit: 3 }]`),
      { '/b': [{ status: 503, ...(header && { headers: { 'retry-after': header } }) }, {}] },
    )
    expect(paths).toEqual(['/a', '/b'])
    expect(report.state).toBe('failed')
    expect(report.because).toMatch(/step "b" failed: .*not tried again.*24\.8 days/)
  })

  describe('a response that asks for a longer wait than is allowed fails its step', () => {
    const again = 'onFailure: [{ name: again, type: retry, retryAfter: 0, retryLimit: 3 }]'
    const answers = { '/b': [{ status: 503, headers: { 'retry-after': '60' } }, {}] }

    test('by maxRetryAfter', async () => {
      const { report, paths } = await run(three(again), answers, { maxRetryAfter: '30s' })
      expect(paths).toEqual(['/a', '/b'])
      expect(report.state).toBe('failed')
      expect(report.because).toMatch(
        /step "b" failed: .*not tried again, since the response asks for a wait of 60 s \(Retry-After\), longer than the 30 s that are allowed \(maxRetryAfter\)/,
      )
    })

    test('what the document itself says is not limited', async () => {
      const own = 'onFailure: [{ name: again, type: retry, retryAfter: 0.05 }]'
      const { report } = await run(three(own), { '/b': [{ status: 503 }, {}] }, { maxRetryAfter: 0 })
      expect(report.state).toBe('passed')
    })
  })

  test('decimals of retryAfter are waited for', async () => {
    const { report } = await run(three('onFailure: [{ name: again, type: retry, retryAfter: 0.25 }]'), {
      '/b': [{ status: 503 }, {}],
    })
    const [, first, second] = report.steps
    expect(second!.exchange!.sent - first!.exchange!.ended).toBeGreaterThanOrEqual(249)
  })
})

describe('goto', () => {
  test('outputs of earlier steps stay, forwards and backwards', async () => {
    const { report } = await run(
      `
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        outputs: { n: $response.body#/n }
        onSuccess: [{ name: skip, type: goto, stepId: c }]
      - { stepId: b, operationId: b, onSuccess: [{ name: done, type: end }] }
      - { stepId: c, operationId: c, onSuccess: [{ name: back, type: goto, stepId: b }] }
    outputs: { n: $steps.a.outputs.n }
`,
      { '/a': [{ body: { n: 7 } }] },
    )
    expect(trail(report)).toEqual(['a passed', 'c passed', 'b passed'])
    expect(report.outputs).toEqual({ n: 7 })
  })

  test('a long loop neither overflows nor slows down, and a runaway is given up with its reason', async () => {
    const loop = `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, onSuccess: [{ name: round, type: goto, stepId: a }] }
`
    const { report, paths } = await run(loop, {}, { maxVisits: 500 })
    expect(paths).toHaveLength(500)
    expect(report.because).toMatchInlineSnapshot(
      `"the run was given up as a runaway after 500 step visits, at step "a". Check its goto and retry actions for a loop that never ends, or raise maxVisits."`,
    )
  })

  test('another workflow takes over for good', async () => {
    const { report, paths } = await run(
      `
  - workflowId: main
    inputs: { type: object, properties: { who: { type: string } } }
    steps:
      - { stepId: a, operationId: a, outputs: { n: $response.body#/n }, onSuccess: [{ name: over, type: goto, workflowId: other }] }
      - { stepId: b, operationId: b }
    outputs: { n: $steps.a.outputs.n }
  - workflowId: other
    inputs: { type: object, properties: { who: { type: string } } }
    steps:
      - { stepId: c, operationId: c }
    outputs: { who: $inputs.who }
`,
      { '/a': [{ body: { n: 1 } }] },
      { inputs: { who: 'me' } },
    )
    expect(paths).toEqual(['/a', '/c'])
    expect(report.outputs).toEqual({ n: 1, who: 'me' })
  })
})

describe('end', () => {
  test('after success passes, whatever follows', async () => {
    const { report, paths } = await run(three('onSuccess: [{ name: stop, type: end }]'), {})
    expect(paths).toEqual(['/a', '/b'])
    expect(report.state).toBe('passed')
  })

  test('after a failure leaves the workflow failed, with the outputs that there are', async () => {
    const { report } = await run(
      `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, outputs: { n: $response.body#/n } }
      - stepId: b
        operationId: b
        successCriteria: [{ condition: $statusCode == 200 }]
        onFailure: [{ name: stop, type: end }]
    outputs: { n: $steps.a.outputs.n }
`,
      { '/a': [{ body: { n: 1 } }], '/b': [{ status: 500 }] },
    )
    expect(report.state).toBe('failed')
    expect(report.outputs).toEqual({ n: 1 })
  })
})

describe('actions of the workflow', () => {
  const flow = (own: string) => `
  - workflowId: main
    failureActions:
      - { name: again, type: retry, retryAfter: 0 }
    steps:
      - { stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }]${own} }
      - { stepId: c, operationId: c }
`
  test('hold for steps without their own', async () => {
    expect((await run(flow(''), { '/a': [{ status: 500 }] })).paths).toEqual(['/a', '/a'])
  })

  test('are overridden by name', async () => {
    const own = ', onFailure: [{ name: again, type: goto, stepId: c }]'
    expect((await run(flow(own), { '/a': [{ status: 500 }] })).paths).toEqual(['/a', '/c'])
  })

  test('stay when the step has others, and an empty list removes none', async () => {
    const other = ', onFailure: [{ name: other, type: goto, stepId: c, criteria: [{ condition: $statusCode == 404 }] }]'
    expect((await run(flow(other), { '/a': [{ status: 500 }] })).paths).toEqual(['/a', '/a'])
    expect((await run(flow(', onFailure: []'), { '/a': [{ status: 500 }] })).paths).toEqual(['/a', '/a'])
  })
})

describe('nested workflows', () => {
  const nested = `
  - workflowId: main
    inputs: { type: object, properties: { n: { type: integer } } }
    steps:
      - stepId: inner
        workflowId: child
        parameters: [{ name: n, value: $inputs.n }]
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { twice: $outputs.n, status: $response.body#/s }
      - { stepId: c, operationId: c }
    outputs: { twice: $steps.inner.outputs.twice, status: $steps.inner.outputs.status, seen: $workflows.child.outputs.n }
  - workflowId: child
    inputs: { type: object, properties: { n: { type: integer }, m: { type: integer, default: 5 } } }
    steps:
      - { stepId: b, operationId: b, successCriteria: [{ condition: $statusCode == 200 }], outputs: { m: $inputs.m } }
    outputs: { n: $inputs.n, m: $steps.b.outputs.m }
`
  test('get inputs, give outputs, and show in the record before the step that called them', async () => {
    const { report } = await run(nested, { '/b': [{ body: { s: 'ok' } }] }, { inputs: { n: 3 } })
    expect(report.steps.map(step => `${step.workflowId}.${step.stepId}`)).toEqual(['child.b', 'main.inner', 'main.c'])
    expect(report.outputs).toEqual({ twice: 3, status: 'ok', seen: 3 })
  })

  test('that fail, fail the step that called them', async () => {
    const { report } = await run(nested, { '/b': [{ status: 500 }] }, { inputs: { n: 3 } })
    expect(trail(report)).toEqual(['b failed', 'inner failed'])
    expect(report.because).toMatchInlineSnapshot(
      `"step "inner" failed: workflow "child" failed: step "b" failed: $statusCode == 200 is not met (500)"`,
    )
  })

  test('may take no longer than the timeout of the step that called them', async () => {
    const { report } = await run(
      `
  - workflowId: main
    steps:
      - stepId: inner
        workflowId: child
        timeout: 100
        onFailure: [{ name: round, type: goto, stepId: c }]
      - { stepId: c, operationId: c }
  - workflowId: child
    steps:
      - { stepId: b, operationId: b }
`,
      { '/b': [{ delay: 'never' }] },
      {},
      '1.1.0',
    )
    expect(trail(report)).toEqual(['b unanswered', 'inner unanswered', 'c passed'])
    expect(ways(report)).toEqual(['b -> end', 'inner -> step', 'c -> end'])
  })
})

describe('dependsOn', () => {
  test('prerequisites run first, each once, and their outputs can be read', async () => {
    const { report, paths } = await run(
      `
  - workflowId: main
    dependsOn: [second, first]
    steps:
      - { stepId: c, operationId: c, parameters: [{ name: n, in: query, value: $workflows.first.outputs.n }] }
  - workflowId: first
    steps: [{ stepId: a, operationId: a, outputs: { n: $response.body#/n } }]
    outputs: { n: $steps.a.outputs.n }
  - workflowId: second
    dependsOn: [first]
    steps: [{ stepId: b, operationId: b }]
`,
      { '/a': [{ body: { n: 4 } }] },
    )
    expect(paths).toEqual(['/a', '/b', '/c?n=4'])
    expect(report.state).toBe('passed')
  })

  test('a failed prerequisite keeps the workflow from running', async () => {
    const { report, paths } = await run(
      `
  - workflowId: main
    dependsOn: [first]
    steps: [{ stepId: c, operationId: c }]
  - workflowId: first
    steps: [{ stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }] }]
`,
      { '/a': [{ status: 500 }] },
    )
    expect(paths).toEqual(['/a'])
    expect(report.because).toBe('prerequisite "first" failed: step "a" failed: $statusCode == 200 is not met (500)')
  })

  test('steps are put in an order that satisfies it (1.1)', async () => {
    const { paths } = await run(
      `
  - workflowId: main
    steps:
      - { stepId: c, operationId: c, dependsOn: [b] }
      - { stepId: a, operationId: a }
      - { stepId: b, operationId: b }
`,
      {},
      {},
      '1.1.0',
    )
    expect(paths).toEqual(['/b', '/c', '/a'])
  })
})

describe('no answer', () => {
  test('a timeout fails the step, and onFailure applies', async () => {
    const { report } = await run(
      `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, timeout: 80, onFailure: [{ name: round, type: goto, stepId: c }] }
      - { stepId: b, operationId: b }
      - { stepId: c, operationId: c }
`,
      { '/a': [{ delay: 'never' }] },
      {},
      '1.1.0',
    )
    expect(trail(report)).toEqual(['a unanswered', 'c passed'])
  })

  test('a refused connection is an unanswered step', async () => {
    const { report } = await run(three(''), {}, { servers: 'http://127.0.0.1:1' })
    expect(report.steps[0]).toMatchObject({ state: 'unanswered', cause: 'refused' })
  })

  test('an abort ends the run at once', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    const { report } = await run(three(''), { '/a': [{ delay: 'never' }] }, { signal: abort.signal })
    expect(report.state).toBe('failed')
    expect(report.because).toBe('the run was aborted')
  })
})

test('without successCriteria an error status fails the step, and a redirect passes', async () => {
  const flow = `
  - workflowId: main
    steps: [{ stepId: a, operationId: a }]
`
  expect((await run(flow, { '/a': [{ status: 302, headers: { location: '/x' } }] })).report.state).toBe('passed')
  expect((await run(flow, { '/a': [{ status: 404 }] })).report.because).toMatchInlineSnapshot(
    `"step "a" failed: the server responded with 404, and the step has no successCriteria that accept it"`,
  )
})
