import { resolve } from 'node:path'
import process from 'node:process'
import { MERGE_BASE } from '../../src/compare/base/choose.ts'
import { suggestion } from '../../src/ground/errors.ts'
import { failure } from '../../src/ground/fault.ts'
import { type Fields, isHttpUrl, isText } from '../../src/ground/fields.ts'
import { show } from '../../src/ground/show.ts'
import { type Milliseconds, parseDuration } from '../../src/ground/units.ts'
import type { WarmUpBounds } from '../../src/load/thread/duet/protocol.ts'
import { checkEnvironment, hasPort, isCi } from '../server/options.ts'

interface JudgedBase {
  /**
   * How long one load test may compare until it has to be decided: `'90s'` (the default), or milliseconds. Up to the
   * first decision, after five pairs of launches, it may take half as long again.
   * @example '3m'
   */
  maxDuration?: string | number
  /**
   * Result of a budget that a comparison has measured and cannot decide: its test fails, is skipped and says why
   * (`'skip'`), or all is compared once more (`'rerun'`). Default: as `onInconclusive` of the load test or the plugin
   * says; without it `'skip'` in the job of a pull request, which CI names the target branch of, and `'fail'`
   * everywhere else. A budget without measurements always fails.
   * @example 'rerun'
   */
  onInconclusive?: 'fail' | 'skip' | 'rerun'
  /**
   * How launches are warmed up before they are measured; both sides by the same number of requests. A length (`'10s'`,
   * or milliseconds): until CPU time a request falls no more, and no longer than that. `{ requests }`: by so many
   * requests to each side, however long they take. Default: until CPU time a request falls no more, by at most 10,000
   * requests and a twelfth of `maxDuration`; if it falls on after that, all is measured anew after three times as many.
   * @example { requests: 20_000 }
   */
  warmUp?: string | number | { requests: number }
}

/** Result of a budget that was measured and is undecided. */
type OnInconclusive = NonNullable<JudgedBase['onInconclusive']>

const ON_INCONCLUSIVE = ['fail', 'skip', 'rerun'] as const

/** Another commit of the repository, checked out as a worktree in a temporary folder. */
interface GitBase extends JudgedBase {
  /**
   * `'merge-base'` is where the change began: the last commit that it has in common with the branch it is made for, and
   * on that branch itself the commit before. Or anything that git knows as a commit: `'v1.2'`; `'HEAD'` measures the
   * noise; `'develop...'` is where the change left that branch, as in `git diff`.
   * @example 'merge-base'
   */
  git: string
  /**
   * Shell command that makes a worktree ready to be started, once a run for each side: `'npm ci && npm run build'`.
   * Head is a worktree as well, of the working tree as it is. What git ignores is not there; the variable
   * VITEST_ARAZZO_HEAD has the project's root to copy from, and VITEST_ARAZZO_SIDE is `base` or `head`. It may take 10
   * minutes.
   * @default none
   * @example 'npm ci && npm run build'
   */
  setup?: string
  /**
   * Working directory of `setup`, from the repository's topmost folder. Default: the folder that is the project's root
   * here.
   * @example './packages/api'
   */
  cwd?: string
  /**
   * Folder in which base is kept as `setup` has left it, by its commit, and not set up again; the newest five. Relative
   * to the project's root. What `setup` leaves must not hold the path of its folder (a virtual environment of Python
   * does).
   * @default none
   * @example 'node_modules/.cache/load-base'
   */
  cache?: string
}

/** Another checkout, which is ready to be started. */
interface FolderBase extends JudgedBase {
  /**
   * Folder that stands for the project's root; or, if it has a `.git`, for the topmost folder of the repository.
   * Relative to the project's root.
   * @example '../base'
   */
  cwd: string
}

/** Another application, or the same one started otherwise. */
interface CommandBase extends JudgedBase {
  /**
   * Instead of the command of `server`, with `{port}`, `{dir}` and `{side}` as there.
   * @example 'node old/server.js'
   */
  command: string
  /**
   * Working directory, relative to the project's root (the default).
   * @example './old'
   */
  cwd?: string
  /**
   * On top of the `env` of `server`.
   * @default nothing more
   * @example { CACHE: 'off' }
   */
  env?: Record<string, string>
  /**
   * URL that responds when it is ready. Default: the `url` of `server`.
   * @example 'http://127.0.0.1:{port}/ready'
   */
  url?: string
}

/** Application that is already running. A single launch decides less than several. */
interface UrlBase extends JudgedBase {
  /**
   * URL that responds.
   * @example 'http://127.0.0.1:3001'
   */
  url: string
  /**
   * Its process, whose whole tree is measured. Default: who listens there, on this machine.
   * @example 4711
   */
  pid?: number
}

/** Base that the application is compared with. */
export type CompareOptions = GitBase | FolderBase | CommandBase | UrlBase

/** Its `cache` is absolute. */
interface GitSource extends Pick<GitBase, 'setup' | 'cwd' | 'cache'> {
  from: 'git'
  ref: string
  setupTimeout: Milliseconds
  /** Whether base has the changes that are not committed as well, so that both sides are the same. */
  isItself?: boolean
  /** Whether the environment names the commit. */
  isOfJob?: boolean
}

