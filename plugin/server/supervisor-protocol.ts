import type { Milliseconds } from '../../src/ground/units.ts'
import type { Exit } from './output-tail.ts'

/** Message to the supervisor, from the process that runs Vitest. */
export type Order =
  | {
      order: 'start'
      command: string
      cwd: string
      env: Record<string, string | undefined>
      /** `NAME=value`, see {@link ProcessFamily}. */
      mark: string
      /** The port that it was given. */
      port?: number | undefined
      /** Folders that are made for the command, and go when it has ended. */
      scratch: readonly string[]
      /** How long it has to shut down by itself should the process that runs Vitest end without a word. */
      grace: Milliseconds
    }
  /** SIGTERM, then SIGKILL once `grace` is over. */
  | { order: 'stop'; grace: Milliseconds }

/** Message of the supervisor. */
export type News =
  | { news: 'started'; pid: number }
  | { news: 'not started'; reason: string }
  /** The shell has ended, by itself or on request, and the rest of its family has been ended. */
  | ({ news: 'ended' } & Exit)
