import { expect, test } from 'vitest'
import { parsePointer } from '../../src/expression/index.ts'
import { BodyStore } from '../../src/http/body-store.ts'
import { selectPointers } from '../../src/http/select/index.ts'
import type { OutgoingRequest, PassedBody, ResponseReads, Transport } from '../../src/http/transport.ts'
import { overEach } from './over-each.ts'
import { failed, httpTarget, request, transportWith } from './support.ts'

const long = JSON.stringify({
  id: 7,
  items: Array.from({ length: 30_000 }, (_, n) => ({ n, name: `Item ${n}` })),
  last: { word: 'end' },
})

/** A server of one body. */
async function serving(body: string, { type = 'application/json', status = 200, chunked = false } = {}) {
  const { origin } = await httpTarget((_, response) => {
    const length = chunked ? {} : { 'content-length': Buffer.byteLength(body) }
    response.writeHead(status, { 'content-type': type, ...length }).end(body)
  })
  return origin
}

const wanting = (pointers: string[], more: Partial<ResponseReads> = {}): ResponseReads => ({
  selection: selectPointers(pointers.map(parsePointer)),
  whole: false,
  hold: false,
  ...more,
})

/** What the listener is handed, copied. */
function handed(transport: Transport, outgoing: OutgoingRequest) {
  return new Promise<{ body: string; passed?: Pick<PassedBody, 'size' | 'values' | 'fault'> }>((resolve, reject) => {
    transport.send(outgoing, {
      onResponse(_status, _headers, body, _times, passed) {
        const copy = passed && { size: passed.size, values: [...passed.values], fault: passed.fault }
        resolve({ body: Buffer.from(body).toString(), ...(copy && { passed: copy }) })
      },
      onFailure: (_cause, error) => reject(error),
    })
  })
}

test('memory of a body that is over is used again; bodies in hand have their own', () => {
  const pieces = (letter: string) => [Buffer.alloc(60_000, letter), Buffer.alloc(60_000, letter)]
  const hold = (letter: string) => {
    const store = new BodyStore()
    store.begin(120_000)
    for (const piece of pieces(letter)) store.take(piece, 0, piece.length)
    return store
  }
  const [a, b] = [hold('a'), hold('b')]
  const memory = a.bytes.buffer
  // Compared by themselves: how two buffers of this size differ takes minutes to print.
  expect(b.bytes.buffer === memory).toBe(false)
  a.letGo()
  // Bodies of other tests of this process have left memory as well.
  const later = [...'cdefghijklmnopqrst'].map(letter => [hold(letter), letter] as const)
  expect(later.filter(([store]) => store.bytes.buffer === memory)).toHaveLength(1)
  for (const [store, letter] of [[b, 'b'] as const, ...later])
    expect(Buffer.from(store.bytes).toString() === letter.repeat(120_000)).toBe(true)
})

const TOO_LONG =
  'its body is longer than 268,435,456 bytes and is needed as a whole. Read values of it by JSON Pointer.'

test('a body of unknown length is refused as soon as it is too long, in pieces or in one', () => {
  const piece = Buffer.alloc(200 * 2 ** 20)
  const store = new BodyStore()
  store.begin(-1)
  expect([store.take(piece, 0, piece.length), store.take(piece, 0, piece.length)]).toEqual([true, false])
  expect(`${store.refusal.found}. ${store.refusal.advice}`).toBe(TOO_LONG)
  const whole = Buffer.alloc(2 ** 28 + 1)
  store.begin(-1)
  expect(store.take(whole, 0, 2 ** 28)).toBe(true)
  store.begin(-1)
  expect(store.take(whole, 0, whole.length)).toBe(false)
})

overEach('%s', () => {
  test.each([false, true])('of a long body only the wanted values are read (chunked: %s)', async chunked => {
    const origin = await serving(long, { chunked })
    const reads = wanting(['/id', '/last/word', '/none'])
    expect(await handed(transportWith(), request(origin, { reads }))).toEqual({
      body: '',
      passed: { size: long.length, values: [7, 'end', undefined], fault: undefined },
    })
  })

  test('a long body that is not JSON after all is a fault, with the place', async () => {
    const origin = await serving(`${long.slice(0, -2)}!`)
    const { passed } = await handed(transportWith(), request(origin, { reads: wanting(['/last/word']) }))
    expect(passed?.fault).toMatchObject({ verb: 'read', thing: 'the body as JSON' })
    expect(passed?.fault?.found).toContain(String(long.length - 2))
    expect(passed?.values).toEqual([])
  })

  test('of a long body of which nothing is wanted the bytes are counted', async () => {
    const origin = await serving(long)
    expect(await handed(transportWith(), request(origin, { reads: wanting([]) }))).toEqual({
      body: '',
      passed: { size: long.length, values: [], fault: undefined },
    })
  })

  test.each([
    ['is wanted as a whole', wanting([], { whole: true }), {}],
    ['has values wanted and is no JSON', wanting(['/id']), { type: 'text/plain' }],
  ])('a long body that %s is held', async (_, reads, options) => {
    const origin = await serving(long, options)
    expect(await handed(transportWith(), request(origin, { reads }))).toEqual({ body: long })
  })

  test('a short body is held if it may be asked for, or if the status is an error', async () => {
    const short = long.slice(0, 60_000)
    const reads = wanting([], { hold: true })
    const origin = await serving(short)
    expect(await handed(transportWith(), request(origin, { reads }))).toEqual({ body: short })
    const faulty = await serving(short, { status: 500 })
    expect(await handed(transportWith(), request(faulty, { reads: wanting([]) }))).toEqual({ body: short })
  })

  test('a body that is wanted as a whole and says that it is too long is a failure', async () => {
    const { origin } = await httpTarget((_, response) => {
      response.writeHead(200, { 'content-length': 300_000_000 }).write('a')
      setTimeout(() => response.write('b'), 50)
    })
    const { cause, message } = await failed(transportWith(), request(origin))
    expect(cause).toBe('protocol')
    expect(message).toBe(`Failed to read a response from http://127.0.0.1:PORT: ${TOO_LONG}`)
  })
})
