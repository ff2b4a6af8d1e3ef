import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRef } from '../../src/workflow/find.ts'
import { openRun, runWorkflow } from '../../src/workflow/functional.ts'
import { openGate } from '../builders/gate.ts'
import { givenUpAfter } from '../builders/given-up.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { amount } from '../builders/thorough.ts'

givenUpAfter(500)

const query = (name: string) => ({ name, in: 'query', schema: { type: 'string' } })
const api = openapi({
  login: ['post', '/login'],
  a: ['get', '/a', { parameters: [query('t')] }],
  b: ['get', '/b', { parameters: [query('t')] }],
  last: ['get', '/last', { parameters: [query('x'), query('y')] }],
})
const PARALLEL = '    x-vitest: { parallel: true }\n'

/** One step before two that do not wait for one another, and one behind both. */
const diamond = (extension = PARALLEL, more = '') => `
  - workflowId: main
${extension}    steps:
      - { stepId: login, operationId: login, outputs: { token: $response.body#/value } }
      - stepId: a
        operationId: a
        dependsOn: [login]
        outputs: { x: $response.body#/value, url: $url }
${more}      - stepId: b
        operationId: b
        parameters: [{ name: t, in: query, value: $steps.login.outputs.token }]
        outputs: { y: $response.body#/value }
      - stepId: last
        operationId: last
        parameters:
          - { name: x, in: query, value: $steps.a.outputs.x }
          - { name: y, in: query, value: $steps.b.outputs.y }
        outputs: { all: $response.body#/value }
    outputs: { token: $steps.login.outputs.token, x: $steps.a.outputs.x, y: $steps.b.outputs.y, all: $steps.last.outputs.all }
`

const write = (workflows: string) =>
  `${project({ 'api.json': api, 'flow.arazzo.yaml': arazzo(workflows, '', '1.1.0') })}/flow.arazzo.yaml#main`

/** Bounds what would wait for ever. */
const within = () => AbortSignal.timeout(60_000)

const say = (path: string, url: URL) => ({
  body: { value: path + url.search },
  headers: path === '/login' ? { 'set-cookie': 'sid=7; Path=/' } : undefined,
})

describe('steps that do not wait for one another', () => {
  test.each(['h1', 'h2'] as const)(
    'run at the same time over %s, with the outputs of one after the other',
    async protocol => {
      const gate = await openGate(['/a', '/b'], say, protocol)
      const options = { signal: within(), protocol, checks: 'off' as const }
      const report = await runWorkflow(write(diamond()), { ...options, servers: gate.origin })
      expect(report).toMatchObject({ state: 'passed' })
      expect(gate.most).toBe(2)
      expect(gate.cookies).toMatchObject({ '/a': 'sid=7', '/b': 'sid=7', '/last': 'sid=7' })

      const open = await openGate([], say, protocol)
      const inTurn = await runWorkflow(write(diamond('')), { ...options, servers: open.origin })
      expect(open.most).toBe(1)
      expect(open.seen).toEqual([
        'POST /login',
        'GET /a',
        'GET /b?t=%2Flogin',
        'GET /last?x=%2Fa&y=%2Fb%3Ft%3D%252Flogin',
      ])
      expect(report.outputs).toEqual(inTurn.outputs)
      const told = ({ steps }: typeof report) => steps.map(({ stepId, attempt, next }) => ({ stepId, attempt, next }))
      expect(told(report)).toEqual(told(inTurn))
      expect([...gate.seen].sort()).toEqual([...open.seen].sort())
    },
  )

  test('run at the same time where the document says it of all workflows, and not where one says no', async () => {
    const text = (own: string) => arazzo(diamond(own), 'x-vitest: { parallel: true }\n', '1.1.0')
    const ref = (own: string) => `${project({ 'api.json': api, 'flow.arazzo.yaml': text(own) })}/flow.arazzo.yaml#main`
    const gate = await openGate(['/a', '/b'])
    expect(await runWorkflow(ref(''), { servers: gate.origin, signal: within() })).toMatchObject({ state: 'passed' })
    const open = await openGate([])
    await runWorkflow(ref('    x-vitest: { parallel: false }\n'), { servers: open.origin })
    expect(open.seen.map(line => line.split('?')[0])).toEqual(['POST /login', 'GET /a', 'GET /b', 'GET /last'])
  })

  test('begin as soon as all that they wait for have ended, not in layers', async () => {
    // Step c waits for a alone, and b is only responded to when c is there.
    const steps = `
  - workflowId: main
${PARALLEL}    steps:
      - { stepId: a, operationId: login }
      - { stepId: b, operationId: b }
      - { stepId: c, operationId: a, dependsOn: [a] }
`
    const gate = await openGate(['/a', '/b'])
    const report = await runWorkflow(write(steps), { servers: gate.origin, signal: within() })
    expect(report.steps.map(({ stepId, state }) => `${stepId} ${state}`)).toEqual(['a passed', 'b passed', 'c passed'])
  })

  test('are told one by one as they end', async () => {
    const gate = await openGate(['/a', '/b'])
    const { document } = await readRef(write(diamond()))
    const run = openRun(document, 'main', { servers: gate.origin, signal: within() })
    const told: string[] = []
    for (let step = await run.next(); step; step = await run.next()) told.push(step.stepId)
    await run.close()
    expect([told[0], told.slice(1, 3).sort(), told[3]]).toEqual(['login', ['a', 'b'], 'last'])
  })
})

