import { join } from 'node:path'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

/** A document of a workflow with one step. */
export function oneStep(): string {
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'] }),
    'flow.arazzo.yaml': arazzo('\n  - { workflowId: main, steps: [{ stepId: a, operationId: a }] }\n'),
  })
  return join(folder, 'flow.arazzo.yaml')
}

/** A load of 40 iterations by agents, and what its server was asked for. */
export async function loadBy(
  agents: NonNullable<LoadOptions['agents']>,
  options: Partial<LoadOptions> = {},
  statusOf: (url: string) => number = () => 200,
) {
  const requests: string[] = []
  const server = await serve(({ url }) => {
    requests.push(url)
    return { status: statusOf(url) }
  })
  const run = runLoad({
    workflow: oneStep(),
    servers: server.origin,
    load: { rate: 40, duration: '1s', warmUp: 0 },
    budgets: { errorRate: 0 },
    agents,
    ...options,
  })
  return { run, requests }
}
