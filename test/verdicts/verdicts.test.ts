import { expect, test } from 'vitest'
import { silentJudgements } from './silent.ts'
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
})

test('applications that others starve: what each request waited is known, and of no way to starve are many needlessly open', async () => {
  const tally = new Tally()
  for (const word of ['starved', 'two other'])
    for await (const judgement of judgements(3, 3, word)) tally.add(judgement)
  const harms = [...tally.counts].filter(([name]) => /starved|two other/.test(name))
  expect(harms).toHaveLength(3)
  expect(tally.shares.wrong, tally.lines().join('\n')).toBeLessThanOrEqual(0.005)
  for (const [, { all, needless }] of harms) {
    expect(all).toBeGreaterThan(100)
    expect(needless / all, tally.lines().join('\n')).toBeLessThanOrEqual(0.05)
  }
})

test('applications that do not respond to some requests: of each way to do so few verdicts are wrong or needlessly open', async () => {
  const tally = new Tally()
  for await (const judgement of silentJudgements(6, 2)) tally.add(judgement)
  const harms = [...tally.counts].filter(([name]) => /hang|deadlock|stuck/.test(name))
  expect(harms).toHaveLength(3)
  for (const [, { all, wrong, needless }] of harms) {
    expect(all).toBeGreaterThan(100)
    expect(wrong / all, tally.lines().join('\n')).toBeLessThanOrEqual(0.005)
    expect(needless / all, tally.lines().join('\n')).toBeLessThanOrEqual(0.05)
  }
  expect(tally.verdicts).toMatchObject({ pass: expect.any(Number), fail: expect.any(Number) })
})
