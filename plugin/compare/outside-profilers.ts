import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bytesOf, LONGEST, stacksIn } from '../../src/cause/outside/read.ts'
import { profileOf } from '../../src/cause/outside/stacks.ts'
import type { Launch } from '../../src/compare/pair.ts'
import { clearTimeout, setTimeout } from '../../src/ground/timers.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import { describeExit } from '../server/output-tail.ts'
import { supervise } from '../server/supervised.ts'

/** Profiler of an application that is not one of Node.js: a program, or a page of the application. */
export type OutsideProfiler = { command: string } | { url: string }

/** Facts of a launch that its profiler needs. */
interface Profiled {
  pid: number
  origin: string
  /** Folder for what it writes. */
  room: string
  env: Record<string, string | undefined>
  /** Folder in which it runs, and of relative paths that it writes. */
  cwd: string
}

const SECONDS = 5
/** Time beyond that in which a profile has to be there. */
const PATIENCE: Milliseconds = 10_000
const GRACE: Milliseconds = 1_000

/** Profiles one launch by another program. */
export class OutsideProfilers implements NonNullable<Launch['profilers']> {
  readonly refusals = new Set<string>()
  readonly #profiler: OutsideProfiler
  readonly #profiled: Profiled
  readonly #file: string
  #bytes: Promise<Uint8Array> | undefined

  constructor(profiler: OutsideProfiler, profiled: Profiled) {
    this.#profiler = profiler
    this.#profiled = profiled
    this.#file = join(profiled.room, `profile-${randomUUID().slice(0, 8)}`)
  }

  get threads(): number {
    return this.#bytes === undefined ? 0 : 1
  }

  async start(): Promise<void> {
    this.#bytes = 'command' in this.#profiler ? this.#run(this.#profiler.command) : this.#ask(this.#profiler.url)
    // A failure is reported when the profile is read.
    this.#bytes.catch(() => {})
  }

  async stop(): Promise<string[]> {
    try {
      const { cwd } = this.#profiled
      const stacks = stacksIn(await this.#bytes!).map(({ frames, time }) => ({
        time,
        frames: frames.map(frame => ({ ...frame, file: frame.file === '' ? '' : resolve(cwd, frame.file) })),
      }))
      const path = `${this.#file}.cpuprofile`
      writeFileSync(path, JSON.stringify(profileOf(stacks, SECONDS * 1_000_000)))
      return [path]
    } catch (error) {
      this.refusals.add(`the profile of ${this.#name} could not be read: ${(error as Error).message}`)
      return []
    }
  }

  async heap(): Promise<string[]> {
    this.refusals.add('its memory is looked at in Node.js only')
    return []
  }

  get #name(): string {
    return 'command' in this.#profiler ? `"${this.#profiler.command}"` : this.#profiler.url
  }

  #filled(text: string): string {
    const { pid, origin } = this.#profiled
    const values = { pid, port: new URL(origin).port, seconds: SECONDS, file: this.#file }
    return text.replaceAll(/\{(pid|port|seconds|file)\}/g, (_, name: keyof typeof values) => String(values[name]))
  }

  async #run(text: string): Promise<Uint8Array> {
    const { cwd, env } = this.#profiled
    const command = await supervise({ command: this.#filled(text), cwd, env, grace: GRACE })
    const late = setTimeout(() => void command.stop(GRACE), SECONDS * 1_000 + PATIENCE)
    const exit = await command.ended.finally(() => clearTimeout(late))
    const last = command.output().trim().split('\n').at(-1)
    if (exit.code !== 0) throw new Error(`it ${describeExit(exit)}${last ? ` (${last})` : ''}`)
    return bytesOf(this.#file)
  }

  async #ask(text: string): Promise<Uint8Array> {
    const limit = SECONDS * 1_000 + PATIENCE
    const response = await fetch(this.#filled(text), { signal: AbortSignal.timeout(limit), redirect: 'error' }).catch(
      ({ name, cause }: Error) => {
        throw new Error(name === 'TimeoutError' ? `it took over ${formatMs(limit)}` : `no response: ${String(cause)}`)
      },
    )
    if (!response.ok) throw new Error(`the response has status ${response.status}`)
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > LONGEST) throw new Error('it is too long')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}
