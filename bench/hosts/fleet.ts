import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../plugin/server/address.ts'

const PROGRAM = 'nats-server'
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** A NATS server on loopback, and agents of one thread, each a process that reaches it through a link of its own. */
export class Fleet {
  readonly #port: number
  readonly agents = new Map<string, { child: ChildProcess; link: Link; output: string }>()
  #server: ChildProcess | undefined

  private constructor(port: number) {
    this.#port = port
  }

  /** Rejects where there is no nats-server. */
  static async start(names: readonly string[], delay = 0): Promise<Fleet> {
    const fleet = new Fleet(await freePort())
    fleet.startServer()
    await Promise.all(names.map(name => fleet.startAgent(name, delay)))
    return fleet
  }

  get nats(): string {
    return `nats://127.0.0.1:${this.#port}`
  }

  startServer(): void {
    this.#server = spawn(PROGRAM, ['-a', '127.0.0.1', '-p', String(this.#port)], { stdio: 'ignore' })
    this.#server.once('error', ({ message }) => {
      console.error(`Failed to start NATS: ${message}. Install it: apt-get install ${PROGRAM}.`)
      process.exit(2)
    })
  }

  async endServer(): Promise<void> {
    const server = this.#server!
    server.kill('SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }

  /** Resolves when it waits for loads. */
  async startAgent(name: string, delay = 0): Promise<void> {
    const link = await Link.open(this.#port, delay)
    const args = [cli, 'agent', '--nats', `nats://127.0.0.1:${link.port}`, '--name', name, '--threads', '1']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const one = { child, link, output: '' }
    this.agents.set(name, one)
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        one.output += text
      })
    for (let waited = 0; !one.output.includes('waits for loads'); waited += 20) {
      if (child.exitCode !== null || waited > 60_000) throw new Error(`agent ${name} did not start: ${one.output}`)
      await sleep(20)
    }
  }

  /** Whether each agent that lives is free, or comes to be within some time. */
  async areFree(within: number): Promise<boolean> {
    const end = performance.now() + within
    const isBusy = ({ child, output }: { child: ChildProcess; output: string }) =>
      child.exitCode === null &&
      child.signalCode === null &&
      output.lastIndexOf('joined ') > output.lastIndexOf('ended ')
    while ([...this.agents.values()].some(isBusy)) {
      if (performance.now() > end) return false
      await sleep(50)
    }
    return true
  }

  /** Ends all that it started; resolves with how many processes are left, of those that it told to end. */
  async end(): Promise<number> {
    const children = [...this.agents.values()].map(({ child }) => child)
    for (const child of children) {
      child.kill('SIGCONT')
      child.kill('SIGTERM')
    }
    const gone = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
    for (let waited = 0; waited < 15_000 && !children.every(gone); waited += 50) await sleep(50)
    const left = children.filter(child => !gone(child))
    for (const child of left) child.kill('SIGKILL')
    for (const { link } of this.agents.values()) link.close()
    await this.endServer()
    return left.length
  }
}

/** A way to a port that can be slow, or hold all that is sent over it for a while. */
export class Link {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isDown = false
  readonly #whenUp: (() => void)[] = []

  private constructor(port: number, delay: number) {
    this.#server = createServer(near => {
      const far = tcpConnect(port, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.setNoDelay(true)
        from.on('data', bytes => this.#pass(() => to.write(bytes), delay))
        from.on('error', () => {})
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
    })
  }

  /** @param delay of each way, in milliseconds. */
  static async open(port: number, delay: number): Promise<Link> {
    const link = new Link(port, delay)
    await new Promise<void>(done => link.#server.listen(0, '127.0.0.1', done))
    return link
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** Holds what is sent, as a network that is gone does: nobody is told. */
  async down(time: number): Promise<void> {
    this.#isDown = true
    await sleep(time)
    this.#isDown = false
    for (const pass of this.#whenUp.splice(0)) pass()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #pass(write: () => void, delay: number): void {
    if (this.#isDown) this.#whenUp.push(write)
    else if (delay > 0) setTimeout(() => (this.#isDown ? this.#whenUp.push(write) : write()), delay)
    else write()
  }
}
