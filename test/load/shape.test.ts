import { describe, expect, test } from 'vitest'
import { describePlan, lengthOf, longestRun, phasesOf } from '../../src/load/load-plan.ts'
import { readShape } from '../../src/load/shape.ts'

describe('what a shape means', () => {
  test('requests a second: ramps and warm-up come on top of the duration', () => {
    expect(planOf({ rps: 200, duration: '30s', rampUp: '2s', rampDown: '1s' })).toEqual({
      ...{ model: 'open', kind: 'rps', rate: 200 },
      ...{ rampUp: 2_000, warmUp: 3_000, duration: 30_000, rampDown: 1_000, gracefulStop: 5_000 },
      ...{ threads: 3, maxVus: 1000 },
    })
  })

  test('virtual users for a duration', () => {
    expect(planOf({ vus: 50, duration: 20_000, gracefulStop: 0, threads: 2 })).toEqual({
      ...{ model: 'closed', kind: 'vus', vus: 50 },
      ...{ rampUp: 0, warmUp: 2_000, duration: 20_000, rampDown: 0, gracefulStop: 0 },
      ...{ threads: 2, maxVus: 50 },
    })
  })

  test('virtual users with so many iterations each: no warm-up, at most ten minutes', () => {
    expect(planOf({ vus: 2, iterations: 100 })).toEqual({
      ...{ model: 'closed', kind: 'iterations', vus: 2, iterations: 100 },
      ...{ rampUp: 0, warmUp: 0, duration: 600_000, rampDown: 0, gracefulStop: 5_000 },
      ...{ threads: 2, maxVus: 2 },
    })
    expect(planOf({ vus: 1, iterations: 1, maxDuration: '2m' }).duration).toBe(120_000)
  })

  test.each<[object, number, string]>([
    [{ duration: '30s' }, 3_000, 'a tenth of the duration'],
    [{ duration: '5s' }, 1_000, 'at least 1 s'],
    [{ duration: '10m' }, 5_000, 'at most 5 s'],
    [{ duration: '30s', rampUp: '2999ms' }, 3_000, 'a shorter ramp-up does not replace it'],
    [{ duration: '30s', rampUp: '3s' }, 0, 'a ramp-up as long has warmed up already'],
    [{ duration: '30s', rampUp: '3s', warmUp: '1s' }, 1_000, 'unless it was asked for'],
    [{ duration: '30s', warmUp: 0 }, 0, 'none when none was asked for'],
  ])('default warm-up of %j is %d ms: %s', (times, warmUp) => {
    expect(planOf({ rate: 10, ...times }).warmUp).toBe(warmUp)
  })

  test.each([
    [1, 1],
    [2, 1],
    [8, 7],
  ])('with %d cores there are %d threads', (cores, threads) => {
    expect(readShape({ rps: 10, duration: '1s' }, { cores }).plan?.threads).toBe(threads)
  })

  test('rates may be text', () => {
    expect(planOf({ rps: '600/min', duration: '1s' })).toMatchObject({ kind: 'rps', rate: 10 })
    expect(readShape({ rps: '600/min', duration: '1s' }).shape).toEqual({ rps: 10, duration: '1s' })
  })

  test('phases follow one another; empty ones are left out', () => {
    const plan = planOf({ rate: 10, duration: '10s', rampUp: 500, rampDown: 250 })
    expect(phasesOf(plan)).toEqual([
      { name: 'ramp-up', from: 0, to: 500 },
      { name: 'warm-up', from: 500, to: 1_500 },
      { name: 'measured', from: 1_500, to: 11_500 },
      { name: 'ramp-down', from: 11_500, to: 11_750 },
    ])
    expect(phasesOf(planOf({ vus: 1, duration: 10, warmUp: 0 }))).toEqual([
      { name: 'measured', from: 0, to: 10 },
    ])
    expect(lengthOf(plan)).toBe(11_750)
    expect(longestRun(plan)).toBe(16_750)
  })

  test('plans print themselves', () => {
    expect(describePlan(planOf({ rps: 2_000, duration: '30s', rampUp: '5s' }))).toMatchInlineSnapshot(
      `"2,000 requests/s for 30 s (ramp up 5 s)"`,
    )
    expect(describePlan(planOf({ rate: 0.5, duration: '2m', rampDown: '1s' }))).toMatchInlineSnapshot(
      `"0.5 iterations/s for 2 min (warm-up 5 s, ramp down 1 s)"`,
    )
    expect(describePlan(planOf({ vus: 1, duration: '30s' }))).toMatchInlineSnapshot(
      `"1 virtual user for 30 s (warm-up 3 s)"`,
    )
    expect(describePlan(planOf({ vus: 20, iterations: 1 }))).toMatchInlineSnapshot(
      `"20 virtual users, 1 iteration each"`,
    )
  })
})

