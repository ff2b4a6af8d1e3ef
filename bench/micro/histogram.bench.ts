import { bench, describe } from 'vitest'
import { LatencyRecorder, LatencySum } from '../../src/measure/histogram.ts'

/** Latencies over three decades, in milliseconds; the same in each run. */
const latencies = Float64Array.from({ length: 4_096 }, (_, n) => 10 ** (((n * 2_654_435_761) % 4_096) / 1_365 - 1))
const recorder = new LatencyRecorder()
let next = 0

describe('a latency histogram', () => {
  bench('records', () => {
    recorder.record(latencies[next++ & 4_095]!)
  })
  const delayed = new LatencyRecorder()
  bench('records what was delayed', () => {
    delayed.record(latencies[next++ & 4_095]!, 0.5)
  })
  bench('is summed up', () => {
    recorder.summary()
  })
  const other = new LatencyRecorder()
  for (const latency of latencies) other.record(latency)
  const sum = new LatencySum()
  const summary = other.summary()
  bench('is added up', () => {
    sum.add(summary)
  })
})
