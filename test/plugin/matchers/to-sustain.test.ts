import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startStore } from '../../../fixtures/load/store.ts'
import { aCapacityRun, missedProbe } from '../../builders/capacity.ts'
import { aReport } from '../../builders/report.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { failing } from './failing.ts'

const store = fileURLToPath(new URL('../../../fixtures/load/store.arazzo.yaml', import.meta.url))

describe('on a report', () => {
  test('passes up to the rate that held, and takes text', () => {
    expect(aCapacityRun()).toSustain(4_200)
    expect(aCapacityRun()).toSustain('4000 rps')
    expect(aCapacityRun()).not.toSustain('5000 rps')
    expect({ report: aCapacityRun() }).toEqual({ report: expect.toSustain(4_200) })
  })

  test('from the rate that did not, says by how much, why, and shows the curve', () => {
    expect(failing(() => expect(aCapacityRun()).toSustain('5000 rps'))).toMatchInlineSnapshot(`
      "expect(report).toSustain('5000 rps')

      Expected: capacity >= 5,000/s
      Received: 4,200/s (16 % under; 4,400/s was missed: p99 130 ms is over 100 ms (given up after 1.2 s))

      Limited by the latency.

      Tried, with p99 < 100 ms and at most 1 % errors:
      rate      achieved   latency   errors   held for
      2,100/s    2,100/s     40 ms      0 %        5 s   a look was enough
      4,200/s    4,200/s     40 ms      0 %        5 s                held
      4,400/s    4,180/s    130 ms      0 %      1.2 s            ran away"
    `)
  })

  test('with .not says what held', () => {
    const message = failing(() => expect(aCapacityRun()).not.toSustain(4_000))
    expect(message).toContain('Expected: not capacity >= 4,000/s\nReceived: 4,200/s\n\n4,200/s held, 4,400/s did not')
  })

  test('what the search left open, or the generator could not make, decides nothing, either way', () => {
    expect(failing(() => expect(aCapacityRun()).toSustain(4_300))).toContain(
      'Received: 4,200/s, which decides nothing\n\nThe search left open what lies between 4,200/s, which held, and 4,400/s',
    )
    expect(failing(() => expect(aCapacityRun()).not.toSustain(4_300))).toContain(
      'Expected: not capacity >= 4,300/s\nReceived: 4,200/s, which decides nothing',
    )
    const text = 'At 4,400/s a load thread was busy. Use more threads.'
    const limited = aCapacityRun(
      { limitedBy: 'generator' },
      { doubts: [{ kind: 'generator limit', rate: 4_400, found: text }] },
    )
    expect(failing(() => expect(limited).toSustain(5_000))).toContain(`decides nothing\n\n${text}`)
    expect(failing(() => expect(limited).not.toSustain(5_000))).toContain(`decides nothing\n\n${text}`)
  })

  test('a rate that did not hold again in the measured window decides nothing', () => {
    const again = missedProbe(4_200, { isMeasured: true, ranAway: false })
    const report = aCapacityRun({
      probes: [...aCapacityRun().capacity!.probes, again],
      certain: { from: 2_100, to: 4_400 },
    })
    expect(failing(() => expect(report).toSustain(4_200))).toContain('but not in the measured window')
    expect(report).toSustain(2_100)
  })

  test('nothing tried never passes, either way', () => {
    const report = aCapacityRun({ held: 0, missed: undefined, probes: [] })
    expect(failing(() => expect(report).toSustain(10))).toMatchInlineSnapshot(`
      "expect(report).toSustain(10)

      Expected: capacity >= 10/s
      Received: no data

      No rate was tried to its end."
    `)
    expect(failing(() => expect(report).not.toSustain(10))).toContain('Received: no data')
    const cause = 'connection refused at 127.0.0.1:3000.'
    const never = aCapacityRun({}, { state: 'not run', cause, capacity: undefined })
    expect(failing(() => expect(never).toSustain(10))).toContain(`The load did not run: ${cause}`)
  })
})

