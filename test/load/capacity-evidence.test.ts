import { describe, expect, test } from 'vitest'
import { CapacitySearch, evidenceOf as evidenceIn, type Tried } from '../../src/load/capacity/search.ts'

const HOLD = 5_000
/** Each try begins long after the one before it. */
let at = 0
const later = () => {
  at += 4 * HOLD
  return at
}
const tried = (rate: number, held: boolean, over: Partial<Tried> = {}): Tried => ({
  at: later(),
  rate,
  achieved: rate,
  held,
  isShort: false,
  ranAway: !held,
  ...over,
})
const evidenceOf = (tried: Tried[]) => evidenceIn(tried, HOLD)
const [held, missed] = [
  (rate: number, over?: Partial<Tried>) => tried(rate, true, over),
  (rate: number, over?: Partial<Tried>) => tried(rate, false, over),
]

describe('votes', () => {
  test('what held twice and what was missed on three occasions are certain', () => {
    const twice = [held(100), missed(110), held(100), missed(110)]
    expect(evidenceOf(twice).certain).toEqual({ from: 100 })
    const evidence = evidenceOf([...twice, missed(110)])
    expect(evidence.bracket).toMatchObject({ held: { rate: 100 }, missed: 110 })
    expect(evidence.certain).toEqual({ from: 100, to: 110 })
  })

  test('misses soon after another are one occasion: all that is tried in a bad time is missed', () => {
    const begin = later()
    const soon = [0, 1, 2, 3].map(n => missed(110, { at: begin + n * 2_000 }))
    expect(evidenceOf([held(100), held(100), ...soon]).certain).toEqual({ from: 100 })
  })

  test('a rate that held for a look, far above what is missed again and again, leaves open what lies between', () => {
    const look = held(160, { isShort: true })
    const evidence = evidenceOf([held(100), look, missed(110), held(100), missed(110), missed(110)])
    expect(evidence.certain.to ?? Number.POSITIVE_INFINITY).toBeGreaterThan(160)
  })

  test('a stall far below is not the limit of what held above it, though requests piled up in it', () => {
    const { bracket } = evidenceOf([missed(292), held(292), held(584), held(800), missed(850), missed(850)])
    expect(bracket).toMatchObject({ held: { rate: 800 }, missed: 850 })
  })

  test('once missed is not certainly too much', () => {
    expect(evidenceOf([held(100), held(100), missed(110)]).certain.to).toBeUndefined()
  })

  test('where tries disagree the interval is wider', () => {
    const twice = [held(90), held(100), missed(100)]
    const disputed = [...twice, ...twice, missed(110), missed(110), missed(110)]
    const { from, to } = evidenceOf(disputed).certain
    expect(from).toBeLessThan(100)
    expect(to).toBe(110)
  })

  test('misses while others had the CPU make nothing certain', () => {
    const disturbed = Array.from({ length: 5 }, () => missed(110, { disturbedBy: 'others' }))
    const evidence = evidenceOf([held(100), held(100), ...disturbed])
    expect(evidence.bracket.missed).toBe(110)
    expect(evidence.certain).toEqual({ from: 100 })
    expect(evidenceOf([held(100), disturbed[0]!]).bracket.missed).toBeUndefined()
  })
})

test('the first rate that is missed is tried again, and once it holds the search goes up from it', () => {
  const search = new CapacitySearch({ from: 146, to: 1e6, hold: HOLD })
  expect(search.next()).toEqual({ rate: 146, isShort: true })
  search.add(held(146, { isShort: true }))
  expect(search.next()).toEqual({ rate: 292, isShort: true })
  search.add(missed(292))
  expect(search.next()).toEqual({ rate: 292, isShort: true })
  search.add(held(292, { isShort: true }))
  expect(search.next()).toEqual({ rate: 584, isShort: true })
})
