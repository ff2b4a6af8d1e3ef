import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Ran {
  stdout: string
  stderr: string
  exitCode: number | null
  /** Kinds of resources by which the process of a command line of ours would have stayed. */
  open: readonly string[]
}

const script = join(import.meta.dirname, '../../../fixtures/suites/resident.js')
/** Runs are short: to optimise code as soon as V8 does takes more than it saves. */
const execArgv = ['--interrupt-budget=600000', '--min-semi-space-size=16']
const streams = ['stdout', 'stderr'] as const

export interface Task {
  /** The file of our command line; none for that of Vitest. */
  cli?: string
  folder: string
  args: readonly string[]
  env: Record<string, string>
}

/** Those that wait for something to do. They are of this worker, whose end is theirs. */
const idle: Resident[] = []

/**
 * Runs a command line in a process that has run it before, if there is one: to load Vitest and the plugin is half of
 * what a run costs. What a process reads once when it begins, as `CI` and `NO_COLOR`, cannot be given by `env`.
 */
export async function runInResident(task: Task): Promise<Ran> {
  const resident = idle.pop() ?? new Resident()
  let isOver = false
  // A run that its test no longer waits for would go on beside the next.
  onTestFinished(() => void (isOver || resident.kill()))
  const ran = await resident.run(task)
  isOver = true
  if (resident.isAlive) idle.push(resident)
  return ran
}

class Resident {
  readonly #child: ChildProcess
  readonly #seen = { stdout: '', stderr: '' }
  /** Called with what is new: output, the message that a run is over, or that the process is gone. */
  #settle = () => {}
  #exitCode: number | null = null
  #open: readonly string[] = []
  #isClosed = false

  constructor() {
    const { VITEST, VITEST_MODE, VITEST_WORKER_ID, VITEST_POOL_ID, ...rest } = process.env
    const { TEST, NODE_OPTIONS, GITHUB_ACTIONS, ...ours } = rest
    const env = { ...ours, NO_COLOR: '1', CI: '' }
    this.#child = fork(script, { env, execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    for (const name of streams) {
      this.#child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this.#seen[name] += text
        this.#settle()
      })
      ;(this.#child[name] as Socket).unref()
    }
    this.#child.on('message', ({ exitCode, open }: { exitCode: number; open: string[] }) => {
      this.#exitCode = exitCode
      this.#open = open
      this.#settle()
    })
    this.#child.on('close', code => {
      this.#isClosed = true
      this.#exitCode = code
      this.#settle()
    })
    this.#child.unref()
    this.#child.channel!.unref()
  }

  get isAlive(): boolean {
    return !this.#isClosed && this.#child.connected
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  run(task: Task): Promise<Ran> {
    // What each stream ends with when all of it was read.
    const end = `\n${randomUUID()}\n`
    for (const name of streams) this.#seen[name] = ''
    this.#exitCode = null
    if (this.isAlive) this.#child.send({ ...task, end })
    return new Promise(resolve => {
      this.#settle = () => {
        const isWhole = streams.every(name => this.#seen[name].endsWith(end)) && this.#exitCode !== null
        if (!isWhole && !this.#isClosed) return
        this.#settle = () => {}
        const [stdout, stderr] = streams.map(name => this.#seen[name].replace(end, '')) as [string, string]
        resolve({ stdout, stderr, exitCode: this.#exitCode, open: this.#open })
      }
      this.#settle()
    })
  }
}
