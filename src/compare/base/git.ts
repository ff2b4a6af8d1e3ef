import { type ExecFileException, execFile } from 'node:child_process'
import { failure } from '../../ground/fault.ts'
import { GIT_SETTINGS, gitEnvironment } from '../../ground/git.ts'

/** What a command of git came to; it may well fail. */
export interface GitOutcome {
  code: number
  stdout: string
  stderr: string
}

/** Git in one folder. */
export class Git {
  readonly folder: string
  readonly #env: Record<string, string | undefined>
  readonly #signal: AbortSignal | undefined

  /** @param env what processes get to see; git's own places in it are left out. */
  constructor(folder: string, env: Record<string, string | undefined>, signal?: AbortSignal) {
    this.folder = folder
    this.#signal = signal
    this.#env = gitEnvironment(env)
  }

  /** Runs a command. Rejects where git cannot be run at all, and with the signal's reason when it is given up. */
  run(...args: string[]): Promise<GitOutcome> {
    const options = {
      cwd: this.folder,
      env: this.#env,
      signal: this.#signal,
      maxBuffer: 64e6,
      encoding: 'utf8',
    } as const
    return new Promise((resolve, reject) => {
      execFile('git', [...GIT_SETTINGS, ...args], options, (error, stdout, stderr) => {
        if (this.#signal?.aborted) return reject(this.#signal.reason)
        if (error === null) return resolve({ code: 0, stdout, stderr })
        if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
        reject(notRun(error, this.folder))
      })
    })
  }

  /** What a command says; undefined where it fails or says nothing. */
  async ask(...args: string[]): Promise<string | undefined> {
    const { code, stdout } = await this.run(...args)
    return code === 0 ? stdout.trim() || undefined : undefined
  }
}

/** What git says went wrong, without the words before it. */
export function complaintOf({ code, stderr }: GitOutcome): string {
  const lines = stderr.trim().split('\n')
  const line = lines.findLast(text => /^(?:fatal|error): /.test(text)) ?? lines.at(-1)
  return line?.replace(/^(?:fatal|error): /, '') || `git ended with code ${code}`
}

function notRun(error: ExecFileException, folder: string): Error {
  if (error.code !== 'ENOENT') return failure('run', 'git', error.message)
  const advice = 'Install git, or name the base without it: compare: { cwd }, { command } or { url }.'
  return failure('find', 'the base of the comparison', `git is not installed, or ${folder} is not there`, advice)
}
