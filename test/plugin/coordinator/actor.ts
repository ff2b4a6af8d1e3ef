import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Command } from './actor-process.ts'

interface Answer {
  id: number
  result?: unknown
  error?: string
}

/** A process that plays a worker of Vitest. */
export class Actor {
  readonly #process: ChildProcess
  #commands = 0

  constructor(built: string) {
    this.#process = fork(join(built, 'actor.js'), { stdio: 'inherit' })
    this.#process.setMaxListeners(50)
  }

  /** Resolves with the actor's answer; rejects with its error, or when it ends instead. */
  tell<T = void>(command: Command): Promise<T> {
    const id = ++this.#commands
    const answer = new Promise<T>((resolve, reject) => {
      const onMessage = ({ id: of, result, error }: Answer) => {
        if (of !== id) return
        this.#process.off('message', onMessage)
        if (error === undefined) resolve(result as T)
        else reject(new Error(error))
      }
      this.#process.on('message', onMessage)
      this.#process.once('exit', () => reject(new Error('The actor has ended.')))
      this.#process.send({ id, command })
    })
    // A test may come back to it later, or never.
    answer.catch(() => {})
    return answer
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}
