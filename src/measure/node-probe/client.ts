import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Bytes, Milliseconds, Share } from '../../units.ts'
import { realClock } from '../clock.ts'
import type { Ask, Told } from './protocol.ts'

/** What happened within the Node processes of an application, over the measured window. */
export interface NodeUsage {
  /** Of the process that was latest. */
  eventLoopDelay: { p50: Milliseconds; p99: Milliseconds; max: Milliseconds }
  /** Of the busiest process. */
  eventLoopUtilization: Share
  /** Heaps in use at the same time, added up: the most that was seen. */
  heapPeak: Bytes
  gc: { count: number; total: Milliseconds; longest: Milliseconds }
  processes: number
}

const LONGEST: Milliseconds = 1_000

/** Asks the processes that have the probe loaded. They come and go: each look is at those that are there. */
export class NodeProbe {
  readonly #folder: string
  readonly #lines = new Map<string, Line>()
  #heapPeak = 0

  /** @param folder where they listen. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The window begins. */
  async mark(): Promise<void> {
    this.#heapPeak = 0
    await this.#ask('mark')
  }

  /** A look in between, for the heap. */
  async look(): Promise<{ heap: Bytes } | undefined> {
    const told = await this.#ask('tell')
    return told.length === 0 ? undefined : { heap: heapOf(told) }
  }

  /** What the window has held; undefined when no process answers. */
  async read(): Promise<NodeUsage | undefined> {
    const told = await this.#ask('tell')
    if (told.length === 0) return undefined
    const most = (of: (told: Told) => number) => Math.max(...told.map(of))
    return {
      eventLoopDelay: {
        p50: most(({ delay }) => delay.p50),
        p99: most(({ delay }) => delay.p99),
        max: most(({ delay }) => delay.max),
      },
      eventLoopUtilization: most(({ loop }) =>
        loop.active + loop.idle > 0 ? loop.active / (loop.active + loop.idle) : 0,
      ),
      heapPeak: this.#heapPeak,
      gc: {
        count: told.reduce((sum, { gc }) => sum + gc.count, 0),
        total: told.reduce((sum, { gc }) => sum + gc.total, 0),
        longest: most(({ gc }) => gc.max),
      },
      processes: told.length,
    }
  }

  close(): void {
    for (const line of this.#lines.values()) line.close()
    this.#lines.clear()
  }

  async #ask(ask: Ask): Promise<Told[]> {
    for (const path of socketsIn(this.#folder)) {
      if (!this.#lines.has(path)) this.#lines.set(path, new Line(path))
    }
    const answers = await Promise.all(
      [...this.#lines].map(async ([path, line]) => {
        const told = await line.ask(ask)
        if (told === undefined) {
          line.close()
          this.#lines.delete(path)
        }
        return told
      }),
    )
    const told = answers.filter(answer => answer !== undefined)
    this.#heapPeak = Math.max(this.#heapPeak, heapOf(told))
    return told
  }
}

/** One connection, on which answers come in the order of the questions. */
class Line {
  readonly #socket: Socket
  #rest = ''
  readonly #waiting: ((told: Told | undefined) => void)[] = []

  constructor(path: string) {
    this.#socket = connect(path)
    this.#socket.setEncoding('utf8')
    this.#socket.unref()
    this.#socket.on('data', (text: string) => this.#take(text))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#end())
  }

  /** Undefined when the process is gone, or takes too long. */
  ask(ask: Ask): Promise<Told | undefined> {
    if (this.#socket.destroyed) return Promise.resolve(undefined)
    return new Promise(resolve => {
      const callOff = realClock.after(LONGEST, () => resolve(undefined))
      this.#waiting.push(told => {
        callOff()
        resolve(told)
      })
      this.#socket.write(`${ask}\n`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#waiting.shift()?.(JSON.parse(line) as Told)
  }

  #end(): void {
    for (const tell of this.#waiting.splice(0)) tell(undefined)
  }
}

function socketsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter(name => name.endsWith('.sock'))
    return names.map(name => join(folder, name))
  } catch {
    return []
  }
}

function heapOf(told: readonly Told[]): Bytes {
  return told.reduce((sum, { heap }) => sum + heap, 0)
}
