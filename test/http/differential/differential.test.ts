import { expect, onTestFinished, test } from 'vitest'
import { createUndiciTransport } from '../../../src/http/undici.ts'
import { createWireTransport } from '../../../src/http/wire/pool.ts'
import { amount } from '../../builders/thorough.ts'
import { credentials as certificate } from '../h2/servers.ts'
import { compareAll, report } from './run.ts'

test.each([
  ['without TLS', amount(1_000, 10_000), 48, {}],
  // Handshakes of more lanes at once take the oracle longer than its timeout for a connection on a busy machine.
  ['with TLS', amount(100, 10_000), 12, { certificate }],
])(
  'answers, valid and broken, are the same over undici and wire, and right as far as undici alone can tell, %s',
  async (_, count, lanes, server) => {
    // Most answers fail three times, and nobody looks at where: to tell it took a sixth of the time.
    const { stackTraceLimit } = Error
    onTestFinished(() => {
      Error.stackTraceLimit = stackTraceLimit
    })
    Error.stackTraceLimit = 0
    const found = await compareAll({
      from: 0,
      count,
      lanes,
      oracle: createUndiciTransport,
      subject: createWireTransport,
      ...server,
    })
    Error.stackTraceLimit = stackTraceLimit
    expect(report(found)).toBe('')
    expect(found.counts.same).toBeGreaterThan(count / 2)
  },
  200_000,
)

test.each([['an interim response of 100 behind a line that ends in LF alone', 586_679_830]])(
  'an answer that a longer search has found: %s',
  async (_, from) => {
    const ways = { oracle: createUndiciTransport, subject: createWireTransport }
    const found = await compareAll({ from, count: 1, lanes: 1, ...ways })
    expect(report(found)).toBe('')
    expect(found.counts.righter).toBe(1)
  },
)
