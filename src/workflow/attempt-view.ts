import type { Clock } from '../measure/clock.ts'
import type { Judge } from './judge.ts'
import type { RunScope } from './run-scope.ts'
import type { Secrets } from './secrets.ts'

/** What those who describe an attempt see of the virtual user that makes it. */
export interface AttemptView {
  readonly scope: RunScope
  readonly judge: Judge
  readonly secrets: Secrets
  readonly clock: Clock
}
