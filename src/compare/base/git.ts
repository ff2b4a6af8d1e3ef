import { type ExecFileException, execFile } from 'node:child_process'
import { failure } from '../../ground/fault.ts'
import { GIT_SETTINGS, gitEnvironment } from '../../ground/git.ts'

/** Result of a git command. The command may have failed. */
interface GitOutcome {
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

  /** Output of a command; undefined if it fails or prints nothing. */
  async ask(...args: string[]): Promise<string | undefined> {
    const { code, stdout } = await this.run(...args)
    return code === 0 ? stdout.trim() || undefined : undefined
  }
}

/** Error message of git, without its prefix. */
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

/** One state of the sources, as people know it. */
export interface Revision {
  /** Full hash of the commit. */
  commit: string
  /** Shortest unambiguous hash. */
  hash: string
  /** First line of the commit's message. */
  subject: string
  /** Whether the files are not as they were committed. */
  isChanged?: boolean
}

/** The commit that a name means; undefined where it means none. */
export async function revisionOf(git: Git, name: string): Promise<Revision | undefined> {
  const text = await git.ask(
    'log',
    '-1',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%H%n%h%n%s',
    `${name}^{commit}`,
    '--',
  )
  if (text === undefined) return undefined
  const [commit = '', hash = '', subject = ''] = text.split('\n')
  return { commit, hash, subject }
}

/** `1a2b3c4 "Carts are cheaper"` */
export function nameOf({ hash, subject }: Revision): string {
  return `${hash} "${subject.length > 72 ? `${subject.slice(0, 71)}…` : subject}"`
}

/** Whether tracked files differ from the commit. Files of builds and runs do not count. */
export async function isChanged(git: Git): Promise<boolean> {
  return (await git.ask('status', '--porcelain', '--untracked-files=no', '--ignore-submodules=dirty')) !== undefined
}

/** Accepted change in a commit message, as written. */
export interface Trailer {
  /** Abbreviated hash. */
  commit: string
  author: string
  text: string
}

const KEY = 'Load-Accept'
/** Trailers that are read: commits may contain any number. */
const MOST_TRAILERS = 100

/**
 * Trailers `Load-Accept` of commits that are in head and not in base, newest first: a commit comes before its parents,
 * regardless of dates.
 */
export async function trailersOf(git: Git, base: string): Promise<Trailer[]> {
  const format = `--format=%h%x00%an%x00%(trailers:key=${KEY},valueonly,unfold,separator=%x0A)%x00`
  const log = ['log', '--topo-order', '--no-show-signature', '--encoding=UTF-8', '-i', `--grep=^${KEY}:`, format]
  const fields = (await git.ask(...log, `${base}..HEAD`, '--'))?.split('\0') ?? []
  const found: Trailer[] = []
  for (let i = 0; i + 2 < fields.length && found.length < MOST_TRAILERS; i += 3) {
    const [commit = '', author = '', values = ''] = fields.slice(i, i + 3)
    const texts = values.split('\n').filter(text => text.trim() !== '')
    found.push(...texts.map(text => ({ commit: commit.trim(), author, text: text.trim() })))
  }
  return found.slice(0, MOST_TRAILERS)
}

/**
 * Repository of git's folder: the topmost folder of its files, without symbolic links; the git folder shared by all
 * worktrees; and the folder that was asked about, from the topmost one (`packages/api`, `.`). Throws, with advice, if
 * there is no repository with a working tree.
 */
export async function repositoryOf(git: Git) {
  const format = ['--path-format=absolute', '--show-toplevel', '--git-common-dir', '--show-prefix']
  const outcome = await git.run('rev-parse', ...format)
  const [top = '', shared = '', within = ''] = outcome.stdout.split('\n')
  if (outcome.code === 0) return { top, shared, within: within.replace(/\/$/, '') || '.' }
  const complaint = complaintOf(outcome)
  if (/not a git repository/i.test(complaint))
    throw noBase(
      `${git.folder} is in no git repository`,
      'Name the base without git: compare: { cwd }, { command } or { url }.',
    )
  if (/must be run in a work tree/i.test(complaint))
    throw noBase(
      `${git.folder} is in a bare repository, which has no files`,
      'Run Vitest in a clone or a worktree of it.',
    )
  throw noBase(complaint, 'Run "git status" there: it says more.')
}

export function noBase(found: string, advice: string): Error {
  return failure('find', 'the base of the comparison', found, advice)
}
