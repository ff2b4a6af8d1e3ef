import { describe, expect, test } from 'vitest'
import { sentenceOf } from '../../src/ground/fault.ts'
import { describePlan, lengthOf, longestRun, phasesOf } from '../../src/load/plan/load-plan.ts'
import { readShape } from '../../src/load/plan/shape.ts'

describe('what a shape means', () => {
  test('requests a second: ramps and warm-up come on top of the duration', () => {
    expect(planOf({ rps: 200, duration: '30s', rampUp: '2s', rampDown: '1s' })).toEqual({
      model: 'open',
      kind: 'rps',
      rate: 200,
      curve: [
        { from: 0, to: 200, length: 2_000 },
        { from: 200, to: 200, length: 33_000 },
        { from: 200, to: 0, length: 1_000 },
      ],
      rampUp: 2_000,
      warmUp: 3_000,
      duration: 30_000,
      rampDown: 1_000,
      gracefulStop: 5_000,
      threads: 3,
      maxVus: 1000,
      seed: 1,
    })
  })

  test('virtual users for a duration', () => {
    expect(planOf({ vus: 50, duration: 20_000, threads: 2 })).toEqual({
      model: 'closed',
      kind: 'vus',
      vus: 50,
      curve: [{ from: 50, to: 50, length: 22_000 }],
      rampUp: 0,
      warmUp: 2_000,
      duration: 20_000,
      rampDown: 0,
      gracefulStop: 5_000,
      threads: 2,
      maxVus: 50,
      seed: 1,
    })
  })

  test('virtual users with so many iterations each: no warm-up, at most ten minutes', () => {
    expect(planOf({ vus: 2, iterations: 100 })).toEqual({
      model: 'closed',
      kind: 'iterations',
      vus: 2,
      iterations: 100,
      rampUp: 0,
      warmUp: 0,
      duration: 600_000,
      rampDown: 0,
      gracefulStop: 5_000,
      threads: 2,
      maxVus: 2,
      seed: 1,
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

  test('a target on another machine needs no core of this one', () => {
    const threadsOf = (shape: object) => readShape(shape, { cores: 8, isLocal: false }).plan?.threads
    expect(threadsOf({ rps: 10, duration: '1s' })).toBe(8)
    expect(threadsOf({ vus: 3, duration: '1s' })).toBe(3)
    expect(threadsOf({ rps: 10, duration: '1s', threads: 2 })).toBe(2)
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
    expect(phasesOf(planOf({ vus: 1, duration: 10, warmUp: 0 }))).toEqual([{ name: 'measured', from: 0, to: 10 }])
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

describe('stages', () => {
  test('climb or fall to their amount over `duration`, and hold it for `hold`', () => {
    const plan = planOf({
      stages: [
        { rate: 100, duration: '10s' },
        { rate: 100, duration: '30s' },
        { rate: 200, duration: '5s', hold: '20s' },
        { rate: 50, hold: '10s' },
        { rate: 0, duration: '2s' },
      ],
    })
    // The first climb from nothing and the last fall to nothing are not measured, so the climb is the ramp-up.
    expect(plan).toMatchObject({
      model: 'open',
      kind: 'rate',
      rate: 200,
      rampUp: 10_000,
      warmUp: 0,
      duration: 65_000,
      rampDown: 2_000,
    })
    expect(plan).toHaveProperty('curve', [
      { from: 0, to: 100, length: 10_000 },
      { from: 100, to: 100, length: 30_000 },
      { from: 100, to: 200, length: 5_000 },
      { from: 200, to: 200, length: 20_000 },
      { from: 50, to: 50, length: 10_000 },
      { from: 50, to: 0, length: 2_000 },
    ])
    expect(describePlan(plan)).toMatchInlineSnapshot(
      `"100 → 200 → 50 iterations/s for 65 s (ramp up 10 s, ramp down 2 s)"`,
    )
  })

  test('that begin with a hold are warmed up at that amount', () => {
    const plan = planOf({
      stages: [
        { vus: 5, hold: '20s' },
        { vus: 10, hold: '10s' },
      ],
    })
    expect(plan).toMatchObject({ model: 'closed', kind: 'vus', vus: 10, maxVus: 10, warmUp: 3_000 })
    expect(plan).toHaveProperty('curve', [
      { from: 5, to: 5, length: 23_000 },
      { from: 10, to: 10, length: 10_000 },
    ])
  })

  test.each<[string, object[], number[]]>([
    ['a climb alone is measured', [{ rps: 9, duration: 1 }], [0, 1, 0]],
    [
      'also a climb and a fall',
      [
        { rps: 9, duration: 1 },
        { rps: 0, duration: 2 },
      ],
      [0, 3, 0],
    ],
    ['of climb and hold the hold is', [{ rps: 9, duration: 1, hold: 2 }], [1, 2, 0]],
    [
      'who says so has the climb measured',
      [
        { rps: 9, duration: 1, measure: true },
        { rps: 9, hold: 2 },
      ],
      [0, 3, 0],
    ],
    [
      'any at the beginning or the end can be left out',
      [
        { rps: 9, hold: 1, measure: false },
        { rps: 8, hold: 2, measure: false },
        { rps: 7, hold: 4 },
        { rps: 6, hold: 8, measure: false },
      ],
      [3, 4, 8],
    ],
    [
      'a pause in the middle is part of it',
      [
        { rps: 9, hold: 1 },
        { rps: 0, hold: 2 },
        { rps: 9, hold: 4 },
      ],
      [0, 7, 0],
    ],
  ])('%s', (_, stages, times) => {
    const { rampUp, duration, rampDown } = planOf({ stages, warmUp: 0 })
    expect([rampUp, duration, rampDown]).toEqual(times)
  })

  test('what is wrong with them', () => {
    const inputs = [
      { stages: [] },
      { stages: { rps: 5 } },
      { stages: [5, { rps: 5, duration: '1s', hodl: '1s' }, { duration: '1s' }, { rps: 5 }] },
      {
        stages: [
          { rps: 5, duration: '1s' },
          { rate: 5, duration: 'x' },
          { rps: 1, vus: 2, hold: 1 },
        ],
      },
      { stages: [{ rps: 0, duration: '1s' }] },
      { stages: [{ rps: 5, duration: 0 }] },
      {
        stages: [
          { rps: 5, hold: 1 },
          { rps: 6, hold: 1, measure: false },
          { rps: 7, hold: 1, measure: 'no' },
        ],
      },
      { stages: [{ rps: 5, hold: 1, measure: false }] },
      { stages: [{ rps: 5, duration: '9s' }], warmUp: '1s', duration: '10s', rps: 7 },
      { stages: [{ rps: 5, duration: '9s' }], warmUp: '1s', duration: '10s' },
      { stages: [{ vus: 1.5, hold: '9s' }] },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"stages":[]}
        /stages: Failed to read load.stages: the list is empty. Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }.
      {"stages":{"rps":5}}
        /stages: Failed to read load.stages: an object is not a list. Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }.
      {"stages":[5,{"rps":5,"duration":"1s","hodl":"1s"},{"duration":"1s"},{"rps":5}]}
        /stages/0: Failed to read load.stages[0]: 5 is not an object. Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }.
        /stages/2: Failed to read load.stages[2]: it does not say how much load. Give rps.
        /stages/1/hodl: Failed to read load.stages[1].hodl: there is no such key. Did you mean "hold"?
        /stages/3: Failed to read load.stages[3]: it does not say how long. Add duration (to get there), hold (to stay there), or both.
      {"stages":[{"rps":5,"duration":"1s"},{"rate":5,"duration":"x"},{"rps":1,"vus":2,"hold":1}]}
        /stages/1/rate: Failed to read load.stages[1].rate: the stages before it are about rps. Give rps.
        /stages/2/vus: Failed to read load.stages[2].vus: rps is given too, and a stage is about one of them. Remove one.
        /stages/1/duration: Failed to read load.stages[1].duration: "x": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      {"stages":[{"rps":0,"duration":"1s"}]}
        /stages: Failed to read load.stages: there is no load in them. Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }.
      {"stages":[{"rps":5,"duration":0}]}
        /stages: Failed to read load.stages: they take no time. Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }.
      {"stages":[{"rps":5,"hold":1},{"rps":6,"hold":1,"measure":false},{"rps":7,"hold":1,"measure":"no"}]}
        /stages/2/measure: Failed to read load.stages[2].measure: "no" is neither true nor false.
        /stages/1/measure: Failed to read load.stages[1].measure: it leaves out a stage in the middle. Leave out the first or the last stages.
      {"stages":[{"rps":5,"hold":1,"measure":false}]}
        /stages: Failed to read load.stages: none of them is measured. Remove "measure: false" from one.
      {"stages":[{"rps":5,"duration":"9s"}],"warmUp":"1s","duration":"10s","rps":7}
        /stages: Failed to read load.stages: rps is given too, and a load is about one of them. Remove one.
      {"stages":[{"rps":5,"duration":"9s"}],"warmUp":"1s","duration":"10s"}
        /duration: Failed to read load.duration: it does not go with stages, which say it all. Remove duration.
        /warmUp: Failed to read load.warmUp: the measured stages begin with no load to warm up with. Begin with a hold, or leave the first stage out of the measured window (measure: false).
      {"stages":[{"vus":1.5,"hold":"9s"}]}
        /stages/0/vus: Failed to read load.stages[0].vus: 1.5 is not a whole number of at least 0."
    `)
  })
})

describe('what goes with every shape, and with some', () => {
  test('pauses, in all their forms', () => {
    const thinkTime = { uniform: ['200ms', '0.8s'] }
    expect(planOf({ rps: 5, duration: '1s', thinkTime })).toMatchObject({
      thinkTime: { kind: 'uniform', from: 200, to: 800 },
    })
    const normal = { mean: '1s', deviation: 100 }
    expect(planOf({ vus: 5, duration: '1s', thinkTime: '500ms', pacing: { normal } })).toMatchObject({
      thinkTime: { kind: 'fixed', length: 500 },
      pacing: { kind: 'normal', mean: 1_000, deviation: 100 },
    })
    expect(planOf({ vus: 5, iterations: 2, pacing: 250 })).toMatchObject({ pacing: { kind: 'fixed', length: 250 } })
  })

  test('seeds', () => {
    expect(planOf({ rate: 5, duration: '1s', seed: 42 })).toMatchObject({ seed: 42 })
  })

  test('what is wrong with them', () => {
    const inputs = [
      { rps: 5, duration: '1s', pacing: '1s', seed: -1 },
      { vus: 5, duration: '1s', thinkTime: { uniform: '1s' } },
      { vus: 5, duration: '1s', thinkTime: { uniform: ['2s', '1s'] }, pacing: {} },
      { vus: 5, duration: '1s', thinkTime: { normal: { mean: '1s' } }, pacing: { unifrom: [1, 2] } },
      { vus: 5, iterations: 5, thinkTime: 'long', pacing: { normal: 5 } },
      { vus: 5, duration: '1s', thinkTime: { uniform: [1, 2], normal: { mean: 1, deviation: 1 } } },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"rps":5,"duration":"1s","pacing":"1s","seed":-1}
        /seed: Failed to read load.seed: -1 is not a whole number of at least 0.
        /pacing: Failed to read load.pacing: it does not go with rps, which says when iterations begin. Remove pacing.
      {"vus":5,"duration":"1s","thinkTime":{"uniform":"1s"}}
        /thinkTime/uniform: Failed to read load.thinkTime.uniform: "1s" is not a valid range. Write ['200ms', '800ms']: from, to.
      {"vus":5,"duration":"1s","thinkTime":{"uniform":["2s","1s"]},"pacing":{}}
        /thinkTime/uniform: Failed to read load.thinkTime.uniform: it ends before it begins. Write the shorter length first.
        /pacing: Failed to read load.pacing: it says neither of them. Write a length such as '500ms', { uniform: ['200ms', '800ms'] } or { normal: { mean: '500ms', deviation: '100ms' } }.
      {"vus":5,"duration":"1s","thinkTime":{"normal":{"mean":"1s"}},"pacing":{"unifrom":[1,2]}}
        /thinkTime/normal: Failed to read load.thinkTime.normal: it has no deviation. Add deviation.
        /pacing/unifrom: Failed to read load.pacing.unifrom: there is no such key. Did you mean "uniform"?
      {"vus":5,"iterations":5,"thinkTime":"long","pacing":{"normal":5}}
        /pacing/normal: Failed to read load.pacing.normal: 5 is not an object. Write { mean: '500ms', deviation: '100ms' }.
        /thinkTime: Failed to read load.thinkTime: "long": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      {"vus":5,"duration":"1s","thinkTime":{"uniform":[1,2],"normal":{"mean":1,"deviation":1}}}
        /thinkTime: Failed to read load.thinkTime: it is uniform and normal at once. Write a length such as '500ms', { uniform: ['200ms', '800ms'] } or { normal: { mean: '500ms', deviation: '100ms' } }."
    `)
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
    [
      { mode: 'stages', stages: [{ vus: 5, hold: '30s' }] },
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
        (all): Failed to read load: it is not an object. Write how much and how long, such as { rps: 100, duration: '30s' }.
      []
        (all): Failed to read load: it is not an object. Write how much and how long, such as { rps: 100, duration: '30s' }.
      {}
        (all): Failed to read load: it does not say how much load. Give rps (requests a second), rate (iterations a second), vus (virtual users) or stages.
      {"duration":"30s"}
        (all): Failed to read load: it does not say how much load. Give rps (requests a second), rate (iterations a second), vus (virtual users) or stages.
      {"rps":100}
        (all): Failed to read load: it does not say how long. Add a duration, such as '30s'.
      {"vus":100}
        (all): Failed to read load: it does not say how long. Add a duration, such as '30s', or iterations."
    `)
  })

  test('unknown keys', () => {
    const inputs = [
      { rps: 100, durration: '30s' },
      { rpss: 100, duration: '30s' },
      { rps: 100, duration: '30s', colour: 'red' },
      { adaptive: { maxVus: 5 }, duration: '1s' },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"rps":100,"durration":"30s"}
        /durration: Failed to read load.durration: there is no such key. Did you mean "duration"?
      {"rpss":100,"duration":"30s"}
        /rpss: Failed to read load.rpss: there is no such key. Did you mean "rps"?
      {"rps":100,"duration":"30s","colour":"red"}
        /colour: Failed to read load.colour: there is no such key. Known keys are rps, rate, vus, iterations, stages, duration, rampUp, rampDown, thinkTime, pacing, warmUp, threads, seed, maxVus, maxDuration, adaptive, capacity.
      {"adaptive":{"maxVus":5},"duration":"1s"}
        /adaptive: Failed to read load.adaptive: it has no latency. Add latency, such as '50ms'."
    `)
  })

  test('values', () => {
    const inputs = [
      { rps: 0, duration: 0 },
      { rate: -1, duration: '30' },
      { rps: 2_000_000, duration: '30s' },
      { rps: 5, duration: '20MB', rampUp: null },
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
      {"rps":5,"duration":"20MB","rampUp":null}
        /duration: Failed to read load.duration: "20MB": "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
        /rampUp: Failed to read load.rampUp: null: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      {"vus":1.5,"iterations":"3","threads":0}
        /vus: Failed to read load.vus: 1.5 is not a whole number of at least 1.
        /iterations: Failed to read load.iterations: "3" is not a whole number of at least 1.
        /threads: Failed to read load.threads: 0 is not a whole number of at least 1."
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
        /mode: Failed to read load.mode: the mode is capacity, but there is no capacity. Add capacity: { latency: 'p99 < 100ms' }.
      {"mode":"konstant","vus":5,"duration":"30s"}
        /mode: Failed to read load.mode: "konstant" is not a mode. Did you mean "constant"?
      {"mode":"rps","vus":5,"duration":"30s"}
        /vus: Failed to read load.vus: the mode is rps. Remove vus, or change the mode.
        /mode: Failed to read load.mode: the mode is rps, but there is no rps. Add rps.
      {"mode":"constant","vus":5,"iterations":10}
        /iterations: Failed to read load.iterations: the mode is constant: users held for a duration. Write mode: vus, or a duration.
      {"mode":7,"vus":5,"duration":"1s"}
        /mode: Failed to read load.mode: 7 is not a mode. Modes are rps, rate, vus, constant, stages, adaptive and capacity."
    `)
  })

  test('a search for the capacity', () => {
    const inputs = [
      { capacity: '5000 rps' },
      { capacity: {} },
      { capacity: { latncy: 'p99 < 100ms' } },
      { capacity: { latency: '100ms' } },
      { capacity: { latency: 'p100 < 100ms' } },
      { capacity: { latency: 'p99 < 100' } },
      { capacity: { latency: 'p99 < 0ms', errorRate: 2, from: 'many', to: 0, hold: '10ms' } },
      { capacity: { latency: 'p99 < 100ms', from: 10, to: '5/s' }, rampUp: '1s', pacing: '1s', duration: 0 },
      { capacity: { latency: 'p99 < 100ms' }, rps: 5 },
    ]
    expect(faultsOf(inputs)).toMatchInlineSnapshot(`
      "{"capacity":"5000 rps"}
        /capacity: Failed to read load.capacity: "5000 rps" is not an object. Write it as { latency: 'p99 < 100ms' }.
      {"capacity":{}}
        /capacity: Failed to read load.capacity: it has no latency. Add latency, such as 'p99 < 100ms'.
      {"capacity":{"latncy":"p99 < 100ms"}}
        /capacity/latncy: Failed to read load.capacity.latncy: there is no such key. Did you mean "latency"?
      {"capacity":{"latency":"100ms"}}
        /capacity/latency: Failed to read load.capacity.latency: "100ms" does not name the latency that it limits. Write a figure, an operator and a bound, such as 'p99 < 100ms'.
      {"capacity":{"latency":"p100 < 100ms"}}
        /capacity/latency: Failed to read load.capacity.latency: "p100" is not mean, max or a percentile (p50, p99, p99.9). Write a figure, an operator and a bound, such as 'p99 < 100ms'.
      {"capacity":{"latency":"p99 < 100"}}
        /capacity/latency: Failed to read load.capacity.latency: "100" is not a duration: it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
      {"capacity":{"latency":"p99 < 0ms","errorRate":2,"from":"many","to":0,"hold":"10ms"}}
        /capacity/latency: Failed to read load.capacity.latency: the bound is 0 ms, and every response takes some time. Write the time it may take, such as '100ms'.
        /capacity/to: Failed to read load.capacity.to: it is less than 0.1 a second. Give a rate that can be held.
        /capacity/from: Failed to read load.capacity.from: "many": it does not begin with a number. Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'.
        /capacity/errorRate: Failed to read load.capacity.errorRate: 2: it is more than the whole. Did you mean '2%'? Write a number from 0 to 1, or text such as '0.1%'.
        /capacity/errorRate: Failed to read load.capacity.errorRate: the bound is 100 %, which no run can miss. Write a share such as '1%'.
        /capacity/hold: Failed to read load.capacity.hold: it is less than a second. Let a rate hold longer.
      {"capacity":{"latency":"p99 < 100ms","from":10,"to":"5/s"},"rampUp":"1s","pacing":"1s","duration":0}
        /rampUp: Failed to read load.rampUp: it does not go with capacity. Remove rampUp.
        /pacing: Failed to read load.pacing: it does not go with capacity. Remove pacing.
        /capacity/from: Failed to read load.capacity.from: it is higher than to. Begin lower.
        /duration: Failed to read load.duration: it is zero. Give it some time.
      {"capacity":{"latency":"p99 < 100ms"},"rps":5}
        /capacity: Failed to read load.capacity: rps is given too, and a load is about one of them. Remove one."
    `)
  })

  test('messages carry the name of what is read', () => {
    expect(readShape({ vus: 0, duration: '1s' }, { name: 'x-load-test' }).problems).toMatchInlineSnapshot(`
      [
        {
          "advice": "Give at least one user.",
          "found": "it is zero",
          "path": "/vus",
          "thing": "x-load-test.vus",
          "verb": "read",
        },
      ]
    `)
  })
})

describe('a search for the capacity', () => {
  test('what is not said', () => {
    expect(planOf({ capacity: { latency: 'p99 < 100ms' } })).toMatchObject({
      model: 'open',
      kind: 'capacity',
      errorRate: 0.01,
      from: 50,
      to: 1_000_000,
      latency: { metric: 'percentile', quantile: 0.99, operator: '<', bound: 100, title: 'p99 < 100 ms' },
      hold: 5_000,
      duration: 5_000,
      warmUp: 2_000,
      limit: 300_000,
      maxVus: 1_000,
    })
    expect(planOf({ capacity: { latency: 'mean <= 1s', to: 3_200 } })).toMatchObject({
      hold: 25_000,
      from: 200,
      to: 3_200,
      maxVus: 6_400,
    })
  })

  test('rates in words are numbers in the shape that is reported', () => {
    const capacity = { latency: 'p99 < 100ms', from: '600/min', to: '5000 rps' }
    expect(readShape({ mode: 'capacity', capacity, duration: '10s' }).shape).toEqual({
      capacity: { latency: 'p99 < 100ms', from: 10, to: 5_000 },
      duration: '10s',
    })
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
      const lines = problems.map(problem => `  ${problem.path || '(all)'}: ${sentenceOf(problem)}`)
      return [JSON.stringify(input), ...lines].join('\n')
    })
    .join('\n')
}

describe('a warm-up that lasts until the load is steady', () => {
  const read = (load: object) => readShape({ rate: 10, duration: '10s', ...load })

  test('has its limits', () => {
    expect(read({ warmUp: 'auto' }).plan).toMatchObject({ warmUp: 30_000, steady: { atLeast: 2_000 } })
    expect(read({ warmUp: '3s' }).plan).toMatchObject({ steady: undefined })
  })

  test('is told of', () => {
    expect(describePlan(read({ warmUp: 'auto' }).plan!)).toBe(
      '10 iterations/s for 10 s (warm-up until steady, 30 s at most)',
    )
  })

  test('says what is wrong with it', () => {
    const found = (warmUp: unknown) =>
      read({ warmUp }).problems.map(problem => `${problem.path} ${sentenceOf({ ...problem, advice: undefined })}`)
    expect(found('sometimes')).toEqual([expect.stringContaining('/warmUp Failed to read load.warmUp')])
    expect(found({})).toEqual([expect.stringContaining('/warmUp Failed to read load.warmUp')])
    const climbing = readShape({ stages: [{ rate: 10, duration: '5s', measure: true }], warmUp: 'auto' })
    expect(climbing.problems).toMatchObject([{ path: '/warmUp' }])
  })
})
