import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport, Verdict } from '../../src/measure/report.ts'
import { listen } from '../builders/listen.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

/** Behaviour of an application for a request, by its number. */
export type Respond = (response: ServerResponse, count: number, request: IncomingMessage) => unknown

export const JSON_TYPE = { 'content-type': 'application/json' }
export const ITEMS = JSON.stringify({ items: [1, 2, 3, 4], user: 'ann' })
export const ok: Respond = response => response.writeHead(200, JSON_TYPE).end(ITEMS)

/** Every tenth request is treated so, and the others are responded to as they should be. */
export const everyTenth =
  (respond: Respond): Respond =>
  (response, count, request) =>
    (count % 10 === 0 ? respond : ok)(response, count, request)

/** An application on loopback. */
export function application(respond: Respond): Promise<string> {
  let count = 0
  return listen(createServer((request, response) => void respond(response, ++count, request)))
}

/** An application in a process of its own, with all that it starts: its source prints its port. */
export async function program(source: string, limits = ':') {
  const folder = project({ 'app.cjs': source })
  const child = spawn('sh', ['-c', `${limits} && exec '${process.execPath}' '${folder}/app.cjs'`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'))
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { servers: `http://127.0.0.1:${String(port).trim()}`, pid: child.pid! }
}

/** A port at which no process listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A workflow of one step. */
export function workflow(step = 'outputs: { items: $response.body#/items }'): string {
  const folder = project({
    'api.json': openapi({ list: ['get', '/items'] }),
    'flow.arazzo.yaml': arazzo(`  - workflowId: main\n    steps: [{ stepId: list, operationId: list, ${step} }]`),
  })
  return `${folder}/flow.arazzo.yaml#main`
}

const NO_ERRORS: Budgets = { errorRate: 0, requests: { errorRate: 0 } }

/** 80 iterations of four users, if nothing else is given. */
export function load(options: Partial<LoadOptions>): Promise<LoadReport> {
  return runLoad({
    workflow: workflow(),
    budgets: NO_ERRORS,
    load: { vus: 4, iterations: 20, threads: 1 },
    ...options,
  } as LoadOptions)
}

export const verdictsOf = ({ verdicts }: LoadReport): Record<string, Verdict['verdict']> =>
  Object.fromEntries(verdicts.map(({ budget, verdict }) => [budget, verdict]))
