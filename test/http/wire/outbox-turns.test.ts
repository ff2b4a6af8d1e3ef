import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Outbox } from '../../../src/http/wire/outbox.ts'

/** A response after which one request is to be written; whether it was written once the response was told. */
function respond(outbox: Outbox, written: { count: number }): boolean {
  const before = written.count
  outbox.open()
  outbox.hold({ dispatch: () => written.count++ })
  outbox.close()
  return written.count > before
}

/** Turns of the event loop with so many responses each; how many requests were written without waiting for the turn. */
async function turns(outbox: Outbox, count: number, responses: number): Promise<number> {
  const written = { count: 0 }
  let atOnce = 0
  for (let turn = 1; turn <= count; turn++) {
    for (let i = 0; i < responses; i++) if (respond(outbox, written)) atOnce++
    await setImmediate()
    // However it goes, nothing stays behind.
    expect(written.count).toBe(turn * responses)
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

test('where turns bring several, they are written together, also from when they begin to', async () => {
  const outbox = new Outbox()
  expect(await turns(outbox, 200, 3)).toBe(0)
  expect(await turns(outbox, 64, 1)).toBeGreaterThan(0)
  await turns(outbox, 350, 3)
  expect(await turns(outbox, 200, 3)).toBe(0)
})

test('what is held while it is corked is written when it is uncorked, once', async () => {
  const outbox = new Outbox()
  await turns(outbox, 40, 1)
  const written: string[] = []
  outbox.cork()
  expect(outbox.isHolding).toBe(true)
  for (const name of ['a', 'b']) outbox.hold({ dispatch: () => written.push(name) })
  expect(written).toEqual([])
  outbox.uncork()
  expect(written).toEqual(['a', 'b'])
  await setImmediate()
  expect(written).toEqual(['a', 'b'])
})

test('a request that comes about without a response being told is written in the next turn', async () => {
  const outbox = new Outbox()
  let written = 0
  outbox.hold({ dispatch: () => written++ })
  expect(written).toBe(0)
  await setImmediate()
  expect(written).toBe(1)
})
