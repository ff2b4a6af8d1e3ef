import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'
import { Duet } from '../../../src/compare/duet/duet.ts'
import type { Launch } from '../../../src/compare/pair.ts'
import { loadTestOrThrow, readLoadTest } from '../../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../../src/load/plan/options.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { stoppingAfter } from '../../builders/run-load.ts'
import { type Answer, type Seen, serve } from '../../builders/server.ts'

const WORKFLOW = `  - workflowId: main
    steps:
      - { stepId: ask, operationId: ask, successCriteria: [{ condition: $statusCode == 200 }] }
      - { stepId: tell, operationId: tell, successCriteria: [{ condition: $statusCode == 200 }] }`

const NUMBER = 'parameters: [{ name: n, in: path, value: $inputs.n }]'

export const REQUESTS_PER_RUN = 2

interface Building extends Partial<Parameters<typeof Duet.open>[1]> {
  isKept?: boolean
  /** The second request is to a source of its own, `other`, which is there. */
  stub?: string
  /** The first request is for the path `/ask/` with the input `n` behind it. */
  isNumbered?: boolean
  /** What the description says of security. */
  secured?: object
  /** How long iterations in flight may finish, in milliseconds. */
  gracefulStop?: number
}

/** A warm-up of a round. */
const SHORT = { requests: 500, time: 1 }

/**
 * A comparison of the load on a workflow of two requests; closed when the test ends, unless it is kept. Its warm-up is
 * short unless it says how long.
 */
export async function openDuet(
  load: LoadOptions['load'],
  more: Partial<LoadOptions> = {},
  { isKept = false, stub, isNumbered = false, secured, warmUp = SHORT, gracefulStop, ...options }: Building = {},
): Promise<Duet> {
  const workflow = isNumbered ? WORKFLOW.replace('operationId: ask,', `operationId: ask, ${NUMBER},`) : WORKFLOW
  const folder = project({
    'api.json': JSON.stringify({
      ...JSON.parse(
        openapi({ ask: ['get', isNumbered ? '/ask/{n}' : '/ask'], ...(!stub && { tell: ['get', '/tell'] }) }),
      ),
      ...secured,
    }),
    'other.json': openapi({ tell: ['get', '/tell'] }),
    'main.arazzo.yaml': stub ? withOther(arazzo(workflow)) : arazzo(workflow),
  })
  // Nobody is there: launches say where.
  const servers = stub ? { other: stub } : 'http://127.0.0.1:1'
  const around = { application: true, base: true }
  const read = await readLoadTest({ workflow: `${folder}/main.arazzo.yaml`, servers, load, ...more }, around)
  const duet = await Duet.open(stoppingAfter(gracefulStop, loadTestOrThrow(read)), { ...options, warmUp })
  if (!isKept) onTestFinished(() => duet.close())
  return duet
}

const withOther = (document: string) =>
  document
    .replace('workflows:', '  - { name: other, url: ./other.json, type: openapi }\nworkflows:')
    .replace('operationId: ask', 'operationId: $sourceDescriptions.api.ask')
    .replace('operationId: tell', 'operationId: $sourceDescriptions.other.tell')

export interface Application {
  launch: Launch
  /** Requests that it has seen. */
  seen: Seen[]
}

/** An application in this process. */
export async function application(answer: (request: Seen, count: number) => Answer = () => ({})): Promise<Application> {
  const { origin, seen } = await serve(answer)
  return { launch: { servers: origin, stop: async () => {} }, seen }
}

const running: (() => Promise<void>)[] = []
afterAll(() => Promise.all(running.map(stop => stop())))

/** An application in a process of its own; gone when all tests have ended. */
export async function applicationProcess(knobs: {
  delay?: number
  work?: number
  /** CPU time that its second step takes besides. */
  tell?: number
  /** Requests after which `work` is all that it does: the first ones are up to four times as dear. */
  coldFor?: number
  spawns?: boolean
  dieAfter?: number
  /** Bytes of each request that are never freed. */
  leak?: number
}): Promise<Launch> {
  const file = fileURLToPath(new URL('./fixtures/knobs.js', import.meta.url))
  const child = spawn(process.execPath, [file, JSON.stringify(knobs)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  running.push(stop)
  const [port] = await once(child.stdout, 'data')
  return { servers: `http://127.0.0.1:${String(port).trim()}`, pid: child.pid!, stop }
}
