import { type Milliseconds, parseDuration } from '../../src/ground/units.ts'
import type { ArazzoOptions } from '../options.ts'
import type { ResolvedServerOptions } from '../server/options.ts'
import type { OutsideProfiler } from './outside-profilers.ts'

/** Whether and for how long the cause of a missed budget is looked for. */
interface CauseSettings {
  when: 'auto' | boolean
  /** Absent for applications of Node.js. */
  profiler?: OutsideProfiler
  /** For comparisons. */
  maxDuration: Milliseconds
  /** For a load that is not compared. */
  maxLookDuration: Milliseconds
}

export const causeSettings = ({ cause = 'auto', maxCauseDuration }: ArazzoOptions): CauseSettings => ({
  ...(typeof cause === 'object' ? { when: 'auto' as const, profiler: cause } : { when: cause }),
  maxDuration: parseDuration(maxCauseDuration ?? '30s'),
  maxLookDuration: parseDuration(maxCauseDuration ?? '12s'),
})

/** Properties of a Vitest run that a comparison needs. Plain data, because it is sent to the workers. */
export interface CompareSettings {
  /** The project's root, absolute. */
  root: string
  /** Path of the run's room, which is made when it is needed. */
  room: string
  /** Absolute paths of Vitest's configuration and its imports. */
  configuration?: readonly string[]
  /** Environment of the process that runs Vitest: those of workers hold what is theirs. */
  environment: Record<string, string | undefined>
  /** How the application is started; absent where the plugin does not start it. */
  server?: ResolvedServerOptions
  /** Base URL of all sources, or by the source's name, as in the plugin's options. */
  servers?: string | Record<string, string>
  /** Whether and for how long the cause of a missed budget is looked for. */
  cause?: CauseSettings
  /** Options whose secrets are never shown. Applications and setups may write them. */
  confidential?: ArazzoOptions
}
