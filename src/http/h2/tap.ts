import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate } from '../../ground/timers.ts'

/** A socket whose bytes are seen as they come: a session that gets the socket itself reads them past JavaScript. */
export class Tap extends Duplex {
  readonly #socket: Socket

  constructor(socket: Socket, onBytes: (bytes: Buffer) => void) {
    super({ readableHighWaterMark: socket.readableHighWaterMark })
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      onBytes(bytes)
      if (!this.push(bytes)) socket.pause()
    })
    socket.once('end', () => this.push(null))
    socket.once('error', error => this.#endWith(error))
    socket.once('close', () => this.#endWith())
  }

  /** Ends after the bytes that came before: a GOAWAY frame says which requests may be sent again. */
  #endWith(error?: Error): void {
    if (this.readableLength === 0) setImmediate(() => this.destroy(error))
    else this.once('end', () => setImmediate(() => this.destroy(error)))
    if (!this.readableEnded && error === undefined) this.push(null)
  }

  override _read(): void {
    this.#socket.resume()
  }

  // A write fails only when the socket ends, which has an event of its own.
  override _write(bytes: Buffer, encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(bytes, encoding, () => done())
  }

  override _writev(pieces: { chunk: Buffer }[], done: () => void): void {
    this.#socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), () => done())
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
