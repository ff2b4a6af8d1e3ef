import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

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
    socket.once('error', error => this.destroy(error))
    socket.once('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, encoding, done)
  }

  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), done)
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
