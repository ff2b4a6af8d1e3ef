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
