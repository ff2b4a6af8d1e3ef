import type { Scope } from '../../expression/index.ts'
import { type Fault, type Finding, faultOf, type Reason, sentenceOf } from '../../ground/fault.ts'
import { shownShort } from '../../ground/show.ts'
import { nextTurn as setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { readBody } from '../../http/body.ts'
import type { ExchangeTimes } from '../../http/transport.ts'
import type { Clock } from '../../measure/clock.ts'
import type { User } from '../user.ts'
import type { ChannelPlan } from './plan.ts'
import { isSameId } from './plan.ts'
import type { ChannelContext, ChannelMessage, ExpectedMessage, ReceivedMessage } from './transport.ts'

/** Receiver of a result: exactly one of the two methods is called, never before `perform` has returned. */
export interface MessageOwner {
  /** `message` is what was received; absent when one was sent. */
  onMessage(message: ChannelMessage | undefined, times: ExchangeTimes): void
  onMessageFailure(cause: 'timeout' | 'channel', reason: Reason, times: ExchangeTimes): void
}

/** One message to be sent, or to be waited for. */
export interface MessageTask {
  readonly plan: ChannelPlan
  readonly workflowId: string
  readonly stepId: string
  readonly address: string
  /** Message to be sent. */
  readonly message?: ChannelMessage
  /** Id of the message that is waited for. */
  readonly correlationId?: unknown
}

/** Task of a step. Throws RequestError. */
export function messageTaskOf(plan: ChannelPlan, workflowId: string, stepId: string, scope: Scope): MessageTask {
  const own = { plan, workflowId, stepId }
  if (plan.action === 'send') {
    const message = plan.message(scope)
    return { ...own, address: message.address, message }
  }
  const correlationId = plan.expectedId?.(scope)
  return { ...own, address: plan.address(scope), ...(correlationId !== undefined && { correlationId }) }
}

/**
 * Connects a virtual user and a transport of channels: it limits the time, abandons unneeded tasks, and checks that a
 * received message is the requested one.
 */
export class Messenger {
  readonly #owner: MessageOwner
  readonly #user: Pick<User, 'channels' | 'clock' | 'requests'>
  #inHand: Delivery | undefined

  constructor(owner: MessageOwner, user: Pick<User, 'channels' | 'clock' | 'requests'>) {
    this.#owner = owner
    this.#user = user
  }

  get isWaiting(): boolean {
    return this.#inHand !== undefined
  }

  perform(errand: MessageTask): void {
    this.#user.requests++
    const delivery = new Delivery(errand, this.#user.clock)
    this.#inHand = delivery
    const { timeout } = errand.plan
    delivery.cancelTimeout = this.#user.clock.after(timeout, () => {
      this.#settle(delivery, times => this.#owner.onMessageFailure('timeout', delivery.late(timeout), times))
    })
    void this.#carry(delivery).then(
      message => this.#settle(delivery, times => this.#owner.onMessage(message, times)),
      error => this.#settle(delivery, times => this.#owner.onMessageFailure('channel', delivery.failed(error), times)),
    )
  }

  /** Later results are ignored. */
  letGo(): void {
    this.#inHand?.end()
    this.#inHand = undefined
  }

  /** A transport may respond at once; the promise delays that until `perform` has returned. */
  async #carry(delivery: Delivery): Promise<ChannelMessage | undefined> {
    const { plan, message } = delivery.errand
    const transport = this.#user.channels?.of(plan.source)
    if (!transport) throw new Error(`source "${plan.source}" has no transport`)
    if (message) {
      await transport.send(message, delivery.context)
      return undefined
    }
    for (;;) {
      const received = readMessage(await transport.receive(delivery.expected, delivery.context), delivery.errand)
      if (delivery.isOver || delivery.expected.matches(received)) return received
      // A transport that gives the same message again and again must not keep timers from running.
      await setImmediate()
    }
  }

  #settle(delivery: Delivery, tell: (times: ExchangeTimes) => void): void {
    if (delivery.isOver) return
    this.#inHand = undefined
    delivery.end()
    const ended = this.#user.clock.now()
    tell({ queued: delivery.begun, sent: delivery.begun, ended })
  }
}

/** An errand on its way. */
class Delivery {
  readonly errand: MessageTask
  readonly begun: Milliseconds
  readonly context: ChannelContext
  readonly expected: ExpectedMessage
  isOver = false
  cancelTimeout: (() => void) | undefined
  readonly #abort = new AbortController()
  /** Messages for others, each once, and the id of the last. */
  readonly #others = new WeakSet<object>()
  #countOfOthers = 0
  #lastId: unknown

  constructor(errand: MessageTask, clock: Clock) {
    const { plan, workflowId, stepId, address, correlationId } = errand
    this.errand = errand
    this.begun = clock.now()
    this.context = { source: plan.source, channel: plan.channel.name, workflowId, stepId, signal: this.#abort.signal }
    this.expected = {
      address,
      ...(correlationId !== undefined && { correlationId }),
      matches: message => this.#matches(message),
    }
  }

  end(): void {
    this.isOver = true
    this.cancelTimeout?.()
    this.#abort.abort()
  }

  #matches(message: ReceivedMessage): boolean {
    const { correlationId, plan } = this.errand
    if (correlationId === undefined) return true
    const id = plan.correlationOf(readMessage(message, this.errand))
    if (isSameId(id, correlationId)) return true
    if (!this.#others.has(message)) {
      this.#others.add(message)
      this.#countOfOthers++
      this.#lastId = id
    }
    return false
  }

  late(timeout: Milliseconds): Finding {
    const { address, message, correlationId } = this.errand
    if (message) return { found: `no message could be sent to "${address}" within ${timeout} ms` }
    const wanted = correlationId === undefined ? '' : ` with correlationId ${show(correlationId)}`
    const came = this.#countOfOthers
    const others =
      came === 0
        ? ''
        : came === 1
          ? `; 1 came for another (${show(this.#lastId)})`
          : `; ${came} came for others (the last for ${show(this.#lastId)})`
    return { found: `no message${wanted} came on "${address}" within ${timeout} ms${others}` }
  }

  failed(error: unknown): Fault {
    const { address, message } = this.errand
    const found = error instanceof Error ? error.message : String(error)
    return faultOf(error) ?? { verb: message ? 'send to' : 'receive from', thing: `"${address}"`, found }
  }
}

const show = (id: unknown) => shownShort(id, 'none')

/** Result of a transport, as a message. Throws if it is not a message or its bytes cannot be read. */
function readMessage(given: ReceivedMessage, { address, plan }: MessageTask): ChannelMessage {
  if (typeof given !== 'object' || given === null || !('payload' in given)) {
    throw new Error(
      `the transport gave ${given === null || given === undefined ? 'nothing' : 'something without a payload'}; ` +
        'receive() must resolve to { headers, payload }',
    )
  }
  const contentType = given.contentType ?? plan.channel.messages[0]?.contentType ?? 'application/json'
  return {
    address: given.address ?? address,
    headers: given.headers ?? {},
    payload: given.payload instanceof Uint8Array ? payloadOf(given.payload, contentType) : given.payload,
    contentType,
    ...(given.correlationId !== undefined && { correlationId: given.correlationId }),
  }
}

function payloadOf(bytes: Uint8Array, contentType: string): unknown {
  const { value, error } = readBody(bytes, contentType, undefined)
  if (error !== undefined) throw new Error(`its payload is not ${contentType}: ${sentenceOf(error)}`)
  return value
}
