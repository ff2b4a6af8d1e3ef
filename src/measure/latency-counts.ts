import type { Milliseconds } from '../ground/units.ts'
import type { Rule } from './rules.ts'

/*
 * How many latencies of one second were of which size: four buckets of the same width in each doubling from 1 us on, as
 * text that takes some 60 bytes. For pictures, not for verdicts.
 */

const PER_DOUBLING = 4

/** Counts of buckets of which each doubling has `perDoubling`, a multiple of four, as text. */
export function coarseText(buckets: ArrayLike<number>, perDoubling: number): string {
  const width = perDoubling / PER_DOUBLING
  const counts = new Map<number, number>()
  for (let i = 0; i < buckets.length; i++) {
    const count = buckets[i]!
    if (count > 0) add(counts, Math.floor(i / width), count)
  }
  return textOf(counts)
}

/** Counts by bucket number. Empty for invalid text. */
export function readCounts(text: string): Map<number, number> {
  const [first = '', counts = ''] = text.split(':')
  const read = counts.split(',').map((count, i): [number, number] => [Number(first) + i, Number(count)])
  return new Map(read.filter(([bucket, count]) => Number.isInteger(bucket) && count > 0))
}

/** The counts of both together. */
export const addedTexts: Rule<string> = (a, b) => textOf(addCounts(readCounts(a), readCounts(b)))

/** Adds `from` to `to`, which it returns. */
export function addCounts(to: Map<number, number>, from: ReadonlyMap<number, number>): Map<number, number> {
  for (const [bucket, count] of from) add(to, bucket, count)
  return to
}

/** Start of a bucket. */
export function startOf(bucket: number): Milliseconds {
  const doubling = Math.floor(bucket / PER_DOUBLING)
  return (2 ** doubling * (1 + (bucket - doubling * PER_DOUBLING) / PER_DOUBLING)) / 1000
}

function add(counts: Map<number, number>, bucket: number, count: number): void {
  counts.set(bucket, (counts.get(bucket) ?? 0) + count)
}

function textOf(counts: ReadonlyMap<number, number>): string {
  if (counts.size === 0) return ''
  const numbers = [...counts.keys()]
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)]
  const all = Array.from({ length: last - first + 1 }, (_, i) => counts.get(first + i) ?? 0)
  return `${first}:${all.join(',')}`
}

/** Upper bounds of the buckets for durations. The last bucket has no bound. */
export const DURATION_BOUNDS: readonly Milliseconds[] = [
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1_000, 2_500, 5_000, 10_000],
]
