import { expect, test } from 'vitest'
import { judgements, Tally } from './tally.ts'

test('hundreds of verdicts on applications of which the truth is known: none wrong but by chance, few needlessly open', async () => {
  const tally = new Tally()
  for await (const judgement of judgements(1, 2)) tally.add(judgement)
  const { wrong, needless } = tally.shares
  expect(tally.counts.get('all')!.all).toBeGreaterThan(200)
  // Bounds are drawn on both sides of the truth, so both verdicts are there to be wrong.
  expect(tally.verdicts).toMatchObject({ pass: expect.any(Number), fail: expect.any(Number) })
  expect(wrong, tally.lines().join('\n')).toBeLessThanOrEqual(0.005)
  expect(needless, tally.lines().join('\n')).toBeLessThanOrEqual(0.05)
}, 120_000)
