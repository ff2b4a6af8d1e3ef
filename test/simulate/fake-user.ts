import type { Milliseconds } from '../../src/ground/units.ts'
import type { Clock } from '../../src/measure/clock.ts'
import type { FailedAttempt, Observer, VirtualUser } from '../../src/workflow/virtual-user.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'

/** What a server makes of one request that comes in at `now`. */
interface Answer {
  after: Milliseconds
  failure?: Pick<FailedAttempt, 'kind' | 'message'>
}

/** Answers requests; its queue is its own business. */
export interface FakeServer {
  answer(now: Milliseconds): Answer
}

/** A virtual user whose workflow is so many requests one after another; the first failure ends it. */
export class FakeUser implements VirtualUser {
  busy = false
  state: VirtualUser['state'] = 'passed'
  requests = 0
  thought = 0
  late = 0
  readonly endedAt = 0
  isThinking = false
  isCut = false
  readonly attempts = NO_ATTEMPTS
  readonly #server: FakeServer
  readonly #clock: Clock
  readonly #observer: Observer
  readonly #steps: number
  readonly #think: (() => Milliseconds) | undefined
  #sent: Milliseconds = 0
  #cancel = () => {}
  #done: (user: VirtualUser) => void = () => {}

  constructor(
    server: FakeServer,
    clock: Clock,
    observer: Observer,
    steps = 1,
    think: (() => Milliseconds) | undefined = undefined,
  ) {
    this.#server = server
    this.#clock = clock
    this.#observer = observer
    this.#steps = steps
    this.#think = think
  }

  start(_inputs: Record<string, unknown>, done: (user: VirtualUser) => void): void {
    if (this.busy) throw new Error('started while busy')
    this.busy = true
    this.requests = 0
    this.late = 0
    this.thought = 0
    this.isThinking = false
    this.isCut = false
    this.#done = done
    this.#send()
  }

  abort(): void {
    this.#cancel()
    if (!this.isThinking)
      this.#observer.onAttempt(this.requests - 1, this.#sent, this.#clock.now(), failed('aborted', 'let go'), SEEN)
    this.#end('aborted')
  }

  expire(): void {
    if (this.isThinking) return this.abort()
    this.#cancel()
    this.isCut = true
    this.#observer.onAttempt(this.requests - 1, this.#sent, this.#clock.now(), failed('no response', 'let go'), SEEN)
    this.#end('failed')
  }

  report(): never {
    throw new Error('a fake user reports nothing')
  }

  #send(): void {
    this.#sent = this.#clock.now()
    this.requests++
    const { after, failure } = this.#server.answer(this.#sent)
    this.#cancel = this.#clock.after(after, () => {
      const attempt = failure && failed(failure.kind, failure.message)
      this.late += this.#observer.onAttempt(this.requests - 1, this.#sent, this.#clock.now(), attempt, SEEN) ?? 0
      if (failure !== undefined) this.#end('failed')
      else if (this.requests === this.#steps) this.#end('passed')
      else this.#pause(this.#think?.() ?? 0)
    })
  }

  #pause(length: Milliseconds): void {
    if (length === 0) return this.#send()
    const since = this.#clock.now()
    this.isThinking = true
    this.#cancel = this.#clock.after(length, () => {
      this.isThinking = false
      this.thought += this.#clock.now() - since
      this.#send()
    })
  }

  #end(state: VirtualUser['state']): void {
    this.busy = false
    this.state = state
    this.#done(this)
  }
}
const exemplar = () => ({ method: 'GET', url: '/', headers: {} })

function failed(kind: string, message: string): FailedAttempt {
  return { kind, message, at: { file: 'shop.arazzo.yaml', line: 1, column: 1 }, exemplar }
}

/** Answers each request after the same time, however many come. */
export const steadyServer = (after: Milliseconds): FakeServer => ({ answer: () => ({ after }) })

/** A server that stops for a while: what comes in then, or is being served, is answered when it goes on. */
export function stallingServer(after: Milliseconds, from: Milliseconds, to: Milliseconds): FakeServer {
  return {
    answer(now) {
      const end = now + after
      return { after: end > from && now < to ? to - now + (now < from ? end - from : after) : after }
    },
  }
}

/**
 * So many workers, each serving one request at a time in the same time; others queue. Its knee is workers / service.
 */
export function queueingServer(workers: number, service: Milliseconds): FakeServer {
  const free = new Array<Milliseconds>(workers).fill(0)
  return {
    answer(now) {
      let worker = 0
      for (let i = 1; i < workers; i++) if (free[i]! < free[worker]!) worker = i
      free[worker] = Math.max(now, free[worker]!) + service
      return { after: free[worker]! - now }
    },
  }
}
