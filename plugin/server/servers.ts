import type { Vitest } from 'vitest/node'
import { shareOf } from '../coordinator/server.ts'
import type { Applications } from './applications.ts'
import type { ApplicationPlan } from './several.ts'

interface Servers {
  /** Applications to start before the tests, by name of the project. */
  plans: Map<string, readonly ApplicationPlan[]>
  /** Started applications, by their options as JSON: projects with the same options share them. */
  applications: Map<string, Applications>
}

/** The applications of one Vitest. */
export function serversOf(vitest: Vitest): Servers {
  return shareOf(vitest, 'servers', () => ({ plans: new Map(), applications: new Map() }))
}

/** An application under test, as tests and load tests get to know it. */
export interface ProvidedApp {
  /** Absent for the only one, where it has no name. */
  name?: string
  /** `http://127.0.0.1:4711` */
  origin: string
  /** The URL that was asked until it responded. */
  url: string
  /** Process whose whole tree is measured for `memory` and `cpu`. Unknown for some reused applications. */
  pid?: number
  /** The process of these that listens, where that is known, or else the first of them. */
  own?: number
  /** Whether it was there before Vitest. */
  isReused: boolean
  /** Folder for the figures of its Node processes, if the probe is loaded. */
  probe?: string
}

/** Reason why the application did not start. */
export interface StartFailure {
  message: string
  /** The last lines that it wrote, below a heading; empty where it wrote none. */
  log: readonly string[]
  /** No test of the run was to need it, so that nothing is wrong. */
  isMeant?: boolean
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Empty if the plugin starts no application, or if a start failed. Filled by the worker that waits for a start. */
    'vitest-arazzo:applications': ProvidedApp[]
    /** At most one. */
    'vitest-arazzo:failure': StartFailure[]
  }
}
