import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tried } from '../../src/ground/tried.ts'
import { begin, headIn } from '../builders/repository.ts'
import { plainEnvironment, temporary } from './job.ts'

const WHO = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' }

/** Runs git and gives what it printed; an object among its words has what it reads. */
export function git(cwd: string, ...words: (string | { input: string })[]): string {
  const args = words.filter(word => typeof word === 'string')
  const input = words.find(word => typeof word === 'object')?.input ?? ''
  const env = { ...plainEnvironment(), ...WHO, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', input, stdio: 'pipe' }).trim()
}

/** A repository as GitHub has it: bare, written to by a clone of its author, and read by jobs. */
export class Remote {
  readonly #author = temporary()
  readonly bare = join(temporary(), 'shop.git')
  readonly #own = join(this.#author, '.git')
  #count = 0

  constructor() {
    begin(this.#own, 'main')
    begin(this.bare, 'main', { isBare: true })
  }

  /** Adds a commit to the branch that is checked out, and gives its hash. */
  commit(subject = `change ${++this.#count}`, files: Record<string, string> = { 'app.js': subject }): string {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#author, name)), { recursive: true })
      writeFileSync(join(this.#author, name), text)
    }
    git(this.#author, 'add', '--all')
    git(this.#author, 'commit', '--quiet', '--allow-empty', '-m', subject)
    return this.head
  }

  /** Adds so many commits that change nothing, all at once. */
  commits(count: number): string {
    const branch = readFileSync(join(this.#own, 'HEAD'), 'utf8').trim().slice('ref: '.length)
    const parent = tried(() => `from ${this.head}\n`) ?? ''
    const all = Array.from({ length: count }, (_, i) => {
      const message = `empty ${i} of ${++this.#count}`
      const from = i === 0 ? parent : ''
      return `commit ${branch}\ncommitter a <a@b> ${1.7e9 + this.#count} +0000\ndata ${message.length}\n${message}\n${from}\n`
    })
    git(this.#author, { input: all.join('') }, 'fast-import', '--quiet')
    return this.head
  }

  get head(): string {
    return headIn(this.#own)
  }

  branch(name: string, from = 'HEAD'): void {
    git(this.#author, 'checkout', '--quiet', '-b', name, from)
  }

  checkout(name: string): void {
    git(this.#author, 'checkout', '--quiet', name)
  }

  merge(other: string): string {
    git(this.#author, 'merge', '--quiet', '--no-ff', '-s', 'ours', '-m', `merge ${other}`, other)
    return this.head
  }

  tag(name: string): void {
    git(this.#author, 'tag', '-a', '-m', name, name)
  }

  orphan(name: string): void {
    git(this.#author, 'checkout', '--quiet', '--orphan', name)
  }

  /** The merge that GitHub makes of a pull request, as `refs/pull/1/merge`. */
  pullMerge(into: string, head: string): string {
    git(this.#author, 'checkout', '--quiet', '--detach', into)
    const merge = this.merge(head)
    git(this.#author, 'push', '--quiet', this.bare, `HEAD:refs/pull/1/merge`, `${head}:refs/pull/1/head`)
    return merge
  }

  /** A checkout as actions/checkout makes it: of one ref or commit, so deep; 0 is all. */
  checkedOut(what: string, depth = 1): string {
    git(this.#author, 'push', '--quiet', this.bare, '+refs/heads/*:refs/heads/*', 'refs/tags/*:refs/tags/*')
    const workspace = temporary()
    const own = join(workspace, '.git')
    const fetched = '+refs/heads/*:refs/remotes/origin/*'
    begin(own, 'main', { config: `[remote "origin"]\n\turl = file://${this.bare}\n\tfetch = ${fetched}\n` })
    const [depths, refs] = depth === 0 ? [[], [fetched]] : [[`--depth=${depth}`], []]
    git(workspace, 'fetch', '--quiet', '--no-tags', ...depths, 'origin', ...refs, `${what}:refs/job`)
    git(workspace, 'checkout', '--quiet', '--detach', 'refs/job')
    // As after actions/checkout, nothing but the commit itself is named.
    rmSync(join(own, 'refs/job'))
    return workspace
  }
}

/** The event of a pull request from a branch, or from a fork. */
export function pullRequest(head: string, { base = '0'.repeat(40), from = 'team/shop' } = {}) {
  return {
    pull_request: {
      number: 7,
      head: { sha: head, ref: 'feature', repo: { full_name: from } },
      base: { sha: base, ref: 'main', repo: { full_name: 'team/shop' } },
    },
    repository: { default_branch: 'main' },
  }
}

export const pushEvent = { repository: { default_branch: 'main' } }
