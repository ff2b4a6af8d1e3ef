import { createUndiciTransport } from '../../src/http/undici.ts'
import { realClock } from '../../src/measure/clock.ts'
import { readRef } from '../../src/workflow/find.ts'
import { compilePlan, type PlanOptions } from '../../src/workflow/plan.ts'
import { describeShown } from '../../src/workflow/text.ts'
import { User } from '../../src/workflow/user.ts'
import type { Contract, Observer, VirtualUser } from '../../src/workflow/virtual-user.ts'

/** What a load run sees of a failed attempt. */
interface Failed {
  kind: string
  message: string
  exemplar: string
}

export interface LoadUser {
  user: VirtualUser
  /** Of every attempt; `undefined` passed. */
  attempts: (Failed | undefined)[]
  /** Of every attempt: whether its response was held against its description. */
  contracts: (Contract | undefined)[]
  /** When each was sent, as told. */
  sent: number[]
  /** Performs iterations one after another; resolves to their states. */
  iterate(count: number, inputs?: Record<string, unknown>): Promise<string[]>
  close(): Promise<void>
}

/** A virtual user as load has it: nothing is recorded but what the observer is told. */
export async function loadUser(
  path: string,
  options: PlanOptions,
  think?: () => number,
  clock = realClock,
): Promise<LoadUser> {
  const { document, workflowId } = await readRef(path)
  const plan = compilePlan(document, workflowId, options)
  const transport = createUndiciTransport({ connections: 4 })
  const attempts: LoadUser['attempts'] = []
  const times: number[] = []
  const contracts: LoadUser['contracts'] = []
  const observer: Observer = {
    onAttempt(_step, sent, _ended, failure, seen) {
      times.push(sent)
      contracts.push(seen.contract)
      if (!failure) return void attempts.push(undefined)
      const { kind, message } = failure
      attempts.push({ kind, message, exemplar: describeShown(failure.exemplar()) })
    },
  }
  const user = new User(plan, transport, clock, observer, think)
  const once = (inputs: Record<string, unknown>) =>
    new Promise<string>(resolve => user.start(inputs, () => resolve(user.state)))
  return {
    user,
    attempts,
    sent: times,
    contracts,
    async iterate(count, inputs = {}) {
      const states: string[] = []
      for (let i = 0; i < count; i++) states.push(await once(inputs))
      return states
    },
    async close() {
      transport.abort()
      await transport.close()
    },
  }
}
