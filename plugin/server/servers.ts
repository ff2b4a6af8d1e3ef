import type { Vitest } from 'vitest/node'
import { shareOf } from '../coordinator/session.ts'
import type { Applications } from './applications.ts'
import type { ApplicationPlan } from './several.ts'

interface Servers {
  /** What to start before the tests, by name of the project. */
  plans: Map<string, readonly ApplicationPlan[]>
  /** What was started, by its options as JSON: projects that ask for the same share it. */
  applications: Map<string, Applications>
}

/** The applications of one Vitest. */
export function serversOf(vitest: Vitest): Servers {
  return shareOf(vitest, 'servers', () => ({ plans: new Map(), applications: new Map() }))
}
