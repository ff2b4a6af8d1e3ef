import { bench, describe } from 'vitest'
import { LatencyRecorder } from '../../src/measure/histogram.ts'

/** Latencies over three decades, in milliseconds; the same in each run. */
const latencies = Float64Array.from(
  { length: 4_096 },
  (_, n) => 10 ** (((n * 2_654_435_761) % 4_096) / 1_365 - 1),
)
const recorder = new LatencyRecorder()
let next = 0

describe('a latency histogram', () => {
  bench('records', () => {
    recorder.record(latencies[next++ & 4_095]!)
  })
  bench('is summed up', () => {
    recorder.summary()
  })
  const other = new LatencyRecorder()
  for (const latency of latencies) other.record(latency)
  bench('takes in another', () => {
    recorder.add(other)
  })
})
