import type { Socket } from 'node:net'

/** The sockets of a pool, each from its birth to its `close`. */
export class Sockets {
  readonly #open = new Set<Socket>()
  #onClosed: (() => void) | undefined

  get size(): number {
    return this.#open.size
  }

  watch(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#onClosed?.()
    })
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** Resolves when all have closed. */
  async closed(): Promise<void> {
    while (this.#open.size > 0) {
      await new Promise<void>(resolve => {
        this.#onClosed = resolve
      })
    }
  }
}
