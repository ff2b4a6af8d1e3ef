import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { failed } from '../../ground/fault.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { tried } from '../../ground/tried.ts'
import { type Bytes, isAmount, type Milliseconds } from '../../ground/units.ts'
import { realClock } from '../clock.ts'
import type { Probe, Reading } from '../probe.ts'
import type { NodeUsage } from '../report.ts'
import { type Ask, type NodeFigures, socketOf, type Trips } from './protocol.ts'

export const NOBODY =
  'no process of the application has the probe loaded. It takes Node.js 18.19 or later, started with the ' +
  'NODE_OPTIONS that it is given.'

/** Asked at every second look that comes as usual: but for the heap, what happens between two is not lost. */
const EVERY = 2

/**
 * Process tree with the figures of its Node processes. A busy process responds late. A look does not wait for it and
 * uses its previous figures.
 */
export class NodeProcessTree implements Probe {
  readonly subject: string
  readonly interval?: Milliseconds
  readonly #tree: Probe
  readonly #node: NodeProbe
  #told: NodeUsage | undefined
  #asked: Promise<void> | undefined
  #looks = 0
  #leftOut: ReadonlySet<number> = new Set()
  #living: ReadonlySet<number> = new Set()

  /** @param folder where the processes listen. */
  constructor(tree: Probe, folder: string) {
    this.subject = tree.subject
    if (tree.interval !== undefined) this.interval = tree.interval
    this.#tree = tree
    this.#node = new NodeProbe(folder)
  }

