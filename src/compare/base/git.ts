import { type ExecFileException, execFile } from 'node:child_process'
import { failure } from '../../ground/fault.ts'

type Environment = Record<string, string | undefined>

/** What a command of git came to; it may well fail. */
export interface GitOutcome {
  code: number
  stdout: string
  stderr: string
}

/** What git is told of where it is, say by a hook that runs tests: it would look there, and not in the folder given. */
const LOCAL = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_QUARANTINE_PATH',
])

/** An environment in which git finds the repository of the folder that it runs in. */
export function withoutGit(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL.has(name)))
}

/** Settings of one call: no hook runs, no process stays behind, and no lock is taken for the sake of speed. */
const SETTINGS = [
  ['core.hooksPath', process.platform === 'win32' ? 'NUL' : '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`])

/** Git in one folder. */
export class Git {
  readonly folder: string
  readonly #env: Environment
  readonly #signal: AbortSignal | undefined

  /** @param env what processes get to see; git's own places in it are left out. */
  constructor(folder: string, env: Environment, signal?: AbortSignal) {
    this.folder = folder
    this.#signal = signal
    this.#env = {
      ...withoutGit(env),
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_LFS_SKIP_SMUDGE: '1',
    }
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
      execFile('git', [...SETTINGS, ...args], options, (error, stdout, stderr) => {
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
