/**
 * A server whose latencies are known: it draws how long each answer takes from a distribution, holds it back for that
 * long (to some hundredths of a millisecond: it looks at the clock in every turn of its loop while an answer is near),
 * and keeps, by its own clock, when each request came in and when its answer went out.
 *
 * Run with an IPC channel by `startKnownServer`; sends its port, takes `Begin`, answers `'end'` with `Served`.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setImmediate, setTimeout } from 'node:timers'
import { Random } from '../src/ground/random.ts'
import { type Distribution, delayOf } from './distributions.ts'

export interface Begin {
  distribution: Distribution
  seed: number
}

/**
 * By number of the request: when it came in (since the epoch), how long it was in hand, and how long it can have lain
 * in the socket before, at most: since the loop was last seen to turn, where it turned all the time. In milliseconds.
 */
export interface Served {
  at: Float64Array
  took: Float64Array
  lay: Float64Array
}

interface Held {
  response: ServerResponse
  number: number
  since: number
  until: number
}

/** Timers come up to two milliseconds late; from here on the loop looks at the clock itself. */
const NEAR = 2.5
const MOST = 4_000_000

const body = Buffer.from('{"known":true}')
const headers = ['content-type', 'application/json', 'content-length', String(body.byteLength)]
const at = new Float64Array(MOST)
const took = new Float64Array(MOST)
const lay = new Float64Array(MOST)
let turned = 0
let count = 0
let distribution: Distribution = { kind: 'none' }
let random = new Random(1, 'inputs')
let near: Held[] = []
let isLooking = false

function reply({ response, number, since }: Held): void {
  response.sendDate = false
  response.writeHead(200, headers)
  response.end(body)
  took[number] = performance.now() - since
}

function look(): void {
  const now = performance.now()
  turned = now
  const early: Held[] = []
  for (const held of near) {
    if (held.until <= now) reply(held)
    else early.push(held)
  }
  near = early
  isLooking = near.length > 0
  if (isLooking) setImmediate(look)
}

function comeNear(held: Held): void {
  near.push(held)
  if (isLooking) return
  isLooking = true
  turned = performance.now()
  setImmediate(look)
}

const server = createServer((_, response) => {
  const since = performance.now()
  const number = count++ % MOST
  at[number] = performance.timeOrigin + since
  lay[number] = isLooking ? since - turned : 0
  const delay = delayOf(distribution, random)
  const held = { response, number, since, until: since + delay }
  if (delay === 0) reply(held)
  else if (delay <= NEAR) comeNear(held)
  else setTimeout(comeNear, delay - NEAR, held)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', 1024, () => process.send?.((server.address() as AddressInfo).port))
process.on('message', (told: Begin | 'end') => {
  if (told === 'end') {
    process.send?.({ at: at.slice(0, count), took: took.slice(0, count), lay: lay.slice(0, count) } satisfies Served)
    return
  }
  count = 0
  distribution = told.distribution
  random = new Random(told.seed, 'inputs')
})
process.once('disconnect', () => process.exit(0))
