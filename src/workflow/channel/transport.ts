import type { ChannelServer } from '../../document/model.ts'

/** A message, on its way out or in. */
export interface ChannelMessage {
  /** Address of the message, with its parameters: `orders/eu`. */
  address: string
  /** Names have no case where expressions look for them. */
  headers: Record<string, unknown>
  /** A value. What is received may be bytes: they are read by the content type (JSON, text, ...). */
  payload: unknown
  contentType?: string
  /**
   * Correlation id, if it has one: for a sent message, read where the AsyncAPI description says; for a received one,
   * needed only if the description does not say.
   */
  correlationId?: unknown
}

/** Result of receiving: at least a payload. */
export type ReceivedMessage = Partial<ChannelMessage> & Pick<ChannelMessage, 'payload'>

/** The message that a step waits for. */
export interface ExpectedMessage {
  address: string
  /** Correlation id; absent when any message will do. */
  correlationId?: unknown
  /** Whether a message is the one that is waited for. One that is not belongs to others: keep it for them. */
  matches(message: ReceivedMessage): boolean
}

/** Context of a message. */
export interface ChannelContext {
  /** Name of the source description. */
  source: string
  /** Key of the channel in the AsyncAPI description. */
  channel: string
  workflowId: string
  stepId: string
  /** Aborted when the message is not needed any more: the step's timeout has passed, or the run has ended. */
  signal: AbortSignal
}

/** A channel that a run may use. */
export interface ChannelUse {
  source: string
  /** Key of the channel in the AsyncAPI description. */
  channel: string
  /** Address as described: `orders/{region}`. */
  address: string
  action: 'send' | 'receive'
  /** The servers that the AsyncAPI description names. */
  servers: readonly ChannelServer[]
  /** Value of the option `servers` for the source. */
  server?: string
}

/**
 * Carries messages between steps and a broker or a replacement.
 *
 * Messages may come before the step that receives them is reached. To lose none, subscribe in `open`, keep the
 * messages, and let `receive` check them first. A message is received once: after it was given to a step, it is gone.
 * Steps of several virtual users may wait at once, so each receives only messages that `matches` accepts.
 */
export interface ChannelTransport {
  /**
   * Called before the first step of every run, and of every thread of load, with the channels that its steps may use.
   */
  open?(uses: readonly ChannelUse[]): void | Promise<void>
  /** Resolves when the message is sent. Its delivery is not awaited. */
  send(message: ChannelMessage, context: ChannelContext): void | Promise<void>
  /** Resolves to the next message that matches. Rejects when `context.signal` is aborted. */
  receive(expected: ExpectedMessage, context: ChannelContext): ReceivedMessage | Promise<ReceivedMessage>
  /** Called at the end of the run, or of the thread, by the creator of the transport. */
  close?(): void | Promise<void>
}

/** A transport, a function that makes one for each run, or the path of a module whose default export is either. */
export type ChannelConnection = ChannelTransport | (() => ChannelTransport | Promise<ChannelTransport>) | string | URL

/** One for all AsyncAPI sources, or by the source's name. */
export type ChannelsOption = ChannelConnection | Readonly<Record<string, ChannelConnection>>
