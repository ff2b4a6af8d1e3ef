/*
 * An application that behaves as its plan says, and logs each request by its own clock. `GET /first` begins an iteration
 * and gives it an id; `GET /second/{id}` ends it. The parent process asks for the log with any message.
 */
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import process from 'node:process'

/** @typedef {import('./plan.ts').Behaviour} Behaviour @typedef {import('./truth.ts').Logged} Logged */

/** @type {Behaviour} */
const plan = JSON.parse(process.argv[2])
/** @type {Logged[]} */
const log = []
/** @type {(() => void)[]} */
const waiting = []
let busy = 0
let began = -1
let iterations = 0

/** Mulberry32. */
let state = plan.seed >>> 0
function random() {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const now = () => performance.now() - began

function delay() {
  const { latency } = plan
  switch (latency.kind) {
    case 'constant':
      return latency.ms
    case 'exponential':
      return -latency.ms * Math.log(1 - random())
    case 'two':
      return random() < latency.share ? latency.slow : latency.ms
    case 'pauses': {
      const into = now() % latency.every
      return latency.ms + (into < latency.length ? latency.length - into : 0)
    }
  }
}

function outcome() {
  if (plan.deadAfter !== undefined && now() >= plan.deadAfter) return 'hang'
  if (plan.limitAfter !== undefined && log.length > plan.limitAfter) return 'limited'
  const draw = random()
  let below = 0
  for (const { kind, share } of plan.faults) {
    below += share
    if (draw < below) return kind
  }
  return 'ok'
}

const server = createServer((request, response) => {
  if (began < 0) began = performance.now()
  const isFirst = request.url === '/first'
  const id = isFirst ? ++iterations : Number(request.url?.split('/').at(-1))
  /** @type {Logged} */
  const entry = { step: isFirst ? 1 : 2, id, at: now(), outcome: outcome() }
  log.push(entry)
  response.once('finish', () => {
    entry.ended = now()
  })
  const work = () => {
    busy++
    setTimeout(() => {
      respond(entry, request, response)
      if (entry.outcome === 'hang') return
      busy--
      waiting.shift()?.()
    }, delay())
  }
  if (busy < plan.workers) work()
  else waiting.push(work)
})

/** @param {Logged} entry @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function respond(entry, request, response) {
  const { id, outcome } = entry
  const cut = () => {
    entry.ended = now()
    request.socket.destroy()
  }
  const body = JSON.stringify({ id, isRight: outcome !== 'wrong' })
  const headers = { 'content-type': 'application/json' }
  switch (outcome) {
    case 'hang':
      return
    case 'reset':
      return cut()
    case 'cut':
      response.writeHead(200, { ...headers, 'content-length': body.length + 10 }).write(body)
      return setTimeout(cut, 5)
    case 'status':
      return response.writeHead(500, headers).end(body)
    case 'limited':
      return response.writeHead(429, headers).end(body)
    default:
      return response.writeHead(200, headers).end(body)
  }
}

server.keepAliveTimeout = 60_000
process.on('message', () => process.send?.(log))
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
