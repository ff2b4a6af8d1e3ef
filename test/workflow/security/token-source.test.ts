import { describe, expect, test } from 'vitest'
import type { OutgoingRequest, ResponseListener, Transport } from '../../../src/http/transport.ts'
import { TokenSource } from '../../../src/workflow/security/token-source.ts'

const times = { queued: 0, sent: 0, ended: 0 }

/** A source of tokens, the clock that it goes by, and the server that it asks. */
function source(answer: (count: number) => { status: number; body: object }) {
  const tokens = new TokenSource({ tokenUrl: 'http://127.0.0.1:1/token', fields: {}, client: {}, of: 'a scheme' })
  const clock = { now: 0 }
  let asked = 0
  const transport = {
    send(_request: OutgoingRequest, listener: ResponseListener) {
      const { status, body } = answer(++asked)
      const bytes = Buffer.from(JSON.stringify(body))
      queueMicrotask(() => listener.onResponse(status, ['content-type', 'application/json'], bytes, times))
    },
  } as unknown as Transport
  return {
    clock,
    asked: () => asked,
    /** As a request does: with the token that is there, or a new one. */
    async token(): Promise<string | undefined> {
      const held = tokens.current(clock.now)
      if (held !== undefined) return held
      return new Promise(resolve => tokens.fetch(transport, () => clock.now, resolve))
    },
    accept: () => tokens.accept(),
    refuse: (token: string) => tokens.refuse(token, clock.now),
  }
}

const issue = (expires_in?: number) => (count: number) => ({
  status: 200,
  body: { access_token: `t${count}`, ...(expires_in !== undefined && { expires_in }) },
})

describe('the server of tokens is not flooded', () => {
  test('a token without a lifetime is used for a second', async () => {
    const { token, clock, asked } = source(issue(0))
    for (clock.now = 0; clock.now < 3_000; clock.now += 10) await token()
    expect(asked()).toBe(3)
  })

  test('a token that says how long it lives is used for nine tenths of that', async () => {
    const { token, clock, asked } = source(issue(10))
    for (clock.now = 0; clock.now < 8_999; clock.now += 100) await token()
    expect(asked()).toBe(1)
    clock.now = 9_000
    expect(await token()).toBe('t2')
  })

  test('of tokens that are all refused one is fetched anew in ten seconds', async () => {
    const { token, clock, asked, refuse } = source(issue(3600))
    for (clock.now = 0; clock.now < 25_000; clock.now += 10) refuse((await token())!)
    // The first, and one each after it was refused at 0, 10 and 20 s.
    expect(asked()).toBe(4)
  })

  test('one that was accepted before it is refused is fetched anew at once, and at most once a second', async () => {
    const { token, clock, accept, refuse, asked } = source(issue(3600))
    for (clock.now = 0; clock.now < 5_000; clock.now += 10) {
      const held = (await token())!
      accept()
      refuse(held)
    }
    // The first, and one each after it was refused at 0, 1, 2, 3 and 4 s.
    expect(asked()).toBe(6)
  })

  test('who was refused with an older token is told of the newer', async () => {
    const { token, refuse, asked } = source(issue(3600))
    const old = (await token())!
    expect(refuse(old)).toBe(true)
    const newer = (await token())!
    expect([refuse(old), await token(), asked()]).toEqual([true, newer, 2])
    expect(refuse(newer)).toBe(false)
  })

  test('a failure is the response for a second, then for longer, at most for ten', async () => {
    const { token, clock, asked } = source(() => ({ status: 503, body: {} }))
    for (clock.now = 0; clock.now < 35_000; clock.now += 50) expect(await token()).toBeUndefined()
    // At 0, 1, 3, 7, 15 and 25 s.
    expect(asked()).toBe(6)
  })
})
