import type { Bytes, Share } from 'vitest-arazzo/engine'
import type { BareRequest } from '../bare-dispatch.ts'

/** What one generator did in one round. */
export interface Sample {
  requestsPerSecond: number
  /** CPU of the generator a request, in microseconds. */
  cpuPerRequest: number
  /** Highest resident set of the generator; ours tell it. */
  memory?: Bytes
  /** Of its busiest load thread; ours tell it. */
  eventLoopUtilization?: Share
}

/** What a generator in Node is told, as JSON, in its only argument. */
export type Task = {
  origin: string
  /** Certificate to trust. */
  ca?: string
  connections: number
  seconds: number
  /** Whole seconds before the first request that counts. Default: 3. */
  warmUp?: number
} & (
  | { kind: 'autocannon' | 'bare'; requests: readonly BareRequest[] }
  | {
      kind: 'ours'
      workflow: string
      transport: 'wire' | 'undici'
      threads: number
      /** Requests a second, instead of as many as there can be. */
      rate?: number
    }
)
