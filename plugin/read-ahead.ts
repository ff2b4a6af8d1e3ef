import { stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import type { readArazzo } from '../src/document/read.ts'

export type Reading = Awaited<ReturnType<typeof readArazzo>>

interface Ahead {
  reading: Reading
  /** Of every file that was read, by path: when it was last changed. */
  changed: Map<string, number>
}

/**
 * Reads documents before Vite asks for them, while a worker is being started or is busy with the document before; one
 * after another, a few ahead, in the order in which they are going to be asked for. What was read is good once, and only
 * if none of the files has changed meanwhile.
 */
export class ReadAhead {
  readonly #read: (file: string) => Promise<Reading>
  readonly #most: number
  readonly #ready = new Map<string, Ahead>()
  #queue: string[] = []
  #isReading = false

  constructor(read: (file: string) => Promise<Reading>, most = 16) {
    this.#read = read
    this.#most = most
  }

  /** These come next, in this order. Forgets what was announced before. */
  announce(files: readonly string[]): void {
    this.#queue = [...files]
    this.#ready.clear()
    void this.#goOn()
  }

  async take(file: string): Promise<Reading> {
    const ahead = this.#ready.get(file)
    this.#ready.delete(file)
    this.#queue = this.#queue.filter(queued => queued !== file)
    void this.#goOn()
    return ahead && (await isUnchanged(ahead)) ? ahead.reading : this.#read(file)
  }

  async #goOn(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    while (this.#queue.length > 0 && this.#ready.size < this.#most) {
      // Whoever waits for us goes first.
      await setImmediate()
      const file = this.#queue.shift()
      if (file !== undefined) await this.#readOne(file)
    }
    this.#isReading = false
  }

  async #readOne(file: string): Promise<void> {
    try {
      const reading = await this.#read(file)
      this.#ready.set(file, { reading, changed: await timesOf(reading.files) })
    } catch {
      // Whoever takes it hears of that.
    }
  }
}

async function isUnchanged({ changed }: Ahead): Promise<boolean> {
  const now = await timesOf([...changed.keys()])
  return [...changed].every(([file, time]) => now.get(file) === time)
}

/** 0 for a file that is not there, which may be there the next time. */
async function timesOf(files: readonly string[]): Promise<Map<string, number>> {
  const times = files.map(async file => [file, await timeOf(file)] as const)
  return new Map(await Promise.all(times))
}

const timeOf = (file: string) =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
