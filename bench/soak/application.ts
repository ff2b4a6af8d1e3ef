import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { targetCore } from '../target.ts'
import type { Books } from './faulty-app.ts'
import { emptyBooks, faults } from './faulty-app.ts'
import type { Told } from './soak-server.ts'

/** How long nobody listens while it is restarted. */
const AWAY = 1_000

/** The application: on a port that stays, with the books of all processes that it was. */
export class Application {
  readonly books = emptyBooks()
  restarts = 0
  hangs = 0
  #port = 0
  #child!: ChildProcess

  static async start(): Promise<Application> {
    const application = new Application()
    await application.#start()
    return application
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** @param every from one bad response to the next, in requests; none without. */
  misbehave(every?: number): void {
    this.#child.send({ ...(every !== undefined && { every }) })
  }

  async restart(every?: number): Promise<void> {
    await this.end()
    await setTimeout(AWAY)
    await this.#start()
    this.misbehave(every)
    this.restarts++
  }

  /** For so long it does nothing: connections to it are taken by the system, and no request gets a response. */
  async hang(length: number): Promise<void> {
    const child = this.#child
    child.kill('SIGSTOP')
    await setTimeout(length)
    child.kill('SIGCONT')
    this.hangs++
  }

  async end(): Promise<void> {
    const told = once(this.#child, 'message') as Promise<[Told]>
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [said] = await told
    await exit
    if (said.type === 'books') addBooks(this.books, said.books)
  }

  async #start(): Promise<void> {
    const script = fileURLToPath(new URL('./soak-server.js', import.meta.url))
    const command = ['-c', targetCore, process.execPath, script, String(this.#port)]
    this.#child = spawn('taskset', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const child = this.#child
    // One that hangs hears nothing of the end of its parent.
    process.once('exit', () => child.kill('SIGKILL'))
    const [told] = (await once(child, 'message')) as [Told]
    if (told.type === 'listening') this.#port = told.port
  }
}

function addBooks(to: Books, from: Books): void {
  for (const name of ['received', 'answered', 'pending'] as const) to[name] += from[name]
  for (const fault of faults) to.dealt[fault] += from.dealt[fault]
}
