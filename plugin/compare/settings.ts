import type { CauseSettings } from '../cause.ts'
import type { ArazzoOptions } from '../options.ts'
import type { ResolvedServerOptions } from '../server/options.ts'

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
