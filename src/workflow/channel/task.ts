import { isDeepStrictEqual } from 'node:util'
import type { Scope } from '../../expression/index.ts'
import { type Fault, type Finding, faultOf, sentenceOf } from '../../ground/fault.ts'
import { asText } from '../../ground/json.ts'
import { shownShort } from '../../ground/show.ts'
import { nextTurn as setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { readBody } from '../../http/body.ts'
import type { ExchangeTimes } from '../../http/transport.ts'
import type { Delivery } from '../outcome.ts'
import { isSecretHeader } from '../secrets.ts'
import type { CurrentStep } from '../step.ts'
import type { User } from '../user.ts'
import type { ChannelPlan } from './plan.ts'
import { headerOf } from './plan.ts'
import type { ChannelContext, ChannelMessage, ExpectedMessage, ReceivedMessage } from './transport.ts'

/**
 * The message of one attempt, to be sent or to be waited for, and as expressions see it. Limits the time, abandons an
 * unneeded message, and checks that a received one is the requested one.
 */
export class MessageTask {
  readonly plan: ChannelPlan
  readonly address: string
  /** Id of the message that is sent, or that is waited for. */
  readonly correlationId: unknown
  /** Sent or received message; absent while it is awaited. */
  message: ChannelMessage | undefined
  isWaiting = false
  /** Time when it was passed on. */
  begun: Milliseconds = 0
  readonly #context: ChannelContext
  readonly #abort = new AbortController()
  #cancelTimeout: (() => void) | undefined
  /** Messages for others, each once, and the id of the last. */
  readonly #others = new WeakSet<object>()
  #countOfOthers = 0
  #lastId: unknown

  /** Throws RequestError. */
  constructor(plan: ChannelPlan, workflowId: string, stepId: string, scope: Scope) {
    const { source, channel } = plan
    this.plan = plan
    this.message = plan.action === 'send' ? plan.message(scope) : undefined
    this.correlationId = this.message ? this.message.correlationId : plan.expectedId?.(scope)
    this.address = this.message?.address ?? plan.address(scope)
    this.#context = { source, channel: channel.name, workflowId, stepId, signal: this.#abort.signal }
  }

  header(name: string): unknown {
    return headerOf(this.message?.headers, name)
  }

  path(name: string): string | undefined {
    return parameterIn(this.plan.channel.address, this.address, name)
  }

  get payload(): unknown {
    return this.message?.payload
  }

  /** @param owner gets the result: exactly one of the two is called, never before this has returned. */
  perform(
    owner: Pick<CurrentStep, 'onMessage' | 'onMessageFailure'>,
    user: Pick<User, 'channels' | 'clock' | 'requests'>,
  ): void {
    const { clock } = user
    user.requests++
    this.begun = clock.now()
    this.isWaiting = true
    const settle = (tell: (times: ExchangeTimes) => void): void => {
      if (!this.isWaiting) return
      this.letGo()
      tell({ queued: this.begun, sent: this.begun, ended: clock.now() })
    }
    this.#cancelTimeout = clock.after(this.plan.timeout, () =>
      settle(times => owner.onMessageFailure('timeout', this.#late(), times)),
    )
    const onDone = (received: ChannelMessage | undefined) =>
      settle(times => {
        if (received) this.message = received
        owner.onMessage(times)
      })
    void this.#carry(user).then(onDone, error =>
      settle(times => owner.onMessageFailure('channel', this.#failed(error), times)),
    )
  }

  /** Later results are ignored. */
  letGo(): void {
    this.isWaiting = false
    this.#cancelTimeout?.()
    this.#abort.abort()
  }

  /** A transport may respond at once; the promise delays that until `perform` has returned. */
  async #carry({ channels }: Pick<User, 'channels'>): Promise<ChannelMessage | undefined> {
    const { source } = this.plan
    const transport = channels?.of(source)
    if (!transport) throw new Error(`source "${source}" has no transport`)
    if (this.message) {
      await transport.send(this.message, this.#context)
      return undefined
    }
    const { address, correlationId } = this
    const matches = (message: ReceivedMessage) => this.#matches(message)
    const expected: ExpectedMessage = { address, ...(correlationId !== undefined && { correlationId }), matches }
    for (;;) {
      const received = this.#read(await transport.receive(expected, this.#context))
      if (!this.isWaiting || this.#matches(received)) return received
      // A transport that gives the same message again and again must not keep timers from running.
      await setImmediate()
    }
  }

  #matches(message: ReceivedMessage): boolean {
    if (this.correlationId === undefined) return true
    const id = this.plan.correlationOf(this.#read(message))
    if (isSameId(id, this.correlationId)) return true
    if (!this.#others.has(message)) {
      this.#others.add(message)
      this.#countOfOthers++
      this.#lastId = id
    }
    return false
  }

  #late(): Finding {
    const { address, correlationId, plan } = this
    const time = `within ${plan.timeout} ms`
    if (plan.action === 'send') return { found: `no message could be sent to "${address}" ${time}` }
    const wanted = correlationId === undefined ? '' : ` with correlationId ${show(correlationId)}`
    const came = this.#countOfOthers
    const others =
      came === 0
        ? ''
        : came === 1
          ? `; 1 came for another (${show(this.#lastId)})`
          : `; ${came} came for others (the last for ${show(this.#lastId)})`
    return { found: `no message${wanted} came on "${address}" ${time}${others}` }
  }

  #failed(error: unknown): Fault {
    const found = error instanceof Error ? error.message : String(error)
    const verb = this.plan.action === 'send' ? 'send to' : 'receive from'
    return faultOf(error) ?? { verb, thing: `"${this.address}"`, found }
  }

  /** Result of a transport, as a message. Throws if it is not a message or its bytes cannot be read. */
  #read(given: ReceivedMessage): ChannelMessage {
    if (typeof given !== 'object' || given === null || !('payload' in given)) {
      const what = given === null || given === undefined ? 'nothing' : 'something without a payload'
      throw new Error(`the transport gave ${what}; receive() must resolve to { headers, payload }`)
    }
    const contentType = given.contentType ?? this.plan.channel.messages[0]?.contentType ?? 'application/json'
    return {
      address: given.address ?? this.address,
      headers: given.headers ?? {},
      payload: given.payload instanceof Uint8Array ? payloadOf(given.payload, contentType) : given.payload,
      contentType,
      ...(given.correlationId !== undefined && { correlationId: given.correlationId }),
    }
  }
}

/** Brokers know text only: 5 and "5" are the same id. */
function isSameId(one: unknown, other: unknown): boolean {
  const isScalar = (value: unknown) => value !== null && typeof value !== 'object' && value !== undefined
  return isScalar(one) && isScalar(other) ? String(one) === String(other) : isDeepStrictEqual(one, other)
}

const show = (id: unknown) => shownShort(id, 'none')

function payloadOf(bytes: Uint8Array, contentType: string): unknown {
  const { value, error } = readBody(bytes, contentType, undefined)
  if (error !== undefined) throw new Error(`its payload is not ${contentType}: ${sentenceOf(error)}`)
  return value
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
export function deliveryOf(task: MessageTask, step: CurrentStep, start: Milliseconds): Delivery {
  const { plan, address, correlationId, message } = task
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