describe('a failure', () => {
  const failing = (...paths: string[]) =>
    openGate(['/a', '/b'], path => ({ status: paths.includes(path) ? 503 : 200, body: { value: path } }))

  test('lets the others end, begins no more, and is named', async () => {
    const gate = await failing('/a')
    const report = await runWorkflow(write(diamond()), { servers: gate.origin, signal: within(), checks: 'off' })
    expect(report.state).toBe('failed')
    expect(report.because).toBe(
      'step "a" failed: the server responded with 503, and the step has no successCriteria that accept it',
    )
    expect(report.steps.map(({ stepId, state }) => `${stepId} ${state}`)).toEqual([
      'login passed',
      'a failed',
      'b passed',
    ])
    expect(report.outputs).toMatchObject({ token: '/login', y: '/b' })
    expect(gate.seen).toHaveLength(3)
  })

  test('of several steps is each named, in the order of the steps', async () => {
    const gate = await failing('/a', '/b')
    const { because } = await runWorkflow(write(diamond()), { servers: gate.origin, signal: within(), checks: 'off' })
    expect(because).toMatch(/^step "a" failed: .*503.*; step "b" failed: .*503/)
  })

  test('is tried again beside the others, after a workflow of its own', async () => {
    const more = `        onFailure: [{ name: again, type: retry, retryLimit: 2, workflowId: mend }]\n`
    const mend = `  - workflowId: mend
    steps: [{ stepId: login, operationId: login }]
`
    let failures = 0
    const gate = await openGate(['/a', '/b'], path => ({
      status: path === '/a' && failures++ < 1 ? 503 : 200,
      body: { value: path },
    }))
    const run = runWorkflow(write(diamond(PARALLEL, more) + mend), { servers: gate.origin, signal: within() })
    // The second try at a is held for another b, which never comes: its response is let go by one that does.
    await expect.poll(() => gate.held).toBe(1)
    await fetch(`${gate.origin}/b`)
    const report = await run
    expect(report.state).toBe('passed')
    expect(report.steps.map(({ stepId, attempt, state }) => `${stepId} ${attempt} ${state}`)).toEqual([
      'login 1 passed',
      'a 1 failed',
      'login 1 passed',
      'a 2 passed',
      'b 1 passed',
      'last 1 passed',
    ])
  })

  test('ends the run where it is aborted with several requests in flight', async () => {
    const gate = await openGate(['/a', '/b', '/never'])
    const ending = new AbortController()
    const run = runWorkflow(write(diamond()), { servers: gate.origin, signal: ending.signal })
    await expect.poll(() => gate.held).toBe(2)
    ending.abort()
    const report = await run
    expect(report).toMatchObject({ state: 'failed', because: 'the run was aborted' })
    expect(report.steps.map(({ stepId, state }) => `${stepId} ${state}`)).toEqual([
      'login passed',
      'a unanswered',
      'b unanswered',
    ])
  })
})

