import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { Random } from '../../src/ground/random.ts'
import { Link } from '../../src/hosts/link.ts'
import { seal } from '../../src/hosts/seal.ts'
import { VirtualClock } from '../../src/measure/clock.ts'
import { type Fate, memoryBus } from './memory-bus.ts'

const keysOf = (says: string, hears: string) => ({ says: keyOf(says), hears: keyOf(hears) })
const keyOf = (subject: string) => createHash('sha256').update(subject).digest()

function pair(fate?: Fate) {
  const bus = memoryBus(fate)
  const clock = new VirtualClock()
  const heard: unknown[] = []
  const faults: string[] = []
  const side = (says: string, hears: string) =>
    new Link({
      bus,
      says,
      hears,
      keys: keysOf(says, hears),
      clock,
      onMessage: message => heard.push(message),
      onFault: ({ message }) => faults.push(message),
    })
  const [a, b] = [side('there', 'here'), side('here', 'there')]
  return { a, b, clock, heard, faults, bus }
}

/** Lets time go by, and what was published come. */
async function pass(clock: VirtualClock, time: number) {
  for (let at = 0; at < time; at += 50) {
    clock.run(clock.now() + 50)
    await new Promise(done => setImmediate(done))
  }
}

test('messages come once and in order over a broker that loses a third of them and delivers a third twice', async () => {
  const random = new Random(7, 'permutations')
  const { a, clock, heard } = pair(() => random.below(3) as 0 | 1 | 2)
  const said = Array.from({ length: 200 }, (_, n) => ({ n, bytes: new Uint32Array([n]) }))
  for (const message of said) a.say(message)
  await pass(clock, 200_000)
  expect(heard).toEqual(said)
})

test('a message of many pieces is one', async () => {
  const { a, clock, heard } = pair()
  const text = 'x'.repeat(3_000_000)
  a.say({ text })
  await pass(clock, 500)
  expect((heard[0] as { text: string }).text === text).toBe(true)
  await a.heard()
})

test('how long the other side is silent is known, and what is not ours is a fault or passed over', async () => {
  const { a, b, clock, heard, faults, bus } = pair()
  await pass(clock, 1_000)
  expect(a.silence).toBeLessThan(500)
  bus.publish('here', new Uint8Array(3))
  b.close()
  const broken = new Uint8Array([0, 0, 0, 1, 0, 0, 0, 0, 2, 1, 2, 3])
  bus.publish('here', broken)
  bus.publish('here', seal(keyOf('here'), broken, 1_000))
  await pass(clock, 4_000)
  expect(a.silence).toBeGreaterThan(3_000)
  expect(heard).toEqual([])
  expect(faults).toHaveLength(1)
})

test('a stretch in which this process stood still is no silence of the other side', async () => {
  const { a, clock } = pair()
  await pass(clock, 1_000)
  clock.block(10_000)
  // Timers come before what had arrived meanwhile.
  clock.run(clock.now())
  expect(a.silence).toBeLessThanOrEqual(1_000)
  await pass(clock, 1_000)
  expect(a.silence).toBeLessThan(500)
})

test('a message over a slow link is sent once, as long as more and more of it is heard', async () => {
  const clock = new VirtualClock()
  const bus = memoryBus()
  let [pieces, busyUntil] = [0, 0]
  // Each piece takes 200 ms of the way there.
  const slow = {
    ...bus,
    publish(subject: string, bytes: Uint8Array) {
      const isPiece = bytes.length > 1_000
      if (isPiece) pieces++
      // NATS keeps the order of what one connection publishes.
      busyUntil = Math.max(busyUntil, clock.now()) + (isPiece ? 200 : 0)
      clock.after(busyUntil - clock.now(), () => bus.publish(subject, bytes))
    },
  }
  const heard: number[] = []
  const onMessage = (message: unknown) => heard.push((message as Uint8Array).length)
  const a = new Link({
    bus: slow,
    says: 'there',
    hears: 'here',
    keys: keysOf('there', 'here'),
    clock,
    onMessage,
    onFault: () => {},
  })
  new Link({ bus, says: 'here', hears: 'there', keys: keysOf('here', 'there'), clock, onMessage, onFault: () => {} })
  const length = 25 * 256 * 1024
  a.say(new Uint8Array(length))
  await pass(clock, 10_000)
  expect(heard).toEqual([length])
  // What is behind the last whole one is small.
  expect(pieces).toBe(25)
})

test('what is published again, changed, sealed with other keys or turned back is no message, and no sign of life', async () => {
  const { a, b, clock, heard, faults, bus } = pair()
  const frames: Uint8Array[] = []
  bus.subscribe('here', bytes => frames.push(bytes))
  b.say('a secret')
  await pass(clock, 600)
  expect(heard).toEqual(['a secret'])
  b.close()
  await pass(clock, 100)
  const said = frames.slice()
  const forged = seal(
    keyOf('there'),
    Buffer.concat([Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 2]), serialize('forged')]),
    99,
  )
  const hostile = [
    ...said,
    ...said.map(frame => frame.map((byte, at) => (at === frame.length - 1 ? byte ^ 1 : byte))),
    ...said.map(frame => frame.map((byte, at) => (at === 11 ? 77 : byte))),
    forged,
    forged.subarray(0, 20),
    new Uint8Array(0),
  ]
  for (let n = 0; n < 8; n++) {
    for (const frame of hostile) bus.publish('here', frame)
    await pass(clock, 500)
  }
  expect(said.length).toBeGreaterThan(1)
  expect(heard).toEqual(['a secret'])
  expect(faults).toEqual([])
  expect(a.silence).toBeGreaterThan(3_000)
  for (const frame of said) expect(Buffer.from(frame).includes('a secret')).toBe(false)
})
