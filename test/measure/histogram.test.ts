import fc from 'fast-check'
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { isUserError } from '../../src/ground/fault.ts'
import {
  emptySummary,
  LatencyRecorder,
  LatencySum,
  mergeSummaries,
  mostAt,
  percentileOf,
} from '../../src/measure/histogram.ts'
import { amount } from '../builders/thorough.ts'

function recorded(values: readonly number[]) {
  const recorder = new LatencyRecorder()
  for (const value of values) recorder.record(value)
  return recorder
}

function summed(...histograms: string[]) {
  const sum = new LatencySum()
  for (const histogram of histograms) sum.add({ histogram })
  return sum.summary()
}

test('a uniform distribution, exactly', () => {
  const { histogram, stddev, ...summary } = recorded(Array.from({ length: 1000 }, (_, n) => (n + 1) / 1000)).summary()
  expect(summary).toEqual({
    count: 1000,
    min: 0.001,
    mean: 0.5005,
    max: 1,
    p50: 0.5,
    p90: 0.9,
    p95: 0.95,
    p99: 0.99,
    p999: 0.999,
  })
  // The standard deviation of 1 ... n is sqrt((n^2 - 1) / 12).
  expect(stddev).toBeCloseTo(Math.sqrt((1000 ** 2 - 1) / 12) / 1000, 12)
  expect(histogram).toMatch(/^[A-Za-z0-9+/]+=*$/)
})

test('two kinds of latency: the percentile falls on the right side', () => {
  const summary = recorded([...Array(99).fill(1), 2]).summary()
  expect(summary).toMatchObject({ p50: 1, p99: 1, p999: 2, max: 2, mean: 1.01 })
  expect(percentileOf(summary, 0.9901)).toBe(2)
})

test('the percentile is the value of rank ceil(q n)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2047 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 1000 }),
      (us, permille) => {
        const sorted = us.toSorted((a, b) => a - b)
        const rank = Math.max(1, Math.ceil((permille * us.length) / 1000))
        const summary = recorded(us.map(value => value / 1000)).summary()
        expect(percentileOf(summary, permille / 1000)).toBe((sorted[rank - 1] as number) / 1000)
      },
    ),
    { numRuns: amount(100, 300) },
  )
})

test('within a thousandth of any value up to an hour, never below it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 3_600_000, noNaN: true }), value => {
      const { max } = recorded([value]).summary()
      const us = Math.round(value * 1000)
      expect(Math.round(max * 1000)).toBeGreaterThanOrEqual(us)
      expect(Math.round(max * 1000)).toBeLessThanOrEqual(us * 1.001 + 0.5)
    }),
  )
})

test('what is longer than an hour counts as an hour, what is negative as zero', () => {
  const hour = recorded([3_600_000]).summary()
  expect(recorded([3_600_001, 1e12, Number.POSITIVE_INFINITY]).summary()).toMatchObject({
    count: 3,
    min: hour.min,
    max: hour.max,
  })
  expect(hour.max / 3_600_000).toBeCloseTo(1, 3)
  expect(recorded([-0.001, -1e9]).summary()).toMatchObject({ count: 2, min: 0, max: 0 })
})

