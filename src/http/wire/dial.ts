import type { LookupAddress } from 'node:dns'
import { isIP, type OnReadOpts, type Socket } from 'node:net'
import { nextTick } from 'node:process'
import type { Milliseconds } from '../../ground/units.ts'
import { aborted, TransportError, transportError } from '../causes.ts'
import { type Endpoint, lookUpFor, openSocket } from '../socket.ts'

type Done = (error: Error | undefined, socket: Socket | undefined) => void

/**
 * Opens connections to one origin. Its name is looked up once, and all addresses are kept: when one refuses, the next
 * is tried, and the one that responded is the first to be tried from then on. When all refuse, the name is looked up
 * anew the next time; a name that means this machine always is.
 */
export class Dialer {
  readonly #endpoint: Endpoint
  readonly #timeout: Milliseconds
  /** Being opened, or open. */
  readonly #onSocket: (socket: Socket) => void
  #addresses: readonly string[] = []
  #first = 0
  /** Who waits for the name. */
  #waiting: ((error: Error | null) => void)[] | undefined
  #isEnded = false

  constructor(endpoint: Endpoint, timeout: Milliseconds, onSocket: (socket: Socket) => void) {
    this.#endpoint = endpoint
    this.#timeout = timeout
    this.#onSocket = onSocket
    if (isIP(endpoint.host)) this.#addresses = [endpoint.host]
  }

  get #isLookedUpAgain(): boolean {
    return this.#endpoint.staysHere === true && !isIP(this.#endpoint.host)
  }

  /** `done` is called once, never before this returns. */
  dial(onread: OnReadOpts, done: Done): void {
    if (this.#addresses.length > 0 && !this.#isLookedUpAgain) {
      this.#try(0, onread, done)
      return
    }
    this.#lookUp(error => {
      if (this.#isEnded) done(aborted(this.#endpoint.origin), undefined)
      else if (error) done(transportError(this.#endpoint.origin, error), undefined)
      else this.#try(0, onread, done)
    })
  }

  /** No connection is opened any more, also where the name was being looked up. */
  end(): void {
    this.#isEnded = true
  }

  #try(tried: number, onread: OnReadOpts, done: Done): void {
    const addresses = this.#addresses
    const at = (this.#first + tried) % addresses.length
    const settle: Done = (error, socket) => {
      if (socket) {
        this.#first = at
        done(undefined, socket)
      } else if (isRefusal(error) && tried + 1 < addresses.length) this.#try(tried + 1, onread, done)
      else {
        if (!isIP(this.#endpoint.host)) this.#addresses = []
        done(error, undefined)
      }
    }
    this.#onSocket(openSocket(this.#endpoint, this.#timeout, settle, { address: addresses[at]!, onread }))
  }

  #lookUp(told: (error: Error | null) => void): void {
    if (this.#waiting) {
      this.#waiting.push(told)
      return
    }
    this.#waiting = [told]
    const tell = (error: Error | null) => {
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const one of waiting) one(error)
    }
    const { host } = this.#endpoint
    try {
      lookUpFor(this.#endpoint)(host, { all: true, verbatim: true }, (error, found) => {
        const addresses = error ? [] : (found as LookupAddress[]).map(({ address }) => address)
        if (addresses.join() !== this.#addresses.join()) this.#first = 0
        this.#addresses = addresses
        tell(error)
      })
    } catch (error) {
      nextTick(tell, error as Error)
    }
  }
}

const isRefusal = (error: Error | undefined) => error instanceof TransportError && error.failure === 'refused'
