import { type Arrived, addArrived, Ledger, NOTHING_ARRIVED } from '../thread/ledger.ts'

const SEVERAL = 3

/** The ledgers of all threads of a run. */
export class Ledgers {
  readonly all: Ledger[] = []

  /** Opens the ledger of one more thread; returns the memory that it shares. */
  open(): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(Ledger.BYTES)
    this.all.push(new Ledger(memory))
    return memory
  }

  /** Attempts that got a response. */
  get responses(): number {
    return this.#sum(ledger => ledger.responses)
  }

  /** Iterations that are due and have not ended. */
  get pending(): number {
    return this.#sum(ledger => {
      const { due, dropped, passed, failed, aborted } = ledger.whole()
      return due - dropped - passed - failed - aborted
    })
  }

  get failed(): number {
    return this.#sum(ledger => ledger.whole().failed)
  }

  /** Nothing came back: no response, and no iteration passed. */
  get isWithoutResponse(): boolean {
    return this.#sum(ledger => ledger.responses + ledger.whole().passed) === 0
  }

  /** Several iterations failed without a response, and none is in flight that may still get one. */
  get isUnresponsive(): boolean {
    return this.isWithoutResponse && this.failed >= SEVERAL && this.#sum(ledger => ledger.waiting) === 0
  }

  /** Something went wrong: an attempt got no response, or an iteration failed. */
  get isFailed(): boolean {
    return this.#sum(ledger => ledger.withoutResponse + ledger.whole().failed) > 0
  }

  arrivals(): Arrived {
    return this.all.map(ledger => ledger.whole()).reduce(addArrived, NOTHING_ARRIVED)
  }

  #sum(of: (ledger: Ledger) => number): number {
    return this.all.reduce((sum, ledger) => sum + of(ledger), 0)
  }
}
