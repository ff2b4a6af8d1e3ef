import { describe, expect, test } from 'vitest'
import { Evidence, type Tried } from '../../src/load/capacity/evidence.ts'
import { CapacitySearch } from '../../src/load/capacity/search.ts'

const tried = (rate: number, held: boolean, over: Partial<Tried> = {}): Tried => ({
  ...{ rate, held, isShort: false, ranAway: !held },
  ...over,
})
const [held, missed] = [
  (rate: number, over?: Partial<Tried>) => tried(rate, true, over),
  (rate: number, over?: Partial<Tried>) => tried(rate, false, over),
]

describe('votes', () => {
  test('what held twice and what was missed twice are certain', () => {
    const evidence = new Evidence([held(100), missed(110), held(100), missed(110)])
    expect(evidence.bracket).toMatchObject({ held: { rate: 100 }, missed: 110 })
    expect(evidence.certain).toEqual({ from: 100, to: 110 })
  })

  test('a stall far below is not the limit of what held above it, though requests piled up in it', () => {
    const { bracket } = new Evidence([missed(292), held(292), held(584), held(800), missed(850), missed(850)])
    expect(bracket).toMatchObject({ held: { rate: 800 }, missed: 850 })
  })

  test('once missed is not certainly too much', () => {
    expect(new Evidence([held(100), held(100), missed(110)]).certain).not.toHaveProperty('to')
  })

  test('where tries disagree the interval is wider', () => {
    const twice = [held(90), held(100), missed(100)]
    const disputed = [...twice, ...twice, missed(110), missed(110), missed(110)]
    const { from, to } = new Evidence(disputed).certain
    expect(from).toBeLessThan(100)
    expect(to).toBe(110)
  })

  test('misses while others had the CPU make nothing certain', () => {
    const disturbed = Array.from({ length: 5 }, () => missed(110, { disturbedBy: 'others' }))
    const evidence = new Evidence([held(100), held(100), ...disturbed])
    expect(evidence.bracket.missed).toBe(110)
    expect(evidence.certain).toEqual({ from: 100 })
    expect(new Evidence([held(100), disturbed[0]!]).bracket).not.toHaveProperty('missed')
  })
})

test('the first rate that is missed is tried again, and once it holds the search goes up from it', () => {
  const search = new CapacitySearch({ from: 146, to: 1e6, within: 0.05 })
  expect(search.next()).toEqual({ rate: 146, isShort: true })
  search.add(held(146, { isShort: true }))
  expect(search.next()).toEqual({ rate: 292, isShort: true })
  search.add(missed(292))
  expect(search.next()).toEqual({ rate: 292, isShort: true })
  search.add(held(292, { isShort: true }))
  expect(search.next()).toEqual({ rate: 584, isShort: true })
})
