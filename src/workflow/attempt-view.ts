import type { Clock } from '../measure/clock.ts'
import type { Judge } from './judge.ts'
import type { RunScope } from './run-scope.ts'
import type { Secrets } from './secrets.ts'

/** State of a virtual user for descriptions of its attempt. */
export interface AttemptView {
  readonly scope: RunScope
  readonly judge: Judge
  readonly secrets: Secrets
  readonly clock: Clock
}
