import type { Vitest } from 'vitest/node'
import { shareOf } from '../coordinator/session.ts'
import type { RestartKey } from './restart-key.ts'
import type { Restarts } from './restarts.ts'

/** What watches for one Vitest, and the server of Vite for which it was made. */
interface Watching {
  for?: object
  restarts?: Restarts
  key?: RestartKey
}

export const watchingOf = (vitest: Vitest) => shareOf<Watching>(vitest, 'watching', () => ({}))

/** What restarts applications, in watch mode. */
export function restartsOf(vitest: Vitest): Restarts | undefined {
  return watchingOf(vitest).restarts
}
