import type { SlowRequest } from '../measure/report.ts'

/** `2`, or `2 (eu-1)` of a run of several hosts. */
export const threadName = ({ thread, host }: Pick<SlowRequest, 'thread' | 'host'>): string =>
  host === undefined ? String(thread) : `${thread} (${host})`
