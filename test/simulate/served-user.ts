import type { Clock } from '../../src/measure/clock.ts'
import type { Observer, VirtualUser } from '../../src/workflow/virtual-user.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'
import type { Server } from './servers.ts'

/** A virtual user whose workflow is one request. */
export class ServedUser implements VirtualUser {
  busy = false
  state: VirtualUser['state'] = 'passed'
  requests = 0
  readonly thought = 0
  late = 0
  readonly endedAt = 0
  readonly isThinking = false
  readonly isCut = false
  readonly attempts = NO_ATTEMPTS
  readonly #server: Server
  readonly #clock: Clock
  readonly #observer: Observer
  /** Answers to what was given up are not for the iteration in hand. */
  #run = 0
  #done: (user: VirtualUser) => void = () => {}

  constructor(server: Server, clock: Clock, observer: Observer) {
    this.#server = server
    this.#clock = clock
    this.#observer = observer
  }

  start(_inputs: Record<string, unknown>, done: (user: VirtualUser) => void): void {
    if (this.busy) throw new Error('started while busy')
    this.busy = true
    this.requests = 1
    this.late = 0
    this.#done = done
    const run = ++this.#run
    const sent = this.#clock.now()
    this.#server.serve(() => {
      if (run !== this.#run) return
      this.late += this.#observer.onAttempt(0, sent, this.#clock.now(), undefined, SEEN) ?? 0
      this.#end('passed')
    })
  }

  abort(): void {
    this.#end('aborted')
  }

  expire(): void {
    this.#end('failed')
  }

  report(): never {
    throw new Error('a served user reports nothing')
  }

  #end(state: VirtualUser['state']): void {
    this.#run++
    this.busy = false
    this.state = state
    this.#done(this)
  }
}
