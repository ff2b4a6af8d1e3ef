import { describe, expect, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { doubtsOf, type Findings } from '../../src/load/doubts.ts'
import { readShape } from '../../src/load/shape.ts'
import { emptySummary } from '../../src/measure/histogram.ts'

const summary = (count: number, p99: number) => ({ ...emptySummary(), count, p99 })

const fine: Findings = {
  plan: readShape({ rate: 100, duration: '10s', threads: 1 }).plan!,
  state: 'completed',
  measured: 10_000,
  arrivals: { due: 1_000, dropped: 0, started: 1_000, passed: 1_000, failed: 0, aborted: 0 },
  responseTime: summary(1_000, 40),
  steps: { login: { requests: 1_000, errors: 0, serviceTime: summary(10, 30) } },
  lateness: summary(1_000, 1),
  eventLoopUtilization: 0.5,
  budgets: [],
}
const percentile = (quantile: number, step?: string): Budget => ({
  ...{
    key: '',
    metric: 'percentile',
    of: step ? 'step' : 'iterations',
    quantile,
    operator: '<=',
    bound: 1,
    title: '',
  },
  ...(step && { step }),
})
const textOf = (findings: Partial<Findings>) =>
  doubtsOf({ ...fine, ...findings }).map(doubt => doubt.text.replace(/threads: \d+/, 'threads: n'))

test('a run of which all is well leaves none', () => {
  expect(doubtsOf(fine)).toEqual([])
})

test('a generator at its limit', () => {
  expect(doubtsOf({ ...fine, eventLoopUtilization: 0.9 })).toEqual([])
  expect(textOf({ eventLoopUtilization: 0.972, plan: { ...fine.plan, threads: 1 } })).toMatchInlineSnapshot(`
    [
      "The load thread was busy 97.2 % of the time, so that answers had to wait for it: the figures may be the generator's rather than the API's. Use more threads (threads: n), ask for less load, or run the generator on a machine of its own.",
    ]
  `)
  expect(textOf({ eventLoopUtilization: 0.95, plan: { ...fine.plan, threads: 999 } })).toMatchInlineSnapshot(`
    [
      "The busiest of 999 load threads was busy 95 % of the time, so that answers had to wait for it: the figures may be the generator's rather than the API's. Use a machine with more cores, ask for less load, or run the generator on a machine of its own.",
    ]
  `)
})

describe('late starts', () => {
  test.each([
    [5, 10, 0, 'up to 5 ms is what timers and other programs make'],
    [5.1, 40, 1, 'more than that, and more than a tenth of 40 ms'],
    [9, 100, 0, 'less than a tenth of 100 ms does not change the picture'],
    [11, 100, 1, 'more than a tenth does'],
  ])('%d ms late with a p99 of %d ms: %d (%s)', (late, p99, doubts) => {
    expect(
      doubtsOf({ ...fine, lateness: summary(1_000, late), responseTime: summary(1_000, p99) }),
    ).toHaveLength(doubts)
  })

  test('the text', () => {
    expect(textOf({ lateness: summary(1_000, 12.4) })).toMatchInlineSnapshot(`
      [
        "One in a hundred iterations started more than 12.4 ms late although a virtual user was free: the machine was busy with something else, or the load is too much for 1 thread. End other programs, use more threads (threads: n), or ask for less load.",
      ]
    `)
  })
})

test('dropped arrivals', () => {
  const arrivals = { ...fine.arrivals, due: 60_000, dropped: 1_234 }
  expect(textOf({ arrivals })).toMatchInlineSnapshot(`
    [
      "1,234 of 60,000 arrivals (2.06 %) were never started, because all 1,000 virtual users were busy: the API answered more slowly than arrivals came, or maxVus is too low for this rate. Raise maxVus to start them too, or ask for less load.",
    ]
  `)
})

test('too few samples for the percentiles that are judged', () => {
  const budgets = [percentile(0.999), percentile(0.5), percentile(0.99, 'login'), percentile(0.999)]
  expect(textOf({ budgets })).toMatchInlineSnapshot(`
    [
      "1,000 samples of 2,995 that p99.9 needs to mean anything: the load is too short or too little. Measure longer, or judge a lower percentile.",
      "10 samples of 299 that p99 of login needs to mean anything: the load is too short or too little. Measure longer, or judge a lower percentile.",
    ]
  `)
})

test('cut short', () => {
  expect(textOf({ state: 'cut short', cause: 'it was called off', measured: 4_200 })).toMatchInlineSnapshot(`
    [
      "The run was cut short after 4.2 s of 10 s: it was called off. Let it run to its end.",
    ]
  `)
  const plan = readShape({ vus: 1, iterations: 10 }).plan!
  expect(
    textOf({
      state: 'cut short',
      measured: 600_000,
      plan,
      cause: 'it took longer than its 10 min (maxDuration)',
    }),
  ).toMatchInlineSnapshot(`
    [
      "The run was cut short after 10 min: it took longer than its 10 min (maxDuration). Ask for fewer iterations, or raise maxDuration.",
    ]
  `)
})

test('a run that never got going has none: there are no figures to doubt', () => {
  expect(doubtsOf({ ...fine, state: 'not run', eventLoopUtilization: 1 })).toEqual([])
})
