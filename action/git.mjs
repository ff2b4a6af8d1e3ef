/* Git as the base is found with it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { env } from 'node:process'
import { failed } from './job.mjs'

/** Commits that are fetched beyond what a shallow clone has; four times as many each time. */
const FIRST = 32
/** From so many on all of them are. */
const MOST = 50_000

/** The folder may be that of another user, when the job runs in a container. */
export const ANY_OWNER = ['safe.directory', '*']

/** As of every call of the package: nothing that the repository configures is run (src/ground/git.ts). */
const SETTINGS = [
  ['core.quotePath', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
]

/** An environment that configures git, as arguments would; no list of processes shows it. */
export function withConfig(environment, config) {
  const before = Number(environment.GIT_CONFIG_COUNT ?? 0)
  const given = config.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${before + i}`, key],
    [`GIT_CONFIG_VALUE_${before + i}`, value],
  ])
  return { ...environment, ...Object.fromEntries(given), GIT_CONFIG_COUNT: String(before + config.length) }
}

export class Git {
  #folder
  #token

  /** @param token for GitHub, where the clone has no credentials of its own. */
  constructor(folder, token) {
    this.#folder = folder
    this.#token = token
    this.head = this.run('rev-parse', 'HEAD')
  }

  /** Runs a command and gives what it printed. Throws what it said when it fails. */
  run(...args) {
    const { status, stdout, stderr } = this.#spawn(args)
    if (status === 0) return stdout.trim()
    throw failed('run', `git ${args[0]}`, stderr.trim().split('\n').at(-1) || `it ended with ${status}`)
  }

  /** What a command printed; undefined when it fails. */
  ask(...args) {
    const { status, stdout } = this.#spawn(args)
    return status === 0 ? stdout.trim() : undefined
  }

  /** The parents of a commit as it was written, also where a shallow clone knows nothing of them. */
  parents(commit) {
    const [header] = this.run('cat-file', '-p', commit).split('\n\n')
    return [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent]) => parent)
  }

  get isShallow() {
    return this.run('rev-parse', '--is-shallow-repository') === 'true'
  }

  /** The commits whose parents a shallow clone does not have. */
  get edges() {
    const file = resolve(this.#folder, this.run('rev-parse', '--git-path', 'shallow'))
    return new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean))
  }

  /** A commit that is there from now on. */
  have(commit) {
    if (this.ask('cat-file', '-e', `${commit}^{commit}`) === undefined)
      this.fetch(...(this.isShallow ? ['--depth=1'] : []), 'origin', commit)
    return commit
  }

  fetch(...args) {
    return this.remote('fetch', '--no-tags', '--quiet', '--no-recurse-submodules', ...args)
  }

  /** Runs a command that asks origin: as the clone is set up, and where that is refused with the token. */
  remote(...args) {
    const known = this.ask(...args)
    if (known !== undefined) return known
    const server = env.GITHUB_SERVER_URL
    if (!this.#token || !server) return this.run(...args)
    const header = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${this.#token}`).toString('base64')}`
    const { status, stdout, stderr } = this.#spawn(args, [[`http.${server}/.extraheader`, header]])
    if (status === 0) return stdout.trim()
    const said = stderr.trim().split('\n').at(-1)
    throw failed('fetch', 'the base', said || `git ended with ${status}`, 'Check out with fetch-depth: 0.')
  }

  #spawn(args, config = []) {
    const all = [ANY_OWNER, ...SETTINGS, ...config]
    const { ACTION_TOKEN: _, GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...rest } = env
    const options = {
      cwd: this.#folder,
      encoding: 'utf8',
      env: { ...withConfig(rest, all), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      maxBuffer: 2 ** 28,
    }
    const { error, ...result } = spawnSync('git', args, options)
    if (error) throw failed('run', 'git', error.message)
    return result
  }
}

/** What a branch or tag of origin is; undefined where it has none of that name. */
export function remoteCommit(git, ref) {
  const listed = git
    .remote('ls-remote', 'origin', ref, `${ref}^{}`)
    .split('\n')
    .map(line => line.split('\t'))
  const of = name => listed.find(([, found]) => found === name)?.[0]
  return of(`${ref}^{}`) ?? of(ref)
}

/** The newest commit that head and another have in common. */
export function commonAncestor(git, other) {
  for (let count = FIRST; ; count *= 4) {
    const found = git.ask('merge-base', git.head, other)
    if (!git.isShallow) {
      if (found !== undefined) return found
      throw failed(
        'find',
        'the base',
        `head and ${other.slice(0, 12)} have no commit in common`,
        'Write another: base.',
      )
    }
    if (found !== undefined && isSure(git, other, found)) return found
    git.fetch(count > MOST ? '--unshallow' : `--deepen=${count}`, 'origin', git.head, other)
  }
}

/** Whether all is there that lies between: beyond an edge there may be an ancestor that is newer. */
function isSure(git, other, found) {
  const { edges } = git
  return !git
    .run('rev-list', git.head, other, `^${found}`)
    .split('\n')
    .some(commit => edges.has(commit))
}
