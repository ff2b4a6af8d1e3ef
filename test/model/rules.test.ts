import { describe, expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { amount, thoroughly } from '../builders/thorough.ts'
import { action, byPath, flow, program, step } from './program.ts'
import { expectAsModelled, openWorld } from './world.ts'

/* Single rules, each by name: those that once were broken, and those that a sequence of requests cannot show. */

const world = openWorld()

describe('prerequisites', () => {
  test('one that failed has not been completed: a retry runs it again', async () => {
    const flows = program([
      flow('main', [step('call', { runs: 'dependent', onFailure: [action('retry')] })]),
      flow('dependent', [step('work')], {
        needs: ['first'],
        gives: [{ name: 'n', value: { step: 'work', output: 'n' } }],
      }),
      flow('first', [step('begin')]),
    ])
    const report = await expectAsModelled(world, flows, byPath({ '/first/begin': [500] }))
    expect(report.state).toBe('failed')
    expect(world.seen).toEqual(['/first/begin', '/first/begin'])

    await expectAsModelled(world, flows, byPath({ '/first/begin': [500, 200] }))
    expect(world.seen).toEqual(['/first/begin', '/first/begin', '/dependent/work'])
  })

  test('one that has passed on the way is not run again', async () => {
    const flows = program([
      flow('main', [step('call', { runs: 'first', gives: [] }), step('again', { runs: 'dependent', gives: [] })]),
      flow('dependent', [step('work')], { needs: ['first'] }),
      flow('first', [step('begin')]),
    ])
    await expectAsModelled(world, flows, byPath({}))
    expect(world.seen).toEqual(['/first/begin', '/dependent/work'])
  })

  test('one that hands over has been completed, whatever becomes of the rest', async () => {
    const flows = program([
      flow('main', [
        step('call', { runs: 'first', gives: [], onFailure: [action('goto', { to: { step: 'next' } })] }),
        step('next', { runs: 'dependent', gives: [] }),
      ]),
      flow('dependent', [step('work')], { needs: ['first'] }),
      flow('first', [step('begin', { onSuccess: [action('goto', { to: { flow: 'last' } })] })]),
      flow('last', [step('end')]),
    ])
    await expectAsModelled(world, flows, byPath({ '/last/end': [500] }))
    expect(world.seen).toEqual(['/first/begin', '/last/end', '/dependent/work'])
  })

  test('prerequisites of prerequisites come first, each once, with the inputs of the workflow that waits', async () => {
    const p = [{ name: 'p', value: { input: 'p' } }]
    const flows = program(
      [
        flow('main', [step('work', { sends: p })], { needs: ['third', 'second', 'first'], inputs: { p: 1 } }),
        flow('first', [step('begin', { sends: p })], { inputs: { p: 2 } }),
        flow('second', [step('go', { sends: p })], { needs: ['first'], inputs: { p: 3 } }),
        flow('third', [step('on', { sends: p })], { needs: ['first', 'second'], inputs: { p: 4 } }),
      ],
      { inputs: { p: 5 } },
    )
    await expectAsModelled(world, flows, byPath({}))
    expect(world.seen).toEqual(['/first/begin?p=5', '/second/go?p=5', '/third/on?p=5', '/main/work?p=5'])
  })
})

test('a step whose prerequisite has not been completed fails, unanswered by anybody (1.1)', async () => {
  const onFailure = [action('retry', { when: [[200]] }), action('goto', { to: { step: 'c' } })]
  const flows = program([
    flow('main', [
      step('a', { onSuccess: [action('goto', { to: { step: 'b' } })] }),
      step('skipped'),
      step('b', { needs: ['skipped'], onFailure }),
      step('c'),
    ]),
  ])
  const report = await expectAsModelled(world, flows, byPath({}))
  expect(world.seen).toEqual(['/main/a', '/main/c'])
  expect(report.steps[1]).toMatchObject({
    state: 'failed',
    error: 'Failed to run step "b": it depends on step "skipped", which has not been completed.',
  })
})

describe('another workflow that takes over', () => {
  test('gives its outputs; where it has no value, that of the workflow before it stays', async () => {
    const flows = program([
      flow('main', [step('a', { onSuccess: [action('goto', { to: { flow: 'other' } })] })], {
        gives: [
          { name: 'kept', value: { step: 'a', output: 'n' } },
          { name: 'replaced', value: { step: 'a', output: 'n' } },
        ],
      }),
      flow('other', [step('b', { onSuccess: [action('end')] }), step('never')], {
        gives: [
          { name: 'kept', value: { step: 'never', output: 'n' } },
          { name: 'replaced', value: { step: 'b', output: 'n' } },
        ],
      }),
    ])
    expect((await expectAsModelled(world, flows, byPath({}))).outputs).toEqual({ kept: 1, replaced: 2 })
  })

  test.each(['goto', 'retry'] as const)(
    '%s: a parameter without a value leaves the input that there is',
    async type => {
      const go = action(type, {
        to: { flow: 'other' },
        sends: [
          { name: 'p', value: { step: 'later', output: 'n' } },
          { name: 'q', value: 9 },
        ],
      })
      const flows = program(
        [
          flow('main', [step('a', { onFailure: [go] }), step('later')], { inputs: { p: undefined, q: undefined } }),
          flow(
            'other',
            [
              step('b', {
                sends: [
                  { name: 'p', value: { input: 'p' } },
                  { name: 'q', value: { input: 'q' } },
                ],
              }),
            ],
            { inputs: { p: undefined, q: undefined } },
          ),
        ],
        { inputs: { p: 3, q: 4 } },
      )
      await expectAsModelled(world, flows, byPath({ '/main/a': [500, 200] }))
      expect(world.seen[1]).toBe('/other/b?p=3&q=9')
    },
  )

  test('has no more time than was left to the one before it', async () => {
    const server = await serve(({ url }) => (url === '/b' ? { delay: 'never' } : {}))
    const folder = project({
      'api.json': openapi({ a: ['get', '/a'], b: ['get', '/b'], c: ['get', '/c'] }),
      'flow.arazzo.yaml': arazzo(
        `
  - workflowId: main
    steps:
      - stepId: inner
        workflowId: child
        timeout: 150
        onFailure: [{ name: round, type: goto, stepId: c }]
      - { stepId: c, operationId: c }
  - workflowId: child
    steps:
      - { stepId: a, operationId: a, onSuccess: [{ name: over, type: goto, workflowId: other }] }
  - workflowId: other
    steps:
      - { stepId: b, operationId: b }
`,
        '',
        '1.1.0',
      ),
    })
    const report = await runWorkflow(`${folder}/flow.arazzo.yaml#main`, { servers: server.origin })
    expect(report.steps.map(({ stepId, state }) => `${stepId} ${state}`)).toEqual([
      'a passed',
      'b unanswered',
      'inner unanswered',
      'c passed',
    ])
  })
})

test('workflows of the same name in two documents are two workflows', async () => {
  const server = await serve((_, count) => ({ body: { n: count } }))
  const outputs = 'outputs: { n: $steps.s.outputs.n }'
  const flowOf = (operation: string) =>
    `steps: [{ stepId: s, operationId: $sourceDescriptions.api.${operation}, outputs: { n: $response.body#/n } }]\n    ${outputs}`
  const folder = project({
    'api.json': openapi({ mine: ['get', '/mine'], theirs: ['get', '/theirs'], last: ['get', '/last'] }),
    'their.arazzo.yaml': arazzo(`  - workflowId: prepare\n    ${flowOf('theirs')}`),
    'flow.arazzo.yaml': `arazzo: 1.0.1
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.json, type: openapi }
  - { name: their, url: ./their.arazzo.yaml, type: arazzo }
workflows:
  - workflowId: main
    dependsOn: [prepare, $sourceDescriptions.their.prepare]
    steps:
      - stepId: last
        operationId: $sourceDescriptions.api.last
        parameters: [{ name: n, in: query, value: $workflows.prepare.outputs.n }]
  - workflowId: prepare
    ${flowOf('mine')}
`,
  })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml#main`, { servers: server.origin })
  expect(report.state).toBe('passed')
  expect(server.seen.map(({ url }) => url)).toEqual(['/mine', '/theirs', '/last?n=1'])
})

describe('workflows that run themselves', () => {
  const deep = program([
    flow(
      'main',
      [
        step('a', { accepts: [200, 201], onSuccess: [action('end', { when: [[201]] })] }),
        step('b', { runs: 'main', accepts: undefined, gives: [] }),
      ],
      { gives: [{ name: 'n', value: { step: 'a', output: 'n' } }] },
    ),
  ])

  const depth = amount(1_500, 4_000)

  test('thousands of them end one after another', async () => {
    const report = await world.run(deep, (_, nth) => ({ status: nth === depth ? 201 : 200 }))
    expect(report).toMatchObject({ state: 'passed', outputs: { n: 1 } })
    expect(world.seen).toHaveLength(depth + 1)
  })

  test('and say why when the innermost fails, in bounded words', async () => {
    const report = await world.run(deep, (_, nth) => ({ status: nth === depth ? 500 : 200 }))
    expect(report.because!.length).toBeLessThan(1_500)
    expect(report.because).toMatch(/^step "b" failed: workflow "main" failed: /)
    expect(report.because).toMatch(/step "a" failed: \$statusCode == 200 \|\| \$statusCode == 201 is not met \(500\)$/)
  })

  test('without an end are runaways', async () => {
    const report = await world.run(deep, byPath({}))
    expect(world.seen).toHaveLength(5_000)
    expect(report.because).toMatch(/^the run was given up as a runaway after 10000 step visits, at step "a"\. /)
    expect(report.outputs).toEqual({})
  })
})

thoroughly('a run is given up after 10,000 step visits when nothing else is said', async () => {
  const loop = program([flow('main', [step('a', { onSuccess: [action('goto', { to: { step: 'a' } })] })])])
  const ref = world.write(loop)
  world.play(byPath({}))
  const report = await runWorkflow(ref, { servers: world.origin })
  expect(world.seen).toHaveLength(10_000)
  expect(report.because).toMatch(/^the run was given up as a runaway after 10000 step visits, at step "a"\. /)
})

describe('when a retry is made', () => {
  const gaps = async (retry: Parameters<typeof action>[1], retryAfter?: number) => {
    const main = program([
      flow('main', [step('a', { onFailure: [action('retry', retry)] }), step('mend')]),
      flow('repair', [step('fix')]),
    ])
    const script = (url: string, nth: number) => ({
      status: url === '/main/a' && nth === 0 ? 503 : 200,
      ...(url === '/main/a' && retryAfter !== undefined && { retryAfter }),
    })
    const { steps } = await expectAsModelled(world, main, script)
    const attempts = steps.filter(({ stepId }) => stepId === 'a').map(({ exchange }) => exchange!)
    return { wait: attempts[1]!.sent - attempts[0]!.ended, next: steps[0]!.next }
  }
  // Timers of Node may come a millisecond early.
  const atLeast = (seconds: number) => seconds * 1_000 - 1

  test('decimals of retryAfter count', async () => {
    const { wait, next } = await gaps({ after: 0.12 })
    expect(wait).toBeGreaterThanOrEqual(atLeast(0.12))
    expect(next).toEqual({ action: 'retry', go: 'retry', after: 120, left: 0 })
  })

  test.each([{ step: 'mend' }, { flow: 'repair' }])('after %o too, counted from the failure', async to => {
    const { wait } = await gaps({ after: 0.12, to })
    expect(wait).toBeGreaterThanOrEqual(atLeast(0.12))
  })

  test("the server's Retry-After overrules a shorter and a longer one", async () => {
    expect((await gaps({ after: 0 }, 0.12)).wait).toBeGreaterThanOrEqual(atLeast(0.12))
    expect((await gaps({ after: 3_600 }, 0)).next).toMatchObject({ go: 'retry', after: 0 })
  })

  test('a step that runs a workflow heeds the last response within it', async () => {
    const flows = program([
      flow('main', [step('call', { runs: 'child', gives: [], onFailure: [action('retry', { after: 0 })] })]),
      flow('child', [step('a')]),
    ])
    const script = (_: string, nth: number) => ({ status: nth === 0 ? 503 : 200, retryAfter: 0.12 })
    const { steps } = await expectAsModelled(world, flows, script)
    const [first, second] = steps.filter(({ stepId }) => stepId === 'a').map(({ exchange }) => exchange!)
    expect(second!.sent - first!.ended).toBeGreaterThanOrEqual(atLeast(0.12))
  })
})
