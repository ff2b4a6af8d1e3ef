import { expect, test } from 'vitest'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { describePlan } from '../../../src/load/plan/load-plan.ts'
import { readShape } from '../../../src/load/plan/shape.ts'

test('an adaptive shape with what is not given filled in', () => {
  const { plan, shape } = readShape({ adaptive: { maxVus: 200, latency: '300ms' }, duration: '1m' }, { cores: 3 })
  expect(plan).toMatchObject({
    model: 'closed',
    kind: 'adaptive',
    maxVus: 200,
    latency: 300,
    from: 20,
    duration: 60_000,
    warmUp: 5_000,
    rampUp: 0,
    rampDown: 0,
    threads: 2,
  })
  expect(shape).toEqual({ adaptive: { maxVus: 200, latency: '300ms' }, duration: '1m' })
  expect(describePlan(plan!)).toBe('up to 200 virtual users at a mean of 300 ms for 60 s (warm-up 5 s)')
})

test('and as it is given, in a document', () => {
  const adaptive = { maxVus: 50, latency: 80, from: 4 }
  const { plan, shape } = readShape({ mode: 'adaptive', adaptive, duration: '10s', warmUp: 0, threads: 1 })
  expect(plan).toMatchObject({ from: 4, warmUp: 0, threads: 1 })
  expect(shape).toEqual({ adaptive, duration: '10s', warmUp: 0, threads: 1 })
})

test('all that is wrong is said at once', () => {
  const faults = [
    { adaptive: {}, duration: '10s' },
    { adaptive: 50, duration: '10s' },
    { mode: 'adaptive', duration: '10s' },
    { mode: 'rps', adaptive: { maxVus: 5, latency: '10ms' }, duration: '10s' },
    { adaptive: { maxVus: 5, latency: '10ms' }, duration: '10s', rps: 5, rampUp: '1s' },
    { adaptive: { maxVus: 5, latency: '10ms' } },
    { adaptive: { maxVus: 5, latency: '10', from: 6, maxvus: 3 }, duration: '10s' },
  ].map(shape => {
    const problems = readShape(shape).problems.map(problem => `${problem.path}: ${sentenceOf(problem)}`)
    return [JSON.stringify(shape), ...problems].join('\n  ')
  })
  expect(faults.join('\n')).toMatchInlineSnapshot(`
    "{"adaptive":{},"duration":"10s"}
      /adaptive: Failed to read load.adaptive: it has no maxVus. Add maxVus, such as 100.
      /adaptive: Failed to read load.adaptive: it has no latency. Add latency, such as '50ms'.
    {"adaptive":50,"duration":"10s"}
      /adaptive: Failed to read load.adaptive: 50 is not an object. Write it as { maxVus: 100, latency: '50ms' }.
    {"mode":"adaptive","duration":"10s"}
      /mode: Failed to read load.mode: the mode is adaptive, but there is no adaptive. Add adaptive: { maxVus: 100, latency: '50ms' }.
    {"mode":"rps","adaptive":{"maxVus":5,"latency":"10ms"},"duration":"10s"}
      /adaptive: Failed to read load.adaptive: the mode is rps. Remove adaptive, or change the mode.
      /mode: Failed to read load.mode: the mode is rps, but there is no rps. Add rps.
    {"adaptive":{"maxVus":5,"latency":"10ms"},"duration":"10s","rps":5,"rampUp":"1s"}
      /adaptive: Failed to read load.adaptive: rps is given too, and a load is about one of them. Remove one.
    {"adaptive":{"maxVus":5,"latency":"10ms"}}
      : Failed to read load: it does not say how long. Add a duration, such as '30s'.
    {"adaptive":{"maxVus":5,"latency":"10","from":6,"maxvus":3},"duration":"10s"}
      /adaptive/maxvus: Failed to read load.adaptive.maxvus: there is no such key. Did you mean "maxVus"?
      /adaptive/latency: Failed to read load.adaptive.latency: "10": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      /adaptive/from: Failed to read load.adaptive.from: it is more than maxVus, 5. Begin with fewer."
  `)
})
