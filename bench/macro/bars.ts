import type { Bytes } from 'vitest-arazzo/engine'
import { pick, ratioOf } from './figures.ts'
import type { Measured } from './rounds.ts'
import type { Scaled } from './scaling.ts'
import type { WorkloadName } from './workloads.ts'

type Which = readonly [workload: WorkloadName, generator: string, does?: string]

export interface Bar {
  title: string
  of: Which
  to: Which
  atLeast: number
}

/** Against wrk with the same requests. */
const toWrk = (title: string, workload: WorkloadName, does: string, atLeast: number): Bar => ({
  title: `${title}, to wrk`,
  of: [workload, 'ours (wire)', does],
  to: [workload, 'wrk'],
  atLeast,
})

/** What the fast lane has to reach. */
export const bars: readonly Bar[] = [
  { title: 'plain GET, to autocannon', of: ['plain', 'ours (wire)'], to: ['plain', 'autocannon'], atLeast: 1.4 },
  { title: 'plain GET, to wrk', of: ['plain', 'ours (wire)'], to: ['plain', 'wrk'], atLeast: 0.75 },
  { title: "three steps, to wrk's plain GET", of: ['three-steps', 'ours (wire)'], to: ['plain', 'wrk'], atLeast: 0.7 },
  {
    title: 'three steps, to our undici transport',
    of: ['three-steps', 'ours (wire)'],
    to: ['three-steps', 'ours (undici)'],
    atLeast: 1.8,
  },
  toWrk('10 KB that changes, a late output', 'changing', 'two outputs, one of them the last member', 0.65),
  toWrk('1 MB, an early output', 'one-megabyte', 'an early output', 0.7),
  toWrk('1 MB that changes, a late output', 'changing-megabyte', 'a late output', 0.6),
  {
    title: "three steps over TLS, to wrk's plain GET over TLS",
    of: ['tls', 'ours (wire)', 'the three steps'],
    to: ['tls', 'wrk'],
    atLeast: 0.45,
  },
]

export interface Judged extends Bar {
  /** Undefined where one of the two was not measured. */
  ratio: number | undefined
  isMet: boolean
}

export function judgeBars(all: readonly Measured[]): Judged[] {
  return bars.map(bar => {
    const [a, b] = [pick(all, ...bar.of), pick(all, ...bar.to)]
    const ratio = a && b && ratioOf(a, b)
    return { ...bar, ratio, isMet: ratio !== undefined && ratio >= bar.atLeast }
  })
}

/** Peak resident set of the process with one load thread, at most. */
export const MEMORY_BAR: Bytes = 100e6

/** Undefined where that was not measured. */
export const memoryOfOne = (scaled: readonly Scaled[]): Bytes | undefined =>
  scaled.find(({ threads }) => threads === 1)?.memory

/** Whether a row is needed for a bar. */
export function isOfBar({ row }: Pick<Measured, 'row'>): boolean {
  return bars
    .flatMap(({ of, to }) => [of, to])
    .some(
      ([workload, generator, does]) =>
        workload === row.workload.name && generator === row.generator && (does === undefined || does === row.does),
    )
}
