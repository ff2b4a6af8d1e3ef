import type { Observer, VirtualUser } from '../../src/workflow/virtual-user.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'
import type { Server } from '../simulate/servers.ts'
import type { LateThread } from './late-thread.ts'

const AT = { file: 'shop.arazzo.yaml', line: 1, column: 1 }
const EXCHANGE = { method: 'GET', url: '/', headers: {} }
const failureOf = (kind: string) => ({ kind, message: kind, at: AT, exemplar: () => EXCHANGE })

/** A virtual user of some requests one after the other, on a thread that is not always there to read the answers. */
export class LateUser implements VirtualUser {
  busy = false
  state: VirtualUser['state'] = 'passed'
  requests = 0
  late = 0
  endedAt = 0
  readonly thought = 0
  readonly isThinking = false
  isCut = false
  readonly attempts = NO_ATTEMPTS
  readonly #server: Server
  readonly #thread: LateThread
  readonly #observer: Observer
  readonly #steps: number
  readonly #isReset: () => boolean
  #run = 0
  #sent = 0
  #done: (user: VirtualUser) => void = () => {}

  constructor(
    server: Server,
    thread: LateThread,
    observer: Observer,
    steps: number,
    isReset: () => boolean = () => false,
  ) {
    this.#server = server
    this.#thread = thread
    this.#observer = observer
    this.#steps = steps
    this.#isReset = isReset
  }

  start(_inputs: Record<string, unknown>, done: (user: VirtualUser) => void): void {
    this.busy = true
    this.requests = 0
    this.late = 0
    this.isCut = false
    this.#done = done
    this.#run++
    this.#send()
  }

  abort(): void {
    this.#end('aborted')
  }

  expire(): void {
    this.isCut = true
    this.#observer.onAttempt(this.requests, this.#sent, this.#thread.now(), failureOf('no response'), SEEN)
    this.#end('failed')
  }

  report(): never {
    throw new Error('a simulated user reports nothing')
  }

  #send(): void {
    this.#observer.onWork?.(this.requests, true)
    const [run, sent] = [this.#run, this.#thread.now()]
    this.#sent = sent
    const failure = this.#isReset() ? failureOf('reset') : undefined
    const read = () => {
      if (run !== this.#run) return
      this.endedAt = this.#thread.now()
      this.late += this.#observer.onAttempt(this.requests++, sent, this.endedAt, failure, SEEN) ?? 0
      if (failure) this.#end('failed')
      else if (this.requests === this.#steps) this.#end('passed')
      else this.#send()
    }
    this.#server.serve(() => this.#thread.read(read))
  }

  #end(state: VirtualUser['state']): void {
    this.#run++
    this.busy = false
    this.state = state
    this.#done(this)
  }
}
