import { Buffer } from 'node:buffer'
import { failed } from '../../ground/fault.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { readSecret } from '../../workflow/security/options.ts'
import type { MetricsPlan } from './options.ts'
import { encodeOtlp } from './otlp.ts'
import type { Exposed } from './registry.ts'
import { send } from './send.ts'

/** What is pushed: the series of a run, which began at `start`. Milliseconds since the epoch. */
export interface Pushed {
  exposed: Exposed
  start: Milliseconds
  now: Milliseconds
}

const JOB = 'vitest-arazzo'

/** Somebody who is told now and then, and what became of that. */
export class Destination {
  readonly #url: URL
  readonly #push: (pushed: Pushed) => Promise<void>
  #pushes = 0
  #failures = 0
  #last = ''
  #inHand: Promise<void> | undefined

  constructor(url: URL, push: (pushed: Pushed) => Promise<void>) {
    this.#url = url
    this.#push = push
  }

  /** Never rejects, also if the figures cannot be read. While one is on its way there is no other. */
  async push(read: () => Pushed): Promise<void> {
    if (this.#inHand !== undefined) return
    this.#inHand = this.#pushOnce(read)
    await this.#inHand
    this.#inHand = undefined
  }

  /** The last: waits for the one on its way first. */
  async pushLast(read: () => Pushed): Promise<void> {
    await this.#inHand
    this.#inHand = undefined
    await this.push(read)
  }

  /** What to tell the user; undefined when all went well. */
  get warning(): string | undefined {
    if (this.#failures === 0) return undefined
    const { protocol, host, pathname } = this.#url
    const times = this.#pushes === 1 ? '' : `${this.#failures} of ${this.#pushes} times `
    return failed(
      'push',
      `metrics to ${protocol}//${host}${pathname}`,
      `${times}${this.#last}`,
      'Check that it runs there; the load itself was not affected.',
    )
  }

  async #pushOnce(read: () => Pushed): Promise<void> {
    this.#pushes++
    try {
      await this.#push(read())
    } catch (error) {
      this.#failures++
      this.#last = (error as Error).message || (error as NodeJS.ErrnoException).code || String(error)
    }
  }
}

/** Throws for a header whose variable or file is not there. */
export function destinationsOf({ pushgateway, otlp, headers = {}, labels }: MetricsPlan): Destination[] {
  const destinations: Destination[] = []
  if (pushgateway !== undefined) {
    const url = pathBelow(pushgateway, groupPath(labels))
    destinations.push(
      new Destination(url, async ({ exposed }) =>
        send(url, 'PUT', { 'content-type': exposed.contentType }, exposed.text()),
      ),
    )
  }
  if (otlp !== undefined) {
    const url = new URL(otlp)
    if (url.pathname === '/') url.pathname = '/v1/metrics'
    const own = Object.entries(headers).map(([name, secret]) => [
      name,
      readSecret(secret, `the header ${name} of metrics`),
    ])
    const all = { ...Object.fromEntries(own), 'content-type': 'application/json' }
    destinations.push(
      new Destination(url, async ({ exposed, ...span }) =>
        send(url, 'POST', all, JSON.stringify(encodeOtlp(exposed.metrics(), span))),
      ),
    )
  }
  return destinations
}

function pathBelow(base: string, path: string): URL {
  const url = new URL(base)
  url.pathname = url.pathname.replace(/\/$/, '') + path
  return url
}

/**
 * The grouping key: what is pushed replaces what was pushed under the same key. Values are Base64, which alone may hold
 * slashes and be empty. Source: https://github.com/prometheus/pushgateway#url
 */
function groupPath(labels: MetricsPlan['labels']): string {
  const groups = Object.entries(labels).map(([name, value]) => {
    const encoded = value === '' ? '=' : Buffer.from(value).toString('base64url')
    return `/${name}@base64/${encoded}`
  })
  return `/metrics/job/${JOB}${groups.join('')}`
}
