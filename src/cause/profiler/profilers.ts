import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { isObject } from '../../ground/object.ts'
import { tried } from '../../ground/tried.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { realClock } from '../../measure/clock.ts'
import { type Answer, type Ask, runningFile, socketOf } from './protocol.ts'

/** To start takes up to a second in a large application; to stop, and to read source maps, takes longer. */
const PATIENCE: Record<Ask, Milliseconds> = { start: 5_000, stop: 10_000, heap: 10_000 }

/** Tasks of a thread, behind "it did not". */
const DONE: Record<Ask, string> = { start: 'start its profiler', stop: 'stop its profiler', heap: 'read its heap' }

/** Longest reason of an application, in characters. */
const LONGEST = 200

/** The profilers of all threads of one launch. */
export class Profilers {
  readonly #folder: string
  /** Reasons of threads that have no profile. */
  readonly refusals = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  get threads(): number {
    return this.#names('.sock').length
  }

  async start(): Promise<void> {
    writeFileSync(runningFile(this.#folder), '')
    await this.#ask('start')
  }

  /** Paths of the profiles, one for each thread. */
  async stop(): Promise<string[]> {
    rmSync(runningFile(this.#folder), { force: true })
    await this.#ask('stop')
    return this.#files('.cpuprofile')
  }

  /** Collects garbage. Paths of readings of the heap, one for each thread. */
  async heap(): Promise<string[]> {
    // A thread that does not respond has no reading.
    for (const path of this.#files('.heap')) rmSync(path, { force: true })
    await this.#ask('heap')
    return this.#files('.heap')
  }

  #files(ending: string): string[] {
    return this.#names(ending).map(name => join(this.#folder, `${name}${ending}`))
  }

  async #ask(ask: Ask): Promise<void> {
    const answers = this.#names('.sock').map(name => answerOf(socketOf(this.#folder, name), ask))
    for (const { refused } of await Promise.all(answers)) if (refused !== undefined) this.refusals.add(refused)
  }

  #names(ending: string): string[] {
    const names = tried(() => readdirSync(this.#folder)) ?? []
    return names.filter(name => name.endsWith(ending)).map(name => name.slice(0, -ending.length))
  }
}

function answerOf(path: string, ask: Ask): Promise<Answer> {
  return new Promise(resolve => {
    const socket = connect(path)
    let text = ''
    const settle = (answer: Answer) => {
      callOff()
      socket.destroy()
      resolve(answer)
    }
    const callOff = realClock.after(PATIENCE[ask], () => settle({ refused: `it did not ${DONE[ask]} in time` }))
    socket.setEncoding('utf8')
    socket.on('error', () => settle({}))
    socket.on('close', () => settle({}))
    socket.on('data', (more: string) => {
      text += more
      if (!text.includes('\n')) return
      const answer = tried(() => JSON.parse(text) as unknown)
      const refused = isObject(answer) && typeof answer.refused === 'string' ? answer.refused : undefined
      settle(refused === undefined ? {} : { refused: refused.slice(0, LONGEST) })
    })
    socket.write(`${ask}\n`)
  })
}
