/**
 * What the undici transport costs over the bare loop: the same requests over the same number of connections,
 * in turns within one run. The transport's side is driven through its public face: listener, times, request
 * timeout, whole bodies.
 *
 * Run, the target being up: `node bare-dispatch.compare.js http://127.0.0.1:3000 [connections] [seconds]
 * [rounds]`.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import type { OutgoingRequest, ResponseListener, Transport } from '../src/http/transport.ts'
import { createUndiciTransport } from '../src/http/undici.ts'
import { type BareDispatchResult, type BareRequest, bareDispatch } from './bare-dispatch.ts'

interface Tally {
  requests: number
  errors: number
  stopped: boolean
  bytes: number
  time: number
}

class Client implements ResponseListener {
  readonly #transport: Transport
  readonly #requests: OutgoingRequest[]
  readonly #tally: Tally
  #next = 0

  constructor(transport: Transport, requests: OutgoingRequest[], tally: Tally) {
    this.#transport = transport
    this.#requests = requests
    this.#tally = tally
  }

  send() {
    if (!this.#tally.stopped)
      this.#transport.send(this.#requests[this.#next++ % this.#requests.length] as OutgoingRequest, this)
  }

  onResponse(status: number, _headers: unknown, body: Uint8Array, times: { sent: number; ended: number }) {
    this.#tally.requests++
    this.#tally.bytes += body.byteLength
    this.#tally.time += times.ended - times.sent
    if (status < 200 || status > 299) this.#tally.errors++
    this.send()
  }

  onFailure() {
    this.#tally.errors++
  }
}

async function throughTransport(
  origin: string,
  requests: readonly BareRequest[],
  connections: number,
  seconds: number,
) {
  const transport = createUndiciTransport({ connections })
  await transport.warm(origin, connections)
  const tally: Tally = { requests: 0, errors: 0, stopped: false, bytes: 0, time: 0 }
  const outgoing = requests.map(request => ({
    headers: [],
    body: undefined,
    ...request,
    origin,
    timeout: 30_000,
  }))
  for (let n = 0; n < connections; n++) new Client(transport, outgoing, tally).send()
  await setTimeout(seconds * 100)
  tally.requests = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  await setTimeout(seconds * 1000)
  const elapsed = performance.now() - start
  const used = process.cpuUsage(cpu)
  const counted = tally.requests
  tally.stopped = true
  await transport.close()
  const result: BareDispatchResult = {
    requests: counted,
    errors: tally.errors,
    requestsPerSecond: (counted / elapsed) * 1000,
    cpuPerRequest: (used.user + used.system) / counted,
  }
  return result
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number

const [, , origin = '', connections = '64', seconds = '3', rounds = '5'] = process.argv
const token = {
  authorization: ['authorization', 'Bearer c2hvcC1kZW1vLXRva2Vu', 'accept', 'application/json'],
}
const requests: BareRequest[] = [
  {
    method: 'POST',
    path: '/login',
    headers: ['content-type', 'application/json'],
    body: '{"username":"demo","password":"demo"}',
  },
  { method: 'GET', path: '/items', headers: token.authorization },
  { method: 'GET', path: '/items/item-3', headers: token.authorization },
]
const ratios: number[] = []
const cpuRatios: number[] = []
for (let round = 0; round < Number(rounds); round++) {
  const runBare = () =>
    bareDispatch({ origin, requests, connections: Number(connections), seconds: Number(seconds) })
  const runOurs = () => throughTransport(origin, requests, Number(connections), Number(seconds))
  // Who goes first changes: the machine drifts.
  const first = await (round % 2 ? runOurs() : runBare())
  const second = await (round % 2 ? runBare() : runOurs())
  const [bare, ours] = round % 2 ? [second, first] : [first, second]
  ratios.push(ours.requestsPerSecond / bare.requestsPerSecond)
  cpuRatios.push(bare.cpuPerRequest / ours.cpuPerRequest)
  console.log(JSON.stringify({ round, bare, ours }))
}
console.log(JSON.stringify({ ratio: median(ratios), ratios, cpuRatio: median(cpuRatios) }))