describe('workflows that steps run', () => {
  const calling = (steps: string, more = '') => `
  - workflowId: main
${PARALLEL}    steps:
${steps}
  - workflowId: one
${more}    steps: [{ stepId: a, operationId: a, outputs: { x: $response.body#/value } }]
    outputs: { x: $steps.a.outputs.x }
  - workflowId: other
${PARALLEL}    steps:
      - { stepId: b, operationId: b, outputs: { y: $response.body#/value } }
      - { stepId: twice, operationId: b, outputs: { y: $response.body#/value } }
    outputs: { y: $steps.b.outputs.y }
`
  test('run at the same time too, and may do so themselves', async () => {
    const steps = `
      - { stepId: one, workflowId: one, outputs: { x: $outputs.x } }
      - { stepId: other, workflowId: other, outputs: { y: $outputs.y } }
    outputs: { x: $steps.one.outputs.x, y: $steps.other.outputs.y }`
    const gate = await openGate(['/a', '/b', '/rest'])
    const run = runWorkflow(write(calling(steps)), { servers: gate.origin, signal: within() })
    // One request of the first, and two of the other.
    await expect.poll(() => gate.held).toBe(3)
    await Promise.all(['/rest', '/a', '/rest'].map(path => fetch(gate.origin + path)))
    const report = await run
    expect(report).toMatchObject({ state: 'passed', outputs: { x: '/a', y: '/b' } })
    expect(report.steps.map(({ stepId }) => stepId)).toEqual(['a', 'one', 'b', 'twice', 'other'])
  })

  test('are let go where the step takes too long, with all that they have in flight', async () => {
    const steps = `
      - { stepId: other, workflowId: other, timeout: 300, onFailure: [{ name: again, type: retry }] }`
    const gate = await openGate(['/b', '/never'])
    const report = await runWorkflow(write(calling(steps)), { servers: gate.origin, signal: within() })
    expect(report.because).toBe('step "other" failed: workflow step "other" took longer than its timeout of 300 ms')
    expect(gate.seen).toHaveLength(4)
    expect(report.steps.map(({ stepId, attempt, state }) => `${stepId} ${attempt} ${state}`)).toEqual([
      ...['b 1 unanswered', 'twice 1 unanswered', 'other 1 unanswered'],
      ...['b 1 unanswered', 'twice 1 unanswered', 'other 2 unanswered'],
    ])
  })

  test('wait for one another where it matters which ran last', async () => {
    // Both run "one", and the third reads what it gave last: that is of the second, as with one after the other.
    const steps = `
      - { stepId: first, workflowId: one }
      - { stepId: second, workflowId: one }
      - stepId: read
        operationId: last
        parameters: [{ name: x, in: query, value: $workflows.one.outputs.x }]
        outputs: { all: $response.body#/value }
    outputs: { all: $steps.read.outputs.all }`
    let count = 0
    const gate = await openGate([], (path, url) => ({ body: { value: path === '/a' ? `${++count}` : url.search } }))
    const report = await runWorkflow(write(calling(steps)), { servers: gate.origin, signal: within() })
    expect(report.outputs).toEqual({ all: '?x=2' })
    expect([gate.most, gate.seen]).toEqual([1, ['GET /a', 'GET /a', 'GET /last?x=2']])
  })

  test('have a prerequisite once', async () => {
    const steps = `
      - { stepId: first, workflowId: one }
      - { stepId: second, workflowId: one }`
    const gate = await openGate([])
    const workflows = calling(steps, '    dependsOn: [other]\n')
    await runWorkflow(write(workflows), { servers: gate.origin, signal: within() })
    expect(gate.seen).toEqual(['GET /b', 'GET /b', 'GET /a', 'GET /a'])
  })

  test('that run one another for ever are given up', async () => {
    const endless = `
  - workflowId: main
${PARALLEL}    steps:
      - { stepId: a, operationId: a }
      - { stepId: again, workflowId: main }
`
    const gate = await openGate([])
    const report = await runWorkflow(write(endless), { servers: gate.origin, signal: within() })
    expect(report.state).toBe('failed')
    expect(report.because).toMatch(/given up as a runaway after 500 step visits/)
  })
})

/** How a step stands to each of those before it. */
const relation = fc.constantFrom('none', 'none', 'depends', 'reads')
const relations = fc.array(fc.array(relation, { minLength: 6, maxLength: 6 }), { minLength: 2, maxLength: 7 })

