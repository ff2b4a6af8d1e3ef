import { asText } from '../../ground/json.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { AttemptView } from '../attempt-view.ts'
import type { Delivery } from '../outcome.ts'
import { isSecretHeader } from '../secrets.ts'
import type { MessageView } from './view.ts'

/** Copies the delivery in hand out of a machine. Secrets are noted, not yet masked. */
export function deliveryOf({ errand, message }: MessageView, machine: AttemptView, start: Milliseconds): Delivery {
  const { plan, address } = errand
  const correlationId = errand.correlationId ?? errand.message?.correlationId
  for (const [name, value] of Object.entries(message?.headers ?? {}))
    if (isSecretHeader(name)) machine.secrets.addHeader(name, String(value))
  const { sent, ended } = machine.judge.times
  return {
    action: plan.action,
    source: plan.source,
    address,
    ...(correlationId !== undefined && { correlationId: asText(correlationId) }),
    ...(message && { message: { headers: asText({ ...message.headers }), payload: asText(message.payload) } }),
    sent: Math.max(0, sent - start),
    ended: Math.max(0, ended - start),
  }
}
