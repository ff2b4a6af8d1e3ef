import type { Judged, LoadReport } from '../measure/report.ts'

type Kind = Judged['doubts'][number]['kind']

/**
 * Doubts that are one and the same thing seen in several ways: the load generator itself was late. Their sizes do not
 * add up.
 */
const OWN = new Set<Kind>([
  'generator saturated',
  'generator starved',
  'late starts',
  'late answers',
  'GC pauses',
  'stood still',
])

export function isOwn({ kind }: { kind: Kind }): boolean {
  return OWN.has(kind)
}

/** Whether each latency was recorded with what the generator may have added to it, on every thread. */
export function knowsItsDelays({ generator }: LoadReport): boolean {
  return generator.threads.length > 0 && generator.threads.every(({ stalls }) => stalls !== undefined)
}

/** Text about the generator's delay in the samples, if no doubt of the run says it. */
export const OWN_DELAY =
  'The load generator itself was late at this figure: its thread was busy, or waited for a core that another ' +
  'program had. End other programs, or give it cores of its own.'
