import { asText } from '../../ground/json.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { Delivery } from '../outcome.ts'
import { isSecretHeader } from '../secrets.ts'
import type { CurrentStep } from '../step.ts'
import type { MessageTask } from './messenger.ts'
import { headerOf } from './plan.ts'
import type { ChannelMessage } from './transport.ts'

/** Message of the current step, for expressions. */
export class MessageView {
  readonly errand: MessageTask
  /** Sent or received message; absent while it is awaited. */
  message: ChannelMessage | undefined

  constructor(errand: MessageTask) {
    this.errand = errand
    this.message = errand.message
  }

  header(name: string): unknown {
    return headerOf(this.message?.headers, name)
  }

  path(name: string): string | undefined {
    return parameterIn(this.errand.plan.channel.address, this.errand.address, name)
  }

  get payload(): unknown {
    return this.message?.payload
  }
}

/** Value of a parameter in an address: `7` for `{id}` of `orders/{id}` in `orders/7`. */
function parameterIn(template: string, address: string, name: string): string | undefined {
  const names: string[] = []
  const pattern = template
    .split(/(\{[^{}]+\})/)
    .map(part => {
      if (!/^\{[^{}]+\}$/.test(part)) return part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
      names.push(part.slice(1, -1))
      return '(.+?)'
    })
    .join('')
  return new RegExp(`^${pattern}$`, 's').exec(address)?.slice(1)[names.indexOf(name)]
}

/** Copies the current delivery. Secrets are noted but not yet masked. */
export function deliveryOf({ errand, message }: MessageView, step: CurrentStep, start: Milliseconds): Delivery {
  const { plan, address } = errand
  const correlationId = errand.correlationId ?? errand.message?.correlationId
  for (const [name, value] of Object.entries(message?.headers ?? {}))
    if (isSecretHeader(name)) step.user.secrets.addHeader(name, String(value))
  const { sent, ended } = step.times
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
