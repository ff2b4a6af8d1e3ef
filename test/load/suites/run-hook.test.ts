import { expect, test } from 'vitest'
import { readArazzo } from '../../../src/document/read.ts'
import { NO_INPUTS } from '../../../src/load/plan/inputs.ts'
import { runSuiteHook } from '../../../src/load/suites/suite-hooks.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'

test.each([
  [200, { inputs: { token: 't0' }, secretInputs: [] }, undefined],
  [500, NO_INPUTS, { found: expect.stringContaining('500') }],
])('a setup of which the application responds with %i', async (status, outputs, failure) => {
  const folder = project({
    'api.json': openapi({ login: ['post', '/login'] }),
    'main.arazzo.yaml': arazzo(`  - workflowId: login
    steps:
      - stepId: login
        operationId: login
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { token: $response.body#/token }
    outputs: { token: $steps.login.outputs.token }`),
  })
  const file = `${folder}/main.arazzo.yaml`
  const { document } = await readArazzo(file)
  const { origin } = await serve(() => ({ status, body: { token: 't0' } }))
  const result = await runSuiteHook(
    { hook: 'setup', per: 'run', name: '#login', file, isModule: false, id: 'login', of: 'document' },
    {
      document: document!,
      means: { conduct: () => ({ servers: origin }) },
      known: { outputs: NO_INPUTS, own: NO_INPUTS },
    },
  )
  expect(result.outputs).toEqual(outputs)
  if (failure === undefined) expect(result.failure).toBeUndefined()
  else expect(result.failure).toMatchObject(failure)
})
