import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const SESSION = 'Sv3ryS3cretS3ssion'

// The first failure of a cause is described before anything of its exchange was noted.
test.each(['set-cookie', 'x-session-id', 'x-auth-token'])(
  'a secret that a server makes is in no cause of a failure (%s)',
  async name => {
    const value = name === 'set-cookie' ? `sid=${SESSION}; Path=/` : SESSION
    const { origin } = await serve(() => ({ headers: { [name]: value }, body: {} }))
    const folder = project({
      'api.json': openapi({ login: ['post', '/login'] }),
      'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - { stepId: login, operationId: login, successCriteria: [{ condition: $response.header.${name} == 'none' }] }`),
    })
    const workflow = `${folder}/flow.arazzo.yaml`
    const report = await runLoad({ workflow, servers: origin, load: { vus: 2, iterations: 3, warmUp: 0, threads: 1 } })
    expect(report.errors[0]!.message).toContain('is not met')
    expect(JSON.stringify(report)).not.toContain(SESSION)
    expect(report.errors).toHaveLength(1)
    expect(JSON.stringify(await runWorkflow(workflow, { servers: origin }))).not.toContain(SESSION)
  },
)

test('a cookie is a secret wherever its value goes, also where it is not sent as a cookie again', async () => {
  // A browser sends it to `/login` alone, and scripts read it without percent-encoding.
  const cookie = `csrf=${encodeURIComponent(`${SESSION}==`)}; Path=/login`
  const { origin } = await serve(({ url }) => ({
    headers: { 'set-cookie': url === '/login' ? cookie : 'a=1' },
    body: {},
  }))
  const folder = project({
    'api.json': openapi({ login: ['post', '/login'], buy: ['post', '/buy'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - { stepId: login, operationId: login, outputs: { csrf: $response.cookie.csrf, part: { context: $response.header.set-cookie, x-extract: { regex: 'csrf=([^;]+)' } } } }
      - stepId: buy
        operationId: buy
        parameters: [{ name: X-CSRFToken, in: header, value: $steps.login.outputs.csrf }]
        requestBody: { contentType: application/x-www-form-urlencoded, payload: { csrf: $steps.login.outputs.csrf } }
        successCriteria: [{ condition: $steps.login.outputs.csrf == 'none' }]
    outputs: { csrf: $steps.login.outputs.csrf, part: $steps.login.outputs.part }`),
  })
  const workflow = `${folder}/flow.arazzo.yaml`
  for (const transport of ['wire', 'undici'] as const) {
    const load = { vus: 2, iterations: 3, warmUp: 0, threads: 1 }
    const report = await runLoad({ workflow, servers: origin, transport, load })
    expect(report.errors[0]!.message).toContain("$steps.login.outputs.csrf == 'none' is not met")
    expect(JSON.stringify(report)).not.toContain(SESSION)
  }
  const { state, steps } = await runWorkflow(workflow, { servers: origin })
  expect({ state, of: steps.length }).toEqual({ state: 'failed', of: 2 })
  // Outputs are as they are, for they may be used.
  expect(JSON.stringify(steps.map(step => ({ ...step, outputs: {} })))).not.toContain(SESSION)
})