test('other questions are refused, either way', () => {
  const latency = 'p99 < 100ms'
  expect(failing(() => expect(aReport()).toSustain(10))).toMatchInlineSnapshot(`
    "expect(report).toSustain(10)

    Expected: a LoadReport of a capacity load
    Received: a LoadReport of a load that searched no capacity

    Write load: { capacity: { latency: 'p99 < 100ms' } }, or ask with toSustainRps for the rate that was reached."
  `)
  expect(failing(() => void expect(aCapacityRun()).toSustain(10, { latency }))).toContain(
    'Expected: no options: the load of a LoadReport is over',
  )
  expect(failing(() => expect(undefined).not.toSustain(10))).toMatchInlineSnapshot(`
    "expect(workflow).not.toSustain(10)

    Expected: a workflow such as './shop.arazzo.yaml#checkout', or a LoadReport of a capacity load
    Received: undefined"
  `)
  expect(failing(() => expect('./shop.arazzo.yaml').not.toSustain(10))).toMatchInlineSnapshot(`
    "expect('./shop.arazzo.yaml').not.toSustain(10)

    Expected: options with the latency that has to hold
    Received: no options

    Write it as toSustain(rate, { latency: 'p99 < 100ms' })."
  `)
  expect(failing(() => void expect('./shop.arazzo.yaml').toSustain('10ms', { latency }))).toContain(
    'Failed to read the bound: "10ms" is not a rate',
  )
  expect(failing(() => expect(aCapacityRun()).not.toSustain('< 10 rps'))).toContain(
    'it is wanted at least, not at most',
  )
})

describe('on a workflow', () => {
  const workflow = `${store}#peek`

  test('what is wrong with the search is said before a request is sent', async () => {
    const options = { latency: 'p99 < 1s', to: 20 }
    const error = await failed(() => expect(workflow).toSustain(40, options))
    expect(error.message).toBe(
      'Failed to read budget capacity: it wants 40/s, and the search goes to 20/s only. Raise to.',
    )
    // It leads to the call, not to what runs it.
    expect(error.stack).toContain('to-sustain.test.ts')
    expect(error.stack).not.toContain('to-sustain.ts')
  })

  thoroughly('searches up to the rate against a real server, and fails with what it found', async () => {
    const server = await startStore()
    // From 120 requests a second on, half of what comes is refused: counted in every stretch of 400 ms, in which what a
    // busy machine delays comes, too.
    let [since, count] = [0, 0]
    server.status = () => {
      const now = performance.now()
      if (now - since > 400) [since, count] = [now, 0]
      return ++count > 48 && count % 2 === 0 ? 503 : undefined
    }
    const options = {
      latency: 'p90 < 5s',
      errorRate: '5%',
      from: 90,
      hold: '1s',
      servers: server.url,
      load: { warmUp: 0, threads: 1, duration: '500ms', maxDuration: '20s' },
    }
    try {
      const error = await failed(() => expect(workflow).toSustain('180 rps', options))
      const message = stripVTControlCharacters(error.message)
      expect(message).toContain(`expect('${workflow}').toSustain('180 rps')\n\nExpected: capacity >= 180/s\nReceived: `)
      expect(message).toMatch(
        /\/s was missed: \S+ % of \S+ iterations failed[^\n]+\n\nMost common error: [^\n]+503[^\n]+\n\nLimited by errors\.\n/,
      )
      expect(message).toMatch(/^rate +achieved +latency +errors +held for$/m)
      expect(error.stack).toContain('to-sustain.test.ts')
    } finally {
      await server.kill()
    }
  })
})

async function failed(assert: () => Promise<void>): Promise<Error> {
  try {
    await assert()
  } catch (error) {
    return error as Error
  }
  throw new Error('Expected the assertion to fail, and it passed.')
}
