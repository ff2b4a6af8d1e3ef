import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { amount } from '../builders/thorough.ts'
import { type Case, cases } from '../model/arbitrary.ts'
import { arazzoOf } from '../model/document.ts'
import { follow } from '../model/interpreter.ts'
import { byPath } from '../model/program.ts'
import { openWorld } from '../model/world.ts'

const world = openWorld()

/** As load of one iteration, unless it is a runaway; the functional run of such programs is held to the same model in test/model. */
async function runsAsModelled({ program, answers }: Case): Promise<void> {
  const script = byPath(answers)
  const expected = follow(program, script)
  fc.pre(!expected.trail.at(-1)?.endsWith('skipped'))
  const workflow = world.write(program)
  world.play(script)
  const { inputs } = program
  const report = await runLoad({
    workflow,
    inputs,
    servers: world.origin,
    load: { vus: 1, iterations: 1, threads: 1 },
    severities: { 'forward-reference': 'off', 'undefined-input': 'off' },
  })
  const { passed, failed, aborted } = report.arrivals
  expect({ requests: world.seen, passed, failed, aborted }, `not as the model says:\n\n${arazzoOf(program)}`).toEqual({
    requests: expected.requests,
    passed: expected.state === 'passed' ? 1 : 0,
    failed: expected.state === 'failed' ? 1 : 0,
    aborted: 0,
  })
  const steps = Object.values(report.steps)
  expect(steps.reduce((sum, { requests }) => sum + requests, 0)).toBe(expected.requests.length)
  if (failed > 0) expect(report.errors.length).toBeGreaterThan(0)
}

const RUNS = Number(process.env.BOTH_WAYS_RUNS ?? amount(8, 15))

test('any program makes the same requests under load, and comes to the same verdict', { timeout: 0 }, async () => {
  await fc.assert(fc.asyncProperty(cases, runsAsModelled), { numRuns: RUNS })
})
