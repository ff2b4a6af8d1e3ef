import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { freePort } from '../../plugin/server/address.ts'
import { builtPlugin } from '../plugin/server/built.ts'

const PROGRAM = 'nats-server'

/** Why there is no broker here; undefined where there is one. */
export const withoutBroker = spawnSync(PROGRAM, ['--version']).error ? `there is no ${PROGRAM}` : undefined

/** A configuration of Vitest with these agents. */
export const configOf = (agents: object) => `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo({ agents: ${JSON.stringify(agents)} })] }
`

export interface AgentProcess {
  child: ChildProcess
  output: string
}

/** A NATS server and agents of the command line, each a process of its own. */
export class Broker {
  readonly agents = new Map<string, AgentProcess>()
  readonly #port: number
  readonly #args: readonly string[]
  readonly #env: Record<string, string>
  readonly #scheme: string
  #server: ChildProcess | undefined

  private constructor(port: number, args: readonly string[], env: Record<string, string>, scheme: string) {
    this.#scheme = scheme
    this.#port = port
    this.#args = args
    this.#env = env
  }

  /** Starts a server; `args` are further ones of its command line. */
  static async start(
    args: readonly string[] = [],
    env: Record<string, string> = {},
    scheme: 'nats' | 'tls' = 'nats',
  ): Promise<Broker> {
    const broker = new Broker(await freePort(), args, env, scheme)
    broker.#server = broker.#start()
    return broker
  }

  /** One whose server is started by `restart` only. */
  static async announced(): Promise<Broker> {
    return new Broker(await freePort(), [], {}, 'nats')
  }

  get nats(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`
  }

  /** Starts an agent of one thread. */
  async start(name: string, { key = name, env = {}, args = [], nats = this.nats }: Starting = {}) {
    const words = [await cliFile(), 'agent', '--nats', nats, '--name', name, '--threads', '1', ...args]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const one: AgentProcess = { child, output: '' }
    this.agents.set(key, one)
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        one.output += text
      })
    return one
  }

  /** Starts an agent; resolves when it waits for loads. */
  async agent(name: string, starting?: Starting): Promise<AgentProcess> {
    const one = await this.start(name, starting)
    await vi.waitFor(() => expect(one.output).toContain('waits for loads'), { timeout: 60_000 })
    return one
  }

  /** Ends the server only. */
  async kill(): Promise<void> {
    const ended = new Promise<unknown>(done => (this.#server ? this.#server.once('close', done) : done(undefined)))
    this.#server?.kill('SIGKILL')
    this.#server = undefined
    await ended
  }

  /** Ends the server, and starts it again at the same port. */
  async restart(): Promise<void> {
    await this.kill()
    this.#server = this.#start()
  }

  end(): void {
    for (const { child } of this.agents.values()) child.kill('SIGKILL')
    this.#server?.kill('SIGKILL')
  }

  #start(): ChildProcess {
    const args = ['-a', '127.0.0.1', '-p', String(this.#port), ...this.#args]
    return spawn(PROGRAM, args, { stdio: 'ignore', env: { ...process.env, ...this.#env } })
  }
}

interface Starting {
  /** What it is kept as in `agents`. Default: its name. */
  key?: string
  env?: Record<string, string>
  args?: readonly string[]
  /** The server that it is told of. Default: this one. */
  nats?: string
}

export const cliFile = async (): Promise<string> => join(await builtPlugin(), 'cli.js')