export type BaseSource =
  | GitSource
  /** `by` is what named the folder: an option, or a variable. */
  | { from: 'folder'; folder: string; by: string }
  | { from: 'command'; command: string; cwd: string; env: Record<string, string>; url?: string }
  | { from: 'url'; url: string; pid?: number }

/** Whether the job's environment names the base, in a way that is of that job. */
export const isOfJob = (base: BaseSource): boolean =>
  base.from === 'git' ? base.isOfJob === true : base.from === 'folder' && base.by === FOLDER_VARIABLE

export interface ResolvedCompareOptions {
  base: BaseSource
  maxDuration: Milliseconds
  /** Whether a comparison ends at the first budget that fails. What is not decided by then is undecided. */
  stopWhenFailed: boolean
  /** Absent if neither the options nor the environment say it. */
  onInconclusive?: OnInconclusive
  /** Bounds of warm-ups, as far as they are given. */
  warmUp: Partial<WarmUpBounds>
}

/** Names a folder with the base, and wins over what the options say: for CI, which has both checked out. */
export const FOLDER_VARIABLE = 'VITEST_ARAZZO_BASE'

/** Name the base's commit, the setup of both sides and the folder of `cache`. Each wins over its option: for CI. */
export const COMMIT_VARIABLE = 'VITEST_ARAZZO_BASE_COMMIT'
export const SETUP_VARIABLE = 'VITEST_ARAZZO_SETUP'
const CACHE_VARIABLE = 'VITEST_ARAZZO_CACHE'
const LONGEST_SETUP: Milliseconds = 600_000
/** A job has a limit of its own. */
const SETUP_OF_JOB: Milliseconds = 3_600_000

/** Has the result of undecided budgets, and wins over options: for CI. */
const INCONCLUSIVE_VARIABLE = 'VITEST_ARAZZO_ON_INCONCLUSIVE'

const KINDS = {
  git: ['git', 'setup', 'cwd', 'cache'],
  command: ['command', 'cwd', 'env', 'url'],
  url: ['url', 'pid'],
  cwd: ['cwd'],
} as const

const COMMON = ['maxDuration', 'onInconclusive', 'warmUp']
const KEYS = [...new Set(Object.values(KINDS).flat()), ...COMMON]

const EXAMPLE =
  `Write { git: '${MERGE_BASE}', setup: 'npm ci && npm run build' }, { cwd: '../base' }, ` +
  "{ command: 'node base.js' } or { url: 'http://127.0.0.1:3000' }."

/** Everything that is wrong with `compare` as users write it. */
export function checkCompare(options: Fields): void {
  const fields = options.within('compare', EXAMPLE)
  if (fields === undefined) return
  const meant = fields.checkKeys(KEYS)
  // The first of these that is there says what the others mean.
  const kind = (['git', 'command', 'url', 'cwd'] as const).find(key => fields.has(key))
  if (kind === undefined) {
    if (!Object.keys(KINDS).some(key => meant.has(key))) fields.fault('', 'it does not say what the base is', EXAMPLE)
  } else {
    const known: readonly string[] = [...KINDS[kind], ...COMMON]
    const others = KEYS.filter(key => !known.includes(key))
    fields.notWith(kind, others)
  }
  for (const key of ['git', 'setup', 'cwd', 'cache', 'command']) fields.expect(key, isText, 'Write text.')
  if (kind === 'git' && fields.has('cache') && !fields.has('setup'))
    fields.fault('cache', 'without a setup there is nothing to keep', "Write one: setup: 'npm ci && npm run build'.")
  checkRef(fields)
  checkUrl(fields, kind)
  checkEnvironment(fields)
  if (fields.has('pid')) fields.count('pid', 1)
  fields.word('onInconclusive', ON_INCONCLUSIVE, 'skip')
  fields.length('maxDuration', 1, true)
  checkWarmUp(fields)
}

/** Whether the environment says that nothing is compared. */
export const isWithoutBase = (env: Record<string, string | undefined>): boolean =>
  !env[FOLDER_VARIABLE] && env[COMMIT_VARIABLE] === 'none'

/** More requests than that take longer than any comparison. */
const MOST_TO_WARM = 10_000_000

function checkWarmUp(fields: Fields): void {
  const warmUp = fields.get('warmUp')
  if (typeof warmUp !== 'object' || warmUp === null) {
    fields.length('warmUp', 1, true)
    return
  }
  const advice = "Write { requests: 20000 }, or a length: '5s'."
  const bounds = fields.within('warmUp', advice)!
  const meant = bounds.checkKeys(['requests'])
  if (bounds.has('requests')) bounds.count('requests', 1, 1, MOST_TO_WARM)
  else if (!meant.has('requests')) bounds.fault('', 'it has no requests', advice)
}

const COMMIT_NEEDED = `Write '${MERGE_BASE}', or a branch, a tag or a hash.`

