/**
 * What a request of the three steps, or of the plain GET, costs the engine itself: everything of a load thread (pacing,
 * requests, parser, reader, criteria, outputs, recorder) over a transport that answers from memory with nginx's bytes,
 * no socket in between. Says how much of a request is ours to save, also on a busy machine, and is easily profiled:
 * `node --cpu-prof bench/out/engine.js`. Run: `npm run bench -- engine [buy or plain] [thousands of iterations]` (10
 * seconds).
 */
import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { BodyStore, readBuffer } from '../src/http/body-store.ts'
import { reportResponse } from '../src/http/causes.ts'
import { noCounts } from '../src/http/pooled-transport.ts'
import type { OutgoingRequest, ResponseListener, Transport } from '../src/http/transport.ts'
import { ResponseParser } from '../src/http/wire/parser.ts'
import { openFeed, SharedCounters } from '../src/load/feed/feed.ts'
import { loadTestOrThrow, readLoadTest } from '../src/load/plan/load-test.ts'
import { prepare } from '../src/load/run/prepare.ts'
import { execute } from '../src/load/thread/executor.ts'
import { Ledger } from '../src/load/thread/ledger.ts'
import { Recorder } from '../src/load/thread/recorder.ts'
import { realClock } from '../src/measure/clock.ts'
import { User } from '../src/workflow/user.ts'
import { item, list, loggedIn, plain } from './macro/bodies.ts'

const answer = (body: string) =>
  Buffer.from(
    [
      'HTTP/1.1 200 OK\r\nServer: nginx/1.26.3\r\nDate: Wed, 25 Nov 2026 22:03:56 GMT\r\nContent-Type: application/json\r\n',
      `Content-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`,
    ].join(''),
  )
const answers = [answer(loggedIn), answer(list), answer(item), answer(plain)]

/** Answers in the next turn, as sockets would: all that is waiting, one after the other. */
class MemoryTransport implements Transport {
  readonly name = 'memory'
  readonly takesText = true
  readonly counters = noCounts()
  /** Characters that would have been written. */
  written = 0
  readonly #body = new BodyStore()
  readonly #parser = new ResponseParser(this.#body)
  readonly #times = { queued: 0, sent: 0, ended: 0 }
  #waiting: Waiting[] = []
  #spare: Waiting[] = []
  #count = 0

  constructor() {
    this.#body.headers = this.#parser.header
  }

  send({ text = '', reads }: OutgoingRequest, listener: ResponseListener): void {
    this.counters.requests++
    this.written += text.length
    const number = text.startsWith('POST') ? 0 : text.startsWith('GET /items ') ? 1 : isPlain ? 3 : 2
    this.#waiting[this.#count] ??= { listener, reads, number, sent: 0 }
    const waiting = this.#waiting[this.#count]!
    waiting.listener = listener
    waiting.reads = reads
    waiting.number = number
    waiting.sent = performance.now()
    if (this.#count++ === 0) setImmediate(this.#answerAll)
  }

  readonly #answerAll = () => {
    const [all, count] = [this.#waiting, this.#count]
    this.#waiting = this.#spare
    this.#spare = all
    this.#count = 0
    for (let n = 0; n < count; n++) this.#answer(all[n]!)
  }

  #answer({ listener, reads, number, sent }: Waiting): void {
    const bytes = answers[number]!
    bytes.copy(readBuffer)
    this.#body.reads = reads
    this.#parser.begin(false)
    if (this.#parser.read(readBuffer, 0, bytes.length) !== 'done') throw new Error(this.#parser.fault)
    this.#body.end()
    this.#times.queued = sent
    this.#times.sent = sent
    this.#times.ended = performance.now()
    const { status, header } = this.#parser
    reportResponse(listener, status, header, this.#body.bytes, this.#times, this.#body.passed)
  }

  async warm(): Promise<void> {}
  abort(): void {}
  async close(): Promise<void> {}
}

interface Waiting {
  listener: ResponseListener
  reads: OutgoingRequest['reads']
  number: number
  sent: number
}

const workflows = { buy: 'three-steps.arazzo.yaml#buy', plain: 'macro.arazzo.yaml#plain' }
const name = process.argv[2] === 'plain' ? 'plain' : 'buy'
const isPlain = name === 'plain'

async function run(iterations: number) {
  const reading = await readLoadTest({
    workflow: fileURLToPath(new URL('../documents/', import.meta.url)) + workflows[name],
    servers: 'http://127.0.0.1:80',
    load: { vus: 64, iterations: Math.ceil(iterations / 64), threads: 1 },
  })
  const { plan, load, inputs } = await prepare(loadTestOrThrow(reading))
  const transport = new MemoryTransport()
  const counters = new SharedCounters(new SharedArrayBuffer(SharedCounters.BYTES))
  const [cpu, start] = [process.cpuUsage(), performance.now()]
  const recorder = new Recorder({
    plan: load,
    ledger: new Ledger(),
    origin: start,
    onInterval() {},
    stepKeys: plan.steps.map(({ key }) => key),
  })
  const ended = await execute({
    plan: load,
    share: { index: 0, count: 1 },
    clock: realClock,
    turn: setImmediate,
    recorder,
    start,
    makeUser: think => new User(plan, transport, realClock, recorder, think),
    feed: openFeed(inputs, counters, load.seed),
    requestsPerRun: plan.requestsPerRun,
    stopped: () => false,
    onWindow() {},
  })
  const { user, system } = process.cpuUsage(cpu)
  const { errors } = recorder.close(ended.at)
  if (errors.length > 0) throw new Error(`Failed to run the engine: ${errors[0]!.message}.`)
  const { requests } = transport.counters
  return { requests, micros: (user + system) / requests, characters: transport.written / requests }
}

const thousands = Number(process.argv[3] ?? 300)
await run(20_000)
const { requests, micros, characters } = await run(thousands * 1_000)
console.log(
  `${name}: ${requests} requests of ${characters.toFixed(0)} characters on average: ${micros.toFixed(2)} us of CPU each, without sockets`,
)
process.exit(0)
