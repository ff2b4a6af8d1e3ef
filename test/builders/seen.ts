import type { SeenAttempt } from '../../src/workflow/virtual-user.ts'
import { AttemptTimes } from '../../src/workflow/virtual-user.ts'

/** An attempt of which nothing is told but its line. */
export const SEEN: SeenAttempt = {
  line: () => ({ request: 'GET /' }),
  exemplar: () => ({ method: 'GET', url: '/', headers: {} }),
}

export const NO_ATTEMPTS = new AttemptTimes()
