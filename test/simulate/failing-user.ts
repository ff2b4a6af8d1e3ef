import type { Clock } from '../../src/measure/clock.ts'
import type { FailedAttempt, Observer, VirtualUser } from '../../src/workflow/virtual-user.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'
import type { Server } from './servers.ts'

const refused: FailedAttempt = {
  kind: 'criterion',
  message: '$statusCode == 200 is not met (503)',
  at: { file: 'simulated', line: 1, column: 1 },
  exemplar: () => ({ method: 'GET', url: '/', headers: {} }),
}

interface Options {
  /** Requests of an iteration, one after another. */
  requests?: number
  /** The server refuses, at once, what is more than so many at a time. */
  mostAtOnce?: number
}

const inHand = new WeakMap<Server, number>()

/** A virtual user of several requests, of which the server may refuse some. */
export class FailingUser implements VirtualUser {
  busy = false
  state: VirtualUser['state'] = 'passed'
  requests = 0
  readonly thought = 0
  readonly late = 0
  readonly endedAt = 0
  readonly isThinking = false
  readonly isCut = false
  readonly attempts = NO_ATTEMPTS
  readonly #server: Server
  readonly #clock: Clock
  readonly #observer: Observer
  readonly #options: Options
  #run = 0
  #done: (user: VirtualUser) => void = () => {}

  constructor(server: Server, clock: Clock, observer: Observer, options: Options) {
    this.#server = server
    this.#clock = clock
    this.#observer = observer
    this.#options = options
  }

  start(_inputs: Record<string, unknown>, done: (user: VirtualUser) => void): void {
    this.busy = true
    this.requests = 0
    this.#done = done
    this.#request(++this.#run)
  }

  abort(): void {
    this.#end('aborted')
  }

  expire(): void {
    this.#end('failed')
  }

  report(): never {
    throw new Error('a simulated user reports nothing')
  }

  #request(run: number): void {
    const { requests = 1, mostAtOnce = Number.POSITIVE_INFINITY } = this.#options
    this.requests++
    const sent = this.#clock.now()
    const now = inHand.get(this.#server) ?? 0
    const answered = (failure?: FailedAttempt) => {
      if (run !== this.#run) return
      this.#observer.onAttempt(0, sent, this.#clock.now(), failure, SEEN)
      if (failure !== undefined) this.#end('failed')
      else if (this.requests < requests) this.#request(run)
      else this.#end('passed')
    }
    if (now >= mostAtOnce) {
      this.#clock.after(1, () => answered(refused))
      return
    }
    inHand.set(this.#server, now + 1)
    this.#server.serve(() => {
      inHand.set(this.#server, (inHand.get(this.#server) ?? 1) - 1)
      answered()
    })
  }

  #end(state: VirtualUser['state']): void {
    this.#run++
    this.busy = false
    this.state = state
    this.#done(this)
  }
}
