import type { Milliseconds } from '../../src/ground/units.ts'
import type { Exit } from './output-tail.ts'

export interface CommandToSupervise {
  command: string
  cwd: string
  env: Record<string, string | undefined>
  /** The port that it is to listen at. */
  port?: number | undefined
  /** Folders that are made for the command, and go when it has ended. */
  scratch?: readonly string[]
  /** How long it has to shut down by itself when the process that runs Vitest ends. */
  grace: Milliseconds
}

/** Message to the supervisor, from the process that runs Vitest. */
export type Order =
  /** `mark` is `NAME=value`, see {@link ProcessFamily}. */
  | ({ order: 'start'; mark: string } & CommandToSupervise)
  /** SIGTERM, then SIGKILL once `grace` is over. */
  | { order: 'stop'; grace: Milliseconds }

/** Message of the supervisor. */
export type News =
  | { news: 'started'; pid: number }
  | { news: 'not started'; reason: string }
  /** The shell has ended, by itself or on request, and the rest of its family has been ended. */
  | ({ news: 'ended' } & Exit)
