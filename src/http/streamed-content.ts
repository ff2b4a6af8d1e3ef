import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

type Open = (first: number) => Transform

const flush = zlib.constants.Z_SYNC_FLUSH
const soft = { flush, finishFlush: flush }
const { BROTLI_OPERATION_FLUSH } = zlib.constants

// Node has zstd from 22.15 on.
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform }

/** As those of whole bodies; each is told the first byte that it gets. */
const decoders: Record<string, Open> = {
  gzip: () => zlib.createGunzip(soft),
  'x-gzip': () => zlib.createGunzip(soft),
  deflate: first => ((first & 0x0f) === 8 ? zlib.createInflate(soft) : zlib.createInflateRaw(soft)),
  br: () => zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH }),
  ...(createZstdDecompress && { zstd: () => createZstdDecompress() }),
}

/** Whether a Content-Encoding can be undone piece by piece. */
export const isDecodable = (name: string): boolean => Object.hasOwn(decoders, name)

/** Undoes one Content-Encoding of a body that comes piece by piece, later than its pieces come. */
export class StreamedContent {
  readonly #name: string
  readonly #onBytes: (bytes: Buffer) => void
  /** @param found what is wrong with it; undefined where it has ended well. */
  readonly #onEnd: (found: string | undefined) => void
  #decoder: Transform | undefined
  #isOver = false

  constructor(name: string, onBytes: (bytes: Buffer) => void, onEnd: (found: string | undefined) => void) {
    this.#name = name
    this.#onBytes = onBytes
    this.#onEnd = onEnd
  }

  /** Keeps a copy of what has not been decoded. */
  write(bytes: Buffer, from: number, to: number): void {
    if (this.#isOver || to === from) return
    this.#decoder ??= this.#open(bytes[from]!)
    this.#decoder?.write(Buffer.from(bytes.subarray(from, to)))
  }

  end(): void {
    if (this.#decoder) this.#decoder.end()
    else this.#close(undefined)
  }

  /** Nothing more is told. */
  destroy(): void {
    this.#isOver = true
    this.#decoder?.destroy()
  }

  #open(first: number): Transform {
    const decoder = decoders[this.#name]!(first)
    decoder.on('data', (bytes: Buffer) => {
      if (!this.#isOver) this.#onBytes(bytes)
    })
    decoder.on('end', () => this.#close(undefined))
    decoder.on('error', error => this.#close(`its body is not valid ${this.#name} (${error.message})`))
    return decoder
  }

  #close(found: string | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd(found)
  }
}
