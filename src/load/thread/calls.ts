import type { InputRow } from '../feed/source.ts'
import type { Call, Returned, Said } from './protocol.ts'

/** Calls of functions that the main thread makes for a load thread. */
export class Calls {
  readonly #say: (said: Said) => void
  readonly #waiting = new Map<number, (returned: Returned) => void>()
  #count = 0

  constructor(say: (said: Said) => void) {
    this.#say = say
  }

  readonly make = ({ hook, per }: Pick<Call, 'hook' | 'per'>, user: number, inputs: InputRow): Promise<Returned> => {
    const id = this.#count++
    this.#say({ type: 'call', id, hook, per, user, inputs })
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }

  end(returned: Returned): void {
    this.#waiting.get(returned.id)?.(returned)
    this.#waiting.delete(returned.id)
  }
}