describe('as a document writes it', () => {
  test.each([
    [
      { mode: 'rps', rps: 100, duration: '30s' },
      { kind: 'rps', rate: 100 },
    ],
    [
      { mode: 'rate', rate: 5, duration: '30s' },
      { kind: 'rate', rate: 5 },
    ],
    [
      { mode: 'vus', vus: 5, duration: '30s' },
      { kind: 'vus', vus: 5 },
    ],
    [
      { mode: 'vus', vus: 5, iterations: 2 },
      { kind: 'iterations', vus: 5, iterations: 2 },
    ],
    [
      { mode: 'constant', vus: 5, duration: '30s' },
      { kind: 'vus', vus: 5 },
    ],
  ])('%j', (input, plan) => {
    expect(planOf(input)).toMatchObject(plan)
    const { mode, ...shape } = input
    expect(readShape(input).shape).toEqual(shape)
  })
})

describe('what is wrong with a shape', () => {
  test('nothing, or nothing that could be run', () => {
    const inputs = ['lots', [], {}, { duration: '30s' }, { rps: 100 }, { vus: 100 }]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      ""lots"
        (all): Failed to read load: it is no object. Write how much and how long, such as { rps: 100, duration: '30s' }.
      []
        (all): Failed to read load: it is no object. Write how much and how long, such as { rps: 100, duration: '30s' }.
      {}
        (all): Failed to read load: it does not say how much load. Give rps (requests a second), rate (iterations a second) or vus (virtual users).
      {"duration":"30s"}
        (all): Failed to read load: it does not say how much load. Give rps (requests a second), rate (iterations a second) or vus (virtual users).
      {"rps":100}
        (all): Failed to read load: it does not say how long. Add a duration, such as '30s'.
      {"vus":100}
        (all): Failed to read load: it does not say how long. Add a duration, such as '30s', or iterations."
    `)
  })

  test('unknown keys, and what is still to come', () => {
    const inputs = [
      { rps: 100, durration: '30s' },
      { rpss: 100, duration: '30s' },
      { rps: 100, duration: '30s', colour: 'red' },
      { stages: [{ rps: 5, duration: '1s' }] },
      { rps: 5, duration: '1s', thinkTime: '1s' },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"rps":100,"durration":"30s"}
        /durration: Failed to read load.durration: there is no such key. Did you mean "duration"?
      {"rpss":100,"duration":"30s"}
        /rpss: Failed to read load.rpss: there is no such key. Did you mean "rps"?
      {"rps":100,"duration":"30s","colour":"red"}
        /colour: Failed to read load.colour: there is no such key. Known keys are rps, rate, vus, iterations, duration, rampUp, rampDown, warmUp, threads, gracefulStop, maxVus, maxDuration.
      {"stages":[{"rps":5,"duration":"1s"}]}
        /stages: Failed to read load.stages: it is not available yet. Remove it.
      {"rps":5,"duration":"1s","thinkTime":"1s"}
        /thinkTime: Failed to read load.thinkTime: it is not available yet. Remove it."
    `)
  })

  test('values', () => {
    const inputs = [
      { rps: 0, duration: 0 },
      { rate: -1, duration: '30' },
      { rps: 2_000_000, duration: '30s' },
      { rps: 5, duration: '20MB', rampUp: 'long', gracefulStop: null },
      { vus: 1.5, iterations: '3', threads: 0 },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"rps":0,"duration":0}
        /duration: Failed to read load.duration: it is zero. Give it some time.
        /rps: Failed to read load.rps: it is zero. Give a rate above zero.
      {"rate":-1,"duration":"30"}
        /duration: Failed to read load.duration: "30": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
        /rate: Failed to read load.rate: -1: it is negative. Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'.
      {"rps":2000000,"duration":"30s"}
        /rps: Failed to read load.rps: it is more than 1,000,000 a second. Give a rate that can be made.
      {"rps":5,"duration":"20MB","rampUp":"long","gracefulStop":null}
        /duration: Failed to read load.duration: "20MB": "MB" is no unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
        /rampUp: Failed to read load.rampUp: "long": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
        /gracefulStop: Failed to read load.gracefulStop: null: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      {"vus":1.5,"iterations":"3","threads":0}
        /vus: Failed to read load.vus: 1.5 is no whole number of at least 1.
        /threads: Failed to read load.threads: 0 is no whole number of at least 1.
        /iterations: Failed to read load.iterations: "3" is no whole number of at least 1."
    `)
  })

  test('fields that contradict one another', () => {
    const inputs = [
      { rps: 100, rate: 10, vus: 5, duration: '30s' },
      { vus: 5, iterations: 3, duration: '30s', rampUp: '5s' },
      { rps: 5, iterations: 10 },
      { vus: 5, duration: '30s', maxVus: 10 },
      { vus: 5, duration: '30s', maxDuration: '1m' },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"rps":100,"rate":10,"vus":5,"duration":"30s"}
        /rate: Failed to read load.rate: rps is given too, and a load is about one of them. Remove one.
        /vus: Failed to read load.vus: rps is given too, and a load is about one of them. Remove one.
      {"vus":5,"iterations":3,"duration":"30s","rampUp":"5s"}
        /duration: Failed to read load.duration: it does not go with vus with iterations. Remove duration.
        /rampUp: Failed to read load.rampUp: it does not go with vus with iterations. Remove rampUp.
      {"rps":5,"iterations":10}
        /iterations: Failed to read load.iterations: rps is given, and a number of iterations goes with vus. Write vus instead of rps, or remove iterations.
      {"vus":5,"duration":"30s","maxVus":10}
        /maxVus: Failed to read load.maxVus: it does not go with vus, which is the number of users. Remove maxVus.
      {"vus":5,"duration":"30s","maxDuration":"1m"}
        /maxDuration: Failed to read load.maxDuration: it does not go with vus for a duration. Remove maxDuration."
    `)
  })

  test('modes', () => {
    const inputs = [
      { mode: 'adaptive', duration: '30s' },
      { mode: 'capacity' },
      { mode: 'konstant', vus: 5, duration: '30s' },
      { mode: 'rps', vus: 5, duration: '30s' },
      { mode: 'constant', vus: 5, iterations: 10 },
      { mode: 7, vus: 5, duration: '1s' },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"mode":"adaptive","duration":"30s"}
        /mode: Failed to read load.mode: the mode is adaptive, but there is no adaptive. Add adaptive: { maxVus: 100, latency: '50ms' }.
      {"mode":"capacity"}
        /mode: Failed to read load.mode: "capacity" is not available yet. Use rps, rate, vus, constant or adaptive.
      {"mode":"konstant","vus":5,"duration":"30s"}
        /mode: Failed to read load.mode: "konstant" is no mode. Did you mean "constant"?
      {"mode":"rps","vus":5,"duration":"30s"}
        /vus: Failed to read load.vus: the mode is rps. Remove vus, or change the mode.
        /mode: Failed to read load.mode: the mode is rps, but there is no rps. Add rps.
      {"mode":"constant","vus":5,"iterations":10}
        /iterations: Failed to read load.iterations: the mode is constant: users held for a duration. Write mode: vus, or a duration.
      {"mode":7,"vus":5,"duration":"1s"}
        /mode: Failed to read load.mode: 7 is no mode. Modes are rps, rate, vus, constant and adaptive."
    `)
  })

  test('messages carry the name of what is read', () => {
    expect(readShape({ vus: 0, duration: '1s' }, { name: 'x-load-test' }).problems).toMatchInlineSnapshot(`
      [
        {
          "message": "Failed to read x-load-test.vus: 0 is no whole number of at least 1.",
          "path": "/vus",
        },
      ]
    `)
  })
})

function planOf(input: unknown) {
  const { plan, problems } = readShape(input, { cores: 4 })
  expect(problems).toEqual([])
  return plan!
}

function faultsOf(inputs: readonly unknown[]): string {
  return inputs
    .map(input => {
      const { plan, problems } = readShape(input, { cores: 4 })
      expect(plan).toBeUndefined()
      const lines = problems.map(({ path, message, hint }) =>
        `  ${path || '(all)'}: ${message} ${hint ?? ''}`.trimEnd(),
      )
      return [JSON.stringify(input), ...lines].join('\n')
    })
    .join('\n')
}
