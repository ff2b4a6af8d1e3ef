import type { PlanOptions } from './plan.ts'

/** Options of how requests are made and responses judged, which functional runs and load tests have alike. */
export const CONDUCT = [
  ...(['checks', 'security', 'followRedirects', 'traceparent', 'protocol', 'ca', 'requestTimeout'] as const),
] satisfies (keyof PlanOptions)[]

export type ConductKey = (typeof CONDUCT)[number]
