import { headerOf } from './correlation.ts'
import type { Errand } from './messenger.ts'
import type { ChannelMessage } from './transport.ts'

/** The message of the step in hand, as expressions see it. */
export class MessageView {
  readonly errand: Errand
  /** What was sent or received; absent while it is waited for. */
  message: ChannelMessage | undefined

  constructor(errand: Errand) {
    this.errand = errand
    this.message = errand.message
  }

  header(name: string): unknown {
    return headerOf(this.message?.headers, name)
  }

  get payload(): unknown {
    return this.message?.payload
  }
}
