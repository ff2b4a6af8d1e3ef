import { describe, expect, test } from 'vitest'
import { type Decision, LOOKS, look } from '../../src/compare/decision.ts'
import { sampleOf } from '../../src/compare/statistics/sample.ts'
import { Random } from '../../src/ground/random.ts'
import { cases } from '../builders/thorough.ts'
import { shares, type Tails } from './simulation.ts'

const allowed = Math.log(1.05)
const [first] = LOOKS
const around = (mean: number) => ({ sample: sampleOf([-0.01, -0.005, 0, 0.005, 0.01].map(off => mean + off)), allowed })

describe('a look', () => {
  const decide = (...means: number[]) => look(means.map(around), first!)

  test('fails what is worse, passes what is not, and leaves open what lies at the bound', () => {
    expect(decide(0.3, 0, allowed)).toEqual<Decision[]>(['fail', 'pass', 'open'])
  })

  test('never turns what was decided', () => {
    const budgets = [around(0), around(0.3)]
    expect(look(budgets, first!, ['fail', 'pass'])).toEqual<Decision[]>(['fail', 'pass'])
  })

  test('decides nothing by one pair, or none', () => {
    const few = [[0.5], []].map(values => ({ sample: sampleOf(values), allowed }))
    expect(look(few, first!)).toEqual<Decision[]>(['open', 'open'])
  })

  test('asks for more of each alarm when there are more budgets', () => {
    // Alone it is one chance in 2,500 at the bound: enough for one budget, and not for the tenth part of a level.
    const one = around(allowed + 0.034)
    const alone = look([one], first!)
    const others = Array.from({ length: 9 }, () => around(allowed))
    expect(alone).toEqual<Decision[]>(['fail'])
    expect(look([one, ...others], first!)[0]).toBe<Decision>('open')
  })
})

describe('a look at what is typical, too', () => {
  const decide = (mean: number, typical: number, noise = 1) =>
    look([{ sample: sampleOf(steps.map(off => mean + noise * off)), typical: around(typical).sample, allowed }], first!)
  const steps = [-0.01, -0.005, 0, 0.005, 0.01]

  test('fails by it where the mean is too noisy', () => {
    expect(decide(0.1, 0.1, 4)).toEqual<Decision[]>(['fail'])
    expect(decide(0.1, allowed, 4)).toEqual<Decision[]>(['open'])
  })

  test('does not where the mean may well be what is allowed', () => {
    expect(decide(0.1, 0.1, 10)).toEqual<Decision[]>(['open'])
  })

  test('fails by the mean where few requests cost more', () => {
    expect(decide(0.3, 0)).toEqual<Decision[]>(['fail'])
  })

  test('does not pass where few requests may cost more', () => {
    expect(decide(0, 0, 10)).toEqual<Decision[]>(['open'])
  })

  test('does not fail where others cost less for it', () => {
    expect(decide(0, 0.3, 10)).toEqual<Decision[]>(['open'])
    expect(decide(0, 0.3)).toEqual<Decision[]>(['pass'])
  })

  test.each([
    ['no more alarms than the mean alone, where both are what is allowed', 0, 1.3],
    ['few where most requests are far dearer, and the mean is what is allowed', 0.05, 12],
  ])('makes %s', (_, more, most) => {
    const random = new Random(11, 'inputs')
    const times = 6_000
    const draw = (mean: number, noise: number) => Array.from({ length: 15 }, () => mean + noise * random.normal())
    let alarms = 0
    for (let n = 0; n < times; n++) {
      const [all, typical] = [draw(allowed, 0.04), draw(allowed + more, 0.01)]
      let decision: Decision = 'open'
      for (const at of LOOKS) {
        const [sample, ofTypical] = [all, typical].map(values => sampleOf(values.slice(0, at.pairs)))
        decision = look([{ sample: sample!, typical: ofTypical, allowed }], at, [decision])[0]!
      }
      if (decision === 'fail') alarms++
    }
    expect((100 * alarms) / times).toBeLessThan(most)
  })
})

/**
 * What the whole procedure does, with 6,000 comparisons at the boundary (one standard error: 0.13 points for alarms,
 * 0.26 for wrong passes) and 2,000 or 4,000 of each other kind.
 */
describe.each<Tails>(['normal', 'heavy'])('%s tails', tails => {
  const least = { launch: 0.01, found: 100, foundLess: 94, quiet: 100 }
  const most = { launch: 0.028, found: 91.3, foundLess: 49, quiet: 97.2 }
  const between = [
    { launch: 0.014, found: 99.8, foundLess: 87, quiet: 100 },
    { launch: 0.02, found: 98.3, foundLess: 70, quiet: 99.7 },
  ]
  describe.each(cases([least, most], between))(
    'launches that differ by $launch',
    ({ launch, found, foundLess, quiet }) => {
      const random = new Random(7, 'inputs')
      const run = (effect: number, times: number) => shares(random, times, Math.log1p(effect), launch, allowed, tails)

      test('an alarm where the effect is just what is allowed: at most 1 %, a wrong pass: at most 4 %', () => {
        const { fail, pass, covered } = run(0.05, 6_000)
        expect(fail).toBeLessThan(1.5)
        expect(pass).toBeLessThan(4.5)
        expect(covered).toBeGreaterThan(92)
      })

      test('a build against itself passes', () => {
        expect(run(0, 2_000).pass).toBeGreaterThan(quiet - 0.5)
      })

      test('twice of what is allowed is found, and most of 8 %', () => {
        // The notes' figures are of heavy tails, not known exactly; these weigh most where launches differ most.
        const more = tails === 'normal' ? 1.5 : 0
        const slack = launch < 0.02 ? 0.5 : launch < 0.028 ? 1 : 3.5
        expect(run(0.1, 4_000).fail).toBeGreaterThan(found - slack - more)
        expect(run(0.08, 4_000).fail).toBeGreaterThan(foundLess - (launch < 0.02 ? 2 : 10) - more)
      })
    },
  )
})
