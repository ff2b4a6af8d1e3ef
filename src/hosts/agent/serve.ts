import { createServer, type Server } from 'node:http'
import { failure, faultOf } from '../../ground/fault.ts'
import { counted } from '../../ground/words.ts'
import { AGENTS_WAIT } from '../../load/plan/agents.ts'
import { type Bus, type BusOptions, openBus } from '../bus.ts'
import { Agent } from './agent.ts'

type AgentOptions = ConstructorParameters<typeof Agent>[0]

interface ServeOptions extends Pick<AgentOptions, 'name' | 'threads' | 'rights' | 'log'> {
  bus: BusOptions
  /** Ends after one run. */
  once?: boolean
  /** Port of 127.0.0.1 at which GET /health tells its state; 0 for a free one. */
  healthPort?: number
  /** Ends it once what it works on has ended. */
  drain: AbortSignal
  /** Ends it at once. */
  end: AbortSignal
}

/**
 * Runs an agent until it is stopped, also while it waits for NATS. Rejects if NATS, within 30 s, or the port is not
 * available.
 */
export async function serveAgent(options: ServeOptions): Promise<void> {
  const { healthPort, drain, log } = options
  let opened: { agent: Agent; bus: Bus } | undefined
  const stateOf = () => {
    if (drain.aborted) return 'draining'
    if (opened?.agent.isBusy) return 'busy'
    return opened?.bus.isConnected ? 'free' : 'waiting for NATS'
  }
  const server = healthPort === undefined ? undefined : await openHealth(stateOf, healthPort, log)
  try {
    const bus = await busOf(options)
    if (bus === undefined) return
    await serveOver(bus, options, agent => {
      opened = { agent, bus }
    })
  } finally {
    server?.close()
    server?.closeAllConnections()
  }
}

/** Connection to NATS; undefined if the agent was stopped before. */
async function busOf({ bus, name, drain, end, log }: ServeOptions): Promise<Bus | undefined> {
  const nats = [bus.nats].flat().join(', ')
  try {
    return await openBus(bus, `vitest-arazzo agent ${name}`, {
      wait: AGENTS_WAIT,
      signal: AbortSignal.any([drain, end]),
      onWait: found => log(`waits for NATS at ${nats}: ${found}`),
      onChange: isConnected => log(isConnected ? 'NATS is reached again' : `NATS is not reached at ${nats}`),
    })
  } catch (error) {
    if (drain.aborted || end.aborted) return undefined
    throw error
  }
}

async function serveOver(
  bus: Bus,
  { bus: busOptions, once, healthPort: _, drain, end, ...options }: ServeOptions,
  onOpen: (agent: Agent) => void,
): Promise<void> {
  const leave = new AbortController()
  try {
    const agent = new Agent({ ...options, bus, onRun: () => once && leave.abort() })
    onOpen(agent)
    await bus.flush()
    if (bus.denied) throw inItsName(bus.denied, options.name, busOptions.username)
    options.log(`agent ${options.name} waits for loads: ${counted(options.threads, 'thread')}`)
    const lost = bus.closed.then(error => {
      throw failure('keep', 'the connection to NATS', error?.message ?? 'it was closed', 'Start the agent again.')
    })
    // It could not exchange messages.
    const denied = bus.whenDenied.then(error => {
      throw inItsName(error, options.name, busOptions.username)
    })
    await Promise.race([aborted(drain), aborted(end), aborted(leave.signal), lost, denied])
    for (const one of [lost, denied]) one.catch(() => {})
    if (drain.aborted && !end.aborted && agent.isBusy) options.log('ends when the run that goes on has ended')
    await Promise.race([agent.drain(), aborted(end)])
    await agent.end()
    // A server that is gone would be waited for.
    if (bus.isConnected) await Promise.race([bus.flush().catch(() => {}), aborted(end)])
  } finally {
    await bus.close()
  }
}

/** Rights depend on the name: a denied right may exist under another name of the agent. */
function inItsName(error: Error, name: string, user: string | undefined): Error {
  const fault = faultOf(error)
  if (fault === undefined || !fault.found.includes(`.${name}.`)) return error
  const meant = user === undefined || user === name ? '' : ` (--name ${user}?)`
  const advice =
    `A user may speak only as the agent that its rights name: start it with that name${meant}, or give its user the ` +
    `rights that docs/guide/hosts.md lists, for "${name}".`
  return failure(fault.verb, fault.thing, fault.found, advice, { cause: error })
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** States in which no load can begin here. */
const UNREADY = new Set(['draining', 'waiting for NATS'])

async function openHealth(stateOf: () => string, port: number, log: (line: string) => void): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/health') return response.writeHead(404).end()
    const state = stateOf()
    response.writeHead(UNREADY.has(state) ? 503 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ state }))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(failure('listen', `at port ${port}`, message, 'Choose another with --health-port.')),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address !== null && typeof address === 'object') log(`health at http://127.0.0.1:${address.port}/health`)
  return server
}
