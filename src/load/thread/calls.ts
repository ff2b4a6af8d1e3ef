import type { InputRow } from '../feed/source.ts'
import type { Call, FromThread, Returned } from './protocol.ts'

/** Calls of functions that the main thread makes for a load thread. */
export class Calls {
  readonly #send: (message: FromThread) => void
  readonly #waiting = new Map<number, (returned: Returned) => void>()
  #count = 0

  constructor(send: (message: FromThread) => void) {
    this.#send = send
  }

  readonly make = ({ hook, per }: Pick<Call, 'hook' | 'per'>, user: number, inputs: InputRow): Promise<Returned> => {
    const id = this.#count++
    this.#send({ type: 'call', id, hook, per, user, inputs })
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }

  end(returned: Returned): void {
    this.#waiting.get(returned.id)?.(returned)
    this.#waiting.delete(returned.id)
  }
}