test('not a number is a mistake', () => {
  expect(() => recorded([Number.NaN])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Failed to record a latency: not a number. Check that both clock readings were taken.]`,
  )
})

test('no values: zeros, and no percentile', () => {
  const { histogram, ...rest } = emptySummary()
  expect(rest).toEqual({ count: 0, min: 0, mean: 0, max: 0, stddev: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0 })
  expect(percentileOf(emptySummary(), 0.5)).toBeNaN()
  const sum = summed(recorded([7]).summary().histogram, histogram)
  expect(sum.count).toBe(1)
})

const latencies = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { maxLength: 200 })

test('merged summaries are the summary of all values', () => {
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      const merged = mergeSummaries(recorded(a).summary(), recorded(b).summary())
      expect(merged).toEqual(recorded([...a, ...b]).summary())
    }),
    { numRuns: 50 },
  )
})

test('a summary goes to JSON and back', () => {
  const summary = recorded([1, 2, 3, 500]).summary()
  const copy = JSON.parse(JSON.stringify(summary))
  expect(copy).toEqual(summary)
  expect(percentileOf(copy, 0.75)).toBeCloseTo(3, 2)
  expect(mergeSummaries(copy, summary).count).toBe(8)
})

test('forgets on reset, delays as well', () => {
  const recorder = recorded([1, 2])
  recorder.record(5, 3)
  recorder.reset()
  expect(recorder.count).toBe(0)
  expect(recorder.summary()).toEqual(emptySummary())
})

/** In whole microseconds, so that what is taken off is exact. */
const microseconds = (max: number) => fc.integer({ min: 0, max }).map(us => us / 1000)
const delayed = fc.array(
  fc.record({
    latency: microseconds(4_000_000_000),
    own: fc.oneof(fc.constant(0), microseconds(100_000_000)),
    waited: fc.oneof(fc.constant(0), microseconds(100_000_000)),
  }),
  { maxLength: 100 },
)

function recordedDelayed(values: readonly { latency: number; own: number; waited: number }[]) {
  const recorder = new LatencyRecorder()
  for (const { latency, own, waited } of values) recorder.record(latency, own, false, waited)
  return recorder.summary()
}

test('what the library counts itself is the same, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_600_000_000 }), { maxLength: 100 }), us => {
      const library = build({ bitBucketSize: 32, highestTrackableValue: 3_600_000_000, autoResize: false })
      for (const value of us) library.recordValue(value)
      const { histogram, mean, stddev } = recorded(us.map(value => value / 1000)).summary()
      expect(histogram).toBe(encodeIntoCompressedBase64(library))
      expect(mean).toBeCloseTo(library.mean / 1000, 6)
      expect(stddev).toBeCloseTo(library.stdDeviation / 1000, 6)
    }),
    { numRuns: amount(50, 200) },
  )
})

test('what the generator added is taken off each value, and what the application waited for others', () => {
  fc.assert(
    fc.property(delayed, values => {
      const { undelayed, undisturbed, ...summary } = recordedDelayed(values)
      expect(summary).toEqual(recorded(values.map(({ latency }) => latency)).summary())
      const shorter = values.map(({ latency, own }) => Math.min(latency, 3_600_000) - own)
      const isDelayed = values.some(({ own }) => own > 0)
      expect(undelayed).toBe(isDelayed ? recorded(shorter).summary().histogram : undefined)
      const least = values.map(({ waited }, i) => shorter[i]! - waited)
      const hasWaited = values.some(({ waited }) => waited > 0)
      expect(undisturbed).toBe(hasWaited ? recorded(least).summary().histogram : undefined)
    }),
    { numRuns: amount(50, 200) },
  )
})

test('values that were cut may have taken for ever, so that they have the last ranks', () => {
  const recorder = recorded([0.1, 0.2, 0.3, 0.5, 0.6])
  recorder.record(0.4, 0, true)
  const summary = recorder.summary()
  expect([0.5, 0.6, 0.8, 0.95].map(q => mostAt(summary, q))).toEqual([0.3, 0.5, 0.6, Number.POSITIVE_INFINITY])
  expect(percentileOf(summary, 1)).toBe(0.6)
})

test('a sum is what one recorder of all values says', () => {
  fc.assert(
    fc.property(fc.array(delayed, { maxLength: 4 }), parts => {
      const sum = new LatencySum()
      for (const part of parts.map(recordedDelayed)) sum.add(part)
      expect(sum.summary()).toEqual(recordedDelayed(parts.flat()))
      expect(parts.map(recordedDelayed).reduce(mergeSummaries, emptySummary())).toEqual(sum.summary())
    }),
    { numRuns: amount(40, 100) },
  )
})

test.each([99, -0.1, Number.NaN])('%d is not a share of one', q => {
  expect(() => percentileOf(emptySummary(), q)).toThrow(`Failed to read a percentile: ${q} is not a share of one.`)
})

test('what is not a histogram is said to be none', () => {
  const broken = { ...recorded([1]).summary(), histogram: 'bm90IGEgaGlzdG9ncmFt' }
  const read = () => percentileOf(broken, 0.75)
  expect(read).toThrowErrorMatchingInlineSnapshot(
    `[TypeError: Failed to read a histogram: not HdrHistogram V2, compressed, base64. Take it from a summary as it is.]`,
  )
  // Nor of any use with other digits, or cut.
  const others = encodeIntoCompressedBase64(build({ numberOfSignificantValueDigits: 2 }))
  for (const histogram of [others, recorded([1]).summary().histogram.slice(0, 20), ''])
    expect(() => percentileOf({ ...broken, histogram }, 0.75)).toThrow('not HdrHistogram V2, compressed, base64')
  // Of a result that somebody changed, the command line says so, and shows no stack.
  expect(read).toThrow(expect.toSatisfy(isUserError))
})

test('takes a fixed amount of memory', () => {
  const recorder = new LatencyRecorder()
  for (let n = 0; n < 1_000_000; n++) recorder.record((n % 5_000) / 3)
  expect(recorder.summary().histogram.length).toBeLessThan(20_000)
})
