import type { ArazzoDocument } from '../document/model.ts'
import type { Location } from '../errors.ts'

export interface PlanOptions {
  /** Base URL of all sources, or by the source's name. */
  servers?: string | Record<string, string>
  /** Step visits per run after which a run is given up as runaway. Default 10,000. */
  maxVisits?: number
}

/** A workflow compiled: the same plan serves a functional run and load. Made once per thread; holds functions. */
export interface Plan {
  readonly document: ArazzoDocument
  readonly workflowId: string
  /** Operation steps that a run can reach, nested workflows included: `login`, `workflowId.stepId`. The index is the step's number. */
  readonly steps: readonly { readonly key: string; readonly stepId: string; readonly workflowId: string; readonly at: Location }[]
  /** `http://127.0.0.1:3000`, each once. */
  readonly origins: readonly string[]
  /** Requests of one run in which every step passes in order; a first guess for `rps`. */
  readonly requestsPerRun: number
}