test('whatever waits for what, outputs are those of one after the other', async () => {
  const gate = await openGate([], (path, url) => ({
    status: url.searchParams.get('fails') === 'yes' ? 503 : 200,
    body: { value: `${path}(${url.searchParams.get('t')})` },
  }))
  const api = openapi({ ask: ['get', '/ask', { parameters: [query('t'), query('fails')] }] })
  const write = (steps: readonly (readonly string[])[], failing: number, parallel: boolean) => {
    const texts = steps.map((of, i) => {
      const those = (kind: string) => of.flatMap((one, j) => (j < i && one === kind ? [j] : []))
      const t = [`s${i}`, ...those('reads').map(j => `{$steps.s${j}.outputs.v}`)].join('-')
      const fails = i === failing ? 'yes' : 'no'
      const parameters = JSON.stringify([
        { name: 't', in: 'query', value: t },
        { name: 'fails', in: 'query', value: fails },
      ])
      const depends = `[${those('depends').map(j => `s${j}`)}]`
      return `      - { stepId: s${i}, operationId: ask, dependsOn: ${depends}, parameters: ${parameters}, outputs: { v: $response.body#/value } }\n`
    })
    const outputs = steps.map((_, i) => `v${i}: $steps.s${i}.outputs.v`).join(', ')
    const extension = parallel ? PARALLEL : ''
    const text = arazzo(
      `  - workflowId: main\n${extension}    steps:\n${texts.join('')}    outputs: { ${outputs} }\n`,
      '',
      '1.1.0',
    )
    return `${project({ 'api.json': api, 'flow.arazzo.yaml': text })}/flow.arazzo.yaml`
  }
  const run = async (...of: Parameters<typeof write>) => {
    gate.seen.length = 0
    const report = await runWorkflow(write(...of), { servers: gate.origin, signal: within() })
    return { ...report, seen: [...gate.seen].sort() }
  }
  await fc.assert(
    fc.asyncProperty(relations, fc.integer({ min: -4, max: 6 }), async (steps, failing) => {
      const inTurn = await run(steps, failing, false)
      const together = await run(steps, failing, true)
      expect(together.state).toBe(inTurn.state)
      expect(together.because).toBe(inTurn.because)
      // After a failure those that ran beside it have ended too.
      if (inTurn.state === 'failed') expect(together.outputs).toMatchObject(reached(inTurn, together))
      else expect([together.outputs, together.seen]).toEqual([inTurn.outputs, inTurn.seen])
    }),
    { numRuns: amount(15, 300) },
  )
})

test.each([
  ['at the same time', PARALLEL],
  ['in turn', ''],
])('what a workflow had made that a step runs is known when it has failed, %s', async (_, of) => {
  const gate = await openGate([], path => ({ status: path === '/b' ? 500 : 200, body: { value: path } }))
  const flow = `
  - workflowId: main
${of}    steps:
      - { stepId: call, workflowId: middle, outputs: { mine: $outputs.id } }
  - workflowId: middle
${of}    steps:
      - { stepId: call, workflowId: inner, outputs: { id: $outputs.made } }
    outputs: { id: $steps.call.outputs.id }
  - workflowId: inner
${of}    steps:
      - { stepId: make, operationId: a, outputs: { id: $response.body#/value } }
      - { stepId: look, operationId: b, dependsOn: [make] }
    outputs: { made: $steps.make.outputs.id }
`
  const { document, workflowId } = await readRef(write(flow))
  const run = openRun(document, workflowId, { servers: gate.origin, checks: 'off' })
  while (await run.next()) {}
  expect(run.report().state).toBe('failed')
  expect(run.known().values).toEqual({ id: '/a', made: '/a' })
  await run.close()
})

test('as many steps as there are wait for one another, each with a connection', async () => {
  const names = Array.from({ length: 20 }, (_, n) => `s${n}`)
  const gate = await openGate(names.map(name => `/${name}`))
  const all = openapi(Object.fromEntries(names.map(name => [name, ['get', `/${name}`]])))
  const steps = names.map(name => `      - { stepId: ${name}, operationId: ${name} }\n`).join('')
  const text = arazzo(`  - workflowId: main\n${PARALLEL}    steps:\n${steps}`, '', '1.1.0')
  const folder = project({ 'api.json': all, 'flow.arazzo.yaml': text })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: gate.origin, signal: within() })
  expect(report).toMatchObject({ state: 'passed' })
  expect(gate.most).toBe(20)
})

test.each([PARALLEL, ''])(
  'what a run that is aborted had made is known, also in a workflow that a step runs%#',
  async of => {
    const gate = await openGate(['/b', '/last'])
    const flow = `
  - workflowId: main
${of}    steps: [{ stepId: call, workflowId: inner }]
  - workflowId: inner
${of}    steps:
      - { stepId: make, operationId: a, outputs: { id: $response.body#/value } }
      - { stepId: look, operationId: b, dependsOn: [make] }
`
    const { document, workflowId } = await readRef(write(flow))
    const ending = new AbortController()
    const run = openRun(document, workflowId, { servers: gate.origin, signal: ending.signal })
    expect(await run.next()).toMatchObject({ stepId: 'make', state: 'passed' })
    const next = run.next()
    await expect.poll(() => gate.held).toBe(1)
    ending.abort()
    await next
    expect(run.known().values).toEqual({ id: '/a' })
    await run.close()
  },
)

/** Outputs of the steps that both runs came to. */
function reached(one: { outputs: Record<string, unknown> }, other: { outputs: Record<string, unknown> }) {
  return Object.fromEntries(
    Object.entries(one.outputs).filter(([name, value]) => value !== undefined && other.outputs[name] !== undefined),
  )
}