function checkRef(fields: Fields): void {
  const ref = fields.get('git')
  if (!isText(ref)) return
  if (ref.startsWith('-') || /\s/.test(ref))
    fields.fault('git', `${show(ref)} is not the name of a commit`, COMMIT_NEEDED)
}

function checkUrl(fields: Fields, kind: string | undefined): void {
  const url = fields.get('url')
  if (!fields.has('url')) return
  const example = kind === 'url' ? 'http://127.0.0.1:3000' : 'http://127.0.0.1:{port}/health'
  if (!isText(url) || !isHttpUrl(url.replaceAll('{port}', '1')))
    fields.fault('url', `${show(url)} is not an http or https URL`, `Write it in full: '${example}'.`)
  else if (kind === 'url' && hasPort(url))
    fields.fault('url', 'what runs already has a port', "Write it, or give the command: { command: 'node base.js' }.")
  else if (kind === 'command' && !hasPort(url)) fields.fault('url', ...FIXED_PORT)
}

/** Fault and advice for a fixed port. */
export const FIXED_PORT = [
  'base and head run at the same time, and cannot both have that port',
  'Write {port}, in "command" as well unless it reads the variable PORT: \'http://127.0.0.1:{port}/health\'.',
] as const

/** Reads `compare`, which is known to be right; the variable wins. Undefined where nothing is compared. */
export function readCompareOptions(
  options: CompareOptions | undefined,
  root: string,
  env: Record<string, string | undefined> = process.env,
): ResolvedCompareOptions | undefined {
  const folder = env[FOLDER_VARIABLE]
  if (isWithoutBase(env)) return undefined
  const git = gitSource(options, root, env)
  if (options === undefined && !folder && git === undefined) return undefined
  const onInconclusive = onInconclusiveIn(env) ?? options?.onInconclusive
  const base: BaseSource = folder
    ? { from: 'folder', folder: resolve(root, folder), by: FOLDER_VARIABLE }
    : (git ?? sourceOf(options!, root))
  const warmUp = warmUpOf(options?.warmUp)
  const maxDuration = parseDuration(options?.maxDuration ?? '90s')
  return { base, maxDuration, stopWhenFailed: isCi(env), onInconclusive, warmUp }
}

/** A commit, of the environment or of the options. What one of the two leaves open, the other one says. */
function gitSource(
  options: CompareOptions | undefined,
  root: string,
  env: Record<string, string | undefined>,
): GitSource | undefined {
  const written: Partial<GitBase> = options && 'git' in options && options.git !== undefined ? options : {}
  const commit = env[COMMIT_VARIABLE]
  const ref = commit || written.git
  if (!ref) return undefined
  const setupTimeout = commit ? SETUP_OF_JOB : LONGEST_SETUP
  const setup = env[SETUP_VARIABLE] || written.setup
  const kept = env[CACHE_VARIABLE] || written.cache
  const cache = setup && kept ? resolve(root, kept) : undefined
  const isOfJob = commit ? true : undefined
  return { from: 'git', ref, setup, setupTimeout, cwd: written.cwd, cache, isOfJob }
}

function warmUpOf(warmUp: JudgedBase['warmUp']): Partial<WarmUpBounds> {
  if (warmUp === undefined) return {}
  if (typeof warmUp === 'object') return { requests: warmUp.requests, isWhole: true }
  return { requests: Number.POSITIVE_INFINITY, time: parseDuration(warmUp) }
}

/** Result of undecided budgets by the environment; undefined if its variable is not set. */
export function onInconclusiveIn(env: Record<string, string | undefined>): OnInconclusive | undefined {
  const written = env[INCONCLUSIVE_VARIABLE]
  const known = ON_INCONCLUSIVE.find(word => word === written)
  if (!written || known !== undefined) return known
  const guess = suggestion(written, ON_INCONCLUSIVE) ?? "Write 'fail', 'skip' or 'rerun'."
  throw failure('read', INCONCLUSIVE_VARIABLE, `it is ${show(written)}`, guess)
}

/** Reads `compare` for a build that is compared with itself. */
export function compareWithItself(
  options: CompareOptions | undefined,
  root: string,
  { [SETUP_VARIABLE]: setup }: Record<string, string | undefined> = process.env,
): ResolvedCompareOptions {
  const read = options && readCompareOptions(options, root, { [SETUP_VARIABLE]: setup })
  if (read?.base.from === 'git') return { ...read, base: { ...read.base, ref: 'HEAD', isItself: true } }
  const itself = readCompareOptions(undefined, root, { [FOLDER_VARIABLE]: root })!
  return read ? { ...itself, warmUp: read.warmUp } : itself
}

function sourceOf(options: CompareOptions, root: string): BaseSource {
  if ('command' in options && options.command !== undefined) {
    const { command, cwd = '.', env = {}, url } = options
    return { from: 'command', command, cwd: resolve(root, cwd), env, url }
  }
  if ('url' in options && options.url !== undefined)
    return { from: 'url', url: options.url, pid: (options as UrlBase).pid }
  return { from: 'folder', folder: resolve(root, (options as FolderBase).cwd), by: 'compare.cwd' }
}