  async sample(): Promise<Reading> {
    const reading = await this.#tree.sample()
    this.#leftOut = new Set(reading.leftOut)
    this.#living = new Set(reading.pids)
    if (this.interval !== undefined || this.#looks++ % EVERY === 0) this.#asked ??= this.#ask()
    const { odd } = this.#node
    const advice = 'Its code may have replaced what the probe reads.'
    const wrong = odd === undefined ? undefined : { node: failed('measure', this.subject, odd, advice) }
    return { ...reading, wrong, ...(this.#told ? { node: this.#told } : { missing: { node: NOBODY } }) }
  }

  title(processes: number): string | undefined {
    return this.#tree.title?.(processes)
  }

  mark(): void {
    this.#told = undefined
    void this.#node.mark()
  }

  async settle(): Promise<NodeUsage | undefined> {
    await this.#asked
    // A process that does not respond now never will.
    this.#living = new Set()
    await this.#ask()
    return this.#told
  }

  close(): void {
    this.#node.close()
  }

  async #ask(): Promise<void> {
    this.#told = (await this.#node.read(this.#leftOut, pid => this.#living.has(pid))) ?? this.#told
    this.#asked = undefined
  }
}

const LONGEST: Milliseconds = 1_000

/**
 * Asks the processes that have the probe loaded. They come and go: those that have ended since the mark still count.
 */
export class NodeProbe {
  readonly #folder: string
  readonly #lines = new Map<number, Line>()
  /** Last figures of each process. */
  #told = new Map<number, NodeFigures>()
  readonly #toldAt = new Map<number, Milliseconds>()
  /** Figure that cannot be, with its process. */
  odd: string | undefined
  #heapPeak: Bytes = 0
  #unread: Milliseconds = 0
  #marks = 0

  /** @param folder where they listen. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The window begins. */
  async mark(): Promise<void> {
    this.#marks++
    this.#told = new Map()
    this.#heapPeak = 0
    this.#unread = 0
    await this.#ask('mark')
  }

  /**
   * Figures of the window so far; undefined if no process has responded.
   *
   * @param leftOut processes in front of the application that are not part of it.
   * @param lives whether a process that does not respond is alive and will respond later.
   */
  async read(
    leftOut: ReadonlySet<number> = new Set(),
    lives: (pid: number) => boolean = () => false,
  ): Promise<NodeUsage | undefined> {
    const now = (await this.#ask('tell')).filter(({ pid }) => !leftOut.has(pid))
    const responded = new Set(now.map(({ pid }) => pid))
    for (const [pid, at] of this.#toldAt) {
      if (responded.has(pid) || lives(pid)) continue
      if (this.#told.has(pid) && !leftOut.has(pid)) this.#unread = Math.max(this.#unread, realClock.now() - at)
      this.#toldAt.delete(pid)
    }
    const all = [...this.#told.values()].filter(({ pid }) => !leftOut.has(pid))
    if (all.length === 0) return undefined
    const heap = now.reduce((sum, told) => sum + told.heap, 0)
    this.#heapPeak = Math.max(this.#heapPeak, heap)
    const most = (of: (told: NodeFigures) => number) => Math.max(...all.map(of))
    return {
      eventLoopDelay: {
        p50: most(({ delay }) => delay.p50),
        p99: most(({ delay }) => delay.p99),
        max: most(({ delay }) => delay.max),
      },
      eventLoopUtilization: most(({ loop }) =>
        loop.active + loop.idle > 0 ? loop.active / (loop.active + loop.idle) : 0,
      ),
      heap,
      heapPeak: this.#heapPeak,
      gc: {
        count: all.reduce((sum, { gc }) => sum + gc.count, 0),
        total: all.reduce((sum, { gc }) => sum + gc.total, 0),
        longest: most(({ gc }) => gc.max),
      },
      processes: now.length,
      roundTrips: { requests: all.reduce((sum, { requests }) => sum + requests, 0), to: tripsOf(all) },
      ...(this.#unread > 0 && { unread: this.#unread }),
    }
  }

  close(): void {
    for (const line of this.#lines.values()) line.close()
    this.#lines.clear()
  }

  async #ask(ask: Ask): Promise<NodeFigures[]> {
    for (const pid of listeners(this.#folder)) {
      if (!this.#lines.has(pid)) this.#lines.set(pid, new Line(socketOf(this.#folder, pid)))
    }
    const marks = this.#marks
    const responses = await Promise.all(
      [...this.#lines].map(async ([pid, line]) => {
        const told = await line.ask(ask)
        if (line.odd !== undefined) this.odd = `process ${pid} tells ${line.odd}`
        if (told === undefined) {
          line.close()
          if (this.#lines.get(pid) === line) this.#lines.delete(pid)
        }
        return told
      }),
    )
    const told = responses.filter(response => response !== undefined)
    // A question before a mark concerns the time before it.
    if (marks !== this.#marks) return told
    for (const one of told) {
      this.#told.set(one.pid, one)
      this.#toldAt.set(one.pid, realClock.now())
    }
    return told
  }
}

/** One connection, on which responses come in the order of the questions. */
class Line {
  readonly #socket: Socket
  #rest = ''
  /** Figure that cannot be. */
  odd: string | undefined
  readonly #waiting: ((told: NodeFigures | undefined) => void)[] = []

  constructor(path: string) {
    this.#socket = connect(path)
    this.#socket.setEncoding('utf8')
    this.#socket.unref()
    this.#socket.on('data', (text: string) => this.#take(text))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#end())
  }

  /** Undefined when the process is gone, or takes too long. */
  ask(ask: Ask): Promise<NodeFigures | undefined> {
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
    for (const line of lines) {
      const told = tried(() => JSON.parse(line) as unknown)
      const odd = oddIn(told)
      this.odd ??= odd
      this.#waiting.shift()?.(odd === undefined ? (told as NodeFigures) : undefined)
    }
  }

  #end(): void {
    for (const tell of this.#waiting.splice(0)) tell(undefined)
  }
}

/** The figures that every response has, by their paths. */
const FIGURES = ['pid', 'heap', 'requests', 'delay.p50', 'delay.p99', 'delay.max', 'gc.count', 'gc.total', 'gc.max']
const ALL = [...FIGURES, 'loop.active', 'loop.idle'].map(path => path.split('.'))

/** The first figure of a response that is not a number from 0 on, in words. */
function oddIn(told: unknown): string | undefined {
  for (const path of ALL) {
    let value = told
    for (const key of path) value = isObject(value) ? value[key] : undefined
    if (!isAmount(value)) return `${path.join('.')}: ${show(value ?? null)}`
  }
  const trips = isObject(told) ? told.trips : undefined
  const areCounts = (one: unknown) => isObject(one) && isAmount(one.count) && isAmount(one.waited)
  return isObject(trips) && Object.values(trips).every(areCounts) ? undefined : `trips: ${show(trips ?? null)}`
}

/** Round trips of all processes together, by destination. */
function tripsOf(all: readonly NodeFigures[]): Record<string, Trips> {
  const sums = new Map<string, Trips>()
  for (const [name, { count, waited }] of all.flatMap(({ trips }) => Object.entries(trips))) {
    const sum = sums.get(name) ?? { count: 0, waited: 0 }
    sums.set(name, { count: sum.count + count, waited: sum.waited + waited })
  }
  return Object.fromEntries(sums)
}

function listeners(folder: string): number[] {
  const names = tried(() => readdirSync(folder)) ?? []
  return names.flatMap(name => (/^\d+\.sock$/.test(name) ? [Number.parseInt(name, 10)] : []))
}
