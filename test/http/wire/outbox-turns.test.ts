import { setImmediate as atTurn } from 'node:timers'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Outbox } from '../../../src/http/wire/connection.ts'

/** Counts what an outbox writes. */
class Written {
  count = 0
  readonly plain = { isReadInParts: false, dispatch: () => this.count++ }
  readonly overTls = { isReadInParts: true, dispatch: () => this.count++ }
}

/** A response after which one request is to be written; whether it was written once the response was told. */
function respond(outbox: Outbox, written: Written, sender = written.plain): boolean {
  const before = written.count
  outbox.beginTelling()
  expect(outbox.isHolding).toBe(true)
  outbox.hold(sender)
  expect(written.count).toBe(before)
  outbox.endTelling()
  return written.count > before
}

/** Turns of the event loop with so many responses each; how many requests were written without waiting for the turn. */
async function turns(outbox: Outbox, count: number, ...responses: number[]): Promise<number> {
  const written = new Written()
  let [atOnce, expected] = [0, 0]
  for (let turn = 0; turn < count; turn++) {
    for (let i = 0; i < responses[turn % responses.length]!; i++, expected++) if (respond(outbox, written)) atOnce++
    await setImmediate()
    // However it goes, nothing stays behind.
    expect(written.count).toBe(expected)
  }
  return atOnce
}

test('where turns bring one request each, it is written at once; that is looked at again and again', async () => {
  const outbox = new Outbox()
  expect(await turns(outbox, 32, 1)).toBe(0)
  expect(await turns(outbox, 1_000, 1)).toBe(1_000)
  expect(await turns(outbox, 32, 1)).toBe(0)
  expect(await turns(outbox, 1_000, 1)).toBe(1_000)
})

test('fewer than two on average are few, two are not', async () => {
  const outbox = new Outbox()
  expect(await turns(outbox, 320, 2)).toBe(0)
  expect(await turns(outbox, 32, 3, 2, 1)).toBe(0)
  expect(await turns(outbox, 32, 1, 2)).toBe(0)
  expect(await turns(outbox, 1_000, 1)).toBe(1_000)
})

test('where turns bring several, they are written together, also from when they begin to', async () => {
  const outbox = new Outbox()
  expect(await turns(outbox, 192, 3)).toBe(0)
  expect(await turns(outbox, 64, 1)).toBe(32)
  await turns(outbox, 350, 3)
  expect(await turns(outbox, 200, 3)).toBe(0)
})

test('what is uncorked in the same turn does not make several look like few', async () => {
  const outbox = new Outbox()
  const written = new Written()
  let atOnce = 0
  for (let turn = 0; turn < 200; turn++) {
    atTurn(() => {
      outbox.cork()
      outbox.hold(written.plain)
      outbox.uncork()
    })
    for (let i = 0; i < 20; i++) if (respond(outbox, written)) atOnce++
    await setImmediate()
  }
  await setImmediate()
  expect(written.count).toBe(200 * 21)
  expect(atOnce).toBe(0)
})

test('what is held while it is corked is written when it is uncorked, once, and no turn is counted for it', async () => {
  for (const before of [0, 40]) {
    const outbox = new Outbox()
    await turns(outbox, before, 1)
    const written = new Written()
    for (let i = 0; i < 100; i++) {
      outbox.cork()
      outbox.hold(written.plain)
      outbox.beginTelling()
      outbox.hold(written.plain)
      outbox.endTelling()
      expect(outbox.isHolding).toBe(true)
      expect(written.count).toBe(2 * i)
      outbox.uncork()
      expect(outbox.isHolding).toBe(false)
      expect(written.count).toBe(2 * i + 2)
      await setImmediate()
      expect(written.count).toBe(2 * i + 2)
    }
    // What was corked is neither a turn nor a request of one.
    if (before === 0) expect([await turns(outbox, 32, 1), await turns(outbox, 32, 1)]).toEqual([0, 32])
  }
})

test('over TLS it is written when all that has come is read', async () => {
  const outbox = new Outbox()
  await turns(outbox, 40, 1)
  const written = new Written()
  expect(respond(outbox, written, written.overTls)).toBe(false)
  // It waits together with what comes after it.
  expect(respond(outbox, written)).toBe(false)
  await setImmediate()
  expect(written.count).toBe(2)
  expect(respond(outbox, written)).toBe(true)
})

test('turns in which requests over TLS wait are not counted while others are written at once', async () => {
  const outbox = new Outbox()
  await turns(outbox, 32, 1)
  const written = new Written()
  for (let turn = 0; turn < 40; turn++) {
    respond(outbox, written, written.overTls)
    await setImmediate()
  }
  expect(await turns(outbox, 960, 1)).toBe(960)
  expect(await turns(outbox, 32, 1)).toBe(0)
})

test('of responses that are told one within another, the last to end writes', async () => {
  const outbox = new Outbox()
  await turns(outbox, 40, 1)
  const written = new Written()
  outbox.beginTelling()
  outbox.hold(written.plain)
  expect(respond(outbox, written)).toBe(false)
  expect(outbox.isHolding).toBe(true)
  outbox.endTelling()
  expect(written.count).toBe(2)
})
