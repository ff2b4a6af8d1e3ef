import { expect, test } from 'vitest'
import { createUndiciTransport } from '../../../src/http/undici.ts'
import { createWireTransport } from '../../../src/http/wire/index.ts'
import { compareAll, report } from './run.ts'

test('20,000 answers, valid and broken, are the same over undici and wire, and right as far as undici alone can tell', async () => {
  const found = await compareAll({
    from: 0,
    count: 20_000,
    lanes: 48,
    oracle: createUndiciTransport,
    subject: createWireTransport,
  })
  expect(report(found)).toBe('')
  expect(found.counts.same).toBeGreaterThan(10_000)
}, 400_000)
