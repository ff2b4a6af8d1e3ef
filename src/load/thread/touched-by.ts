import { isUserError } from '../../ground/fault.ts'
import { limitReach, type Reach } from '../../ground/reach.ts'
import { type HookWorkflow, planOf } from '../plan/hooks.ts'
import type { Touched } from '../plan/hosts.ts'

/** Workflows of others, and what they may read. */
interface Foreign {
  workflows: readonly HookWorkflow[]
  reach: Reach
}

/** Addresses that their requests reach, or a text of why they are unknown. The load thread's entry exports it. */
export function touchedBy({ workflows, reach }: Foreign): Touched[] | string {
  limitReach(reach)
  try {
    return workflows
      .map(planOf)
      .flatMap(({ origins, tokenOrigins }) => [
        ...origins.map(url => ({ url, verb: 'load' })),
        ...tokenOrigins.map(url => ({ url, verb: 'fetch tokens from' })),
      ])
  } catch (error) {
    if (isUserError(error)) return error.message
    throw error
  }
}
