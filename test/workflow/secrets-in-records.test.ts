import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'
import { runCli } from '../cli/cli.ts'
import { builtPlugin } from '../plugin/server/built.ts'

// Servers choose the values of cookies, which are secrets. One that is a word of our own records must not change these.
const ours = ['request', 'response', 'headers', 'body', 'method', 'passed', 'failed', 'state', 'checks']
const setCookies = { 'set-cookie': ours.map((word, at) => `c${at}=${word}; Path=/`) }

async function files(answer: Answer) {
  const { origin } = await serve(() => answer)
  const folder = project({
    'api.json': openapi({ list: ['get', '/list'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: list
        operationId: list
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { state: $response.body#/state }
    outputs: { state: $steps.list.outputs.state }`),
  })
  return { file: `${folder}/flow.arazzo.yaml`, servers: origin }
}

test('cookies whose values are words of our records leave a run that passes passed', async () => {
  const { file, servers } = await files({ headers: setCookies, body: { state: 'new' } })
  const report = await runWorkflow(file, { servers })
  expect(report).toMatchObject({ state: 'passed', steps: [{ state: 'passed', checks: [{ passed: true }] }] })
  expect(report.steps[0]!.exchange).toMatchObject({ request: { method: 'GET' }, response: { status: 200 } })
})

test('and one on the command line, whose outputs are shown', async () => {
  const { file, servers } = await files({ headers: setCookies, body: { state: 'new' } })
  const { code, stdout } = await runCli(await builtPlugin(), ['run', `${file}#main`, '--server', servers])
  expect(stdout).toContain('passed')
  expect(code).toBe(0)
})

test.each(['wire', 'undici'] as const)('and the failures of a load over %s are shown whole', async transport => {
  const { file, servers } = await files({ status: 500, headers: setCookies, body: { state: 'new' } })
  const report = await runLoad({
    workflow: `${file}#main`,
    servers,
    transport,
    load: { vus: 1, iterations: 3, threads: 1 },
  })
  expect(report.errors).toMatchObject([{ step: 'list', message: '$statusCode == 200 is not met (500)', count: 3 }])
  const [exemplar] = report.errors[0]!.exemplars
  expect(exemplar).toMatchObject({ method: 'GET', response: { status: 500 } })
})

test('a number that is a secret by chance is not taken out of status and times', async () => {
  const { file, servers } = await files({ headers: { 'set-cookie': 'page=200; Path=/' }, body: {} })
  const { steps } = await runWorkflow(file, { servers })
  expect(steps[0]!.exchange!.response!.status).toBe(200)
})
