import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { withoutGit } from '../../src/ground/git.ts'

/** A real repository in a temporary folder; gone when the test ends. */
export interface TestRepository {
  /** Its topmost folder. */
  top: string
  /** What processes get to see: nothing of this machine's configuration, nor that this may be CI. */
  env: Record<string, string | undefined>
  git(...args: string[]): string
  write(files: Record<string, string>): void
  /** Writes files, commits all there are, and returns the commit. */
  commit(subject: string, files?: Record<string, string>): string
}

const person = { NAME: 'Test', EMAIL: 'test@example.com', DATE: '2024-01-01T00:00:00Z' }
const { CI: _, GITHUB_REF: __, GITHUB_BASE_REF: ___, ...here } = withoutGit(process.env)

const environment: Record<string, string | undefined> = {
  ...here,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap(role =>
      Object.entries(person).map(([key, value]) => [`GIT_${role}_${key}`, value]),
    ),
  ),
}

/** @param branch what it is on; `files` are its first commit, and without any there is none. */
export function repository(files?: Record<string, string>, branch = 'main'): TestRepository {
  const made = at(temporary())
  begin(join(made.top, '.git'), branch)
  if (files !== undefined) made.commit('The first', files)
  return made
}

/** What makes a repository, which is made once for the tests of a file: each gets a copy. Called outside of them. */
export function prepared(make: () => TestRepository): () => TestRepository {
  let kept: string | undefined
  afterAll(() => {
    if (kept !== undefined) rmSync(kept, { recursive: true, force: true })
    kept = undefined
  })
  return () => {
    if (kept === undefined) {
      const made = make()
      kept = mkdtempSync(join(tmpdir(), 'repository-'))
      cpSync(made.top, kept, { recursive: true })
      return made
    }
    const folder = temporary()
    cpSync(kept, folder, { recursive: true })
    return at(folder)
  }
}

/** Writes what `git init` does, but for its samples of hooks: each process is dear to a worker of many modules. */
export function begin(folder: string, branch: string, { isBare = false, config = '' } = {}): void {
  for (const name of ['objects', 'refs']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'HEAD'), `ref: refs/heads/${branch}\n`)
  writeFileSync(join(folder, 'config'), `[core]\n\trepositoryformatversion = 0\n\tbare = ${isBare}\n${config}`)
}

/** The commit that is checked out where that was just made. */
export function headIn(folder: string): string {
  const head = readFileSync(join(folder, 'HEAD'), 'utf8').trim()
  return head.startsWith('ref: ') ? readFileSync(join(folder, head.slice('ref: '.length)), 'utf8').trim() : head
}

/** A clone of another, as from a server. */
export function clone(of: TestRepository, ...flags: string[]): TestRepository {
  const folder = temporary()
  of.git('clone', '--quiet', ...flags, `file://${of.top}`, folder)
  return at(folder)
}

export function temporary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'repository-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

function at(top: string): TestRepository {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: top,
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  const write = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(top, name)), { recursive: true })
      writeFileSync(join(top, name), text)
    }
  }
  const commit = (subject: string, files: Record<string, string> = {}) => {
    write(files)
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '--message', subject)
    return headIn(join(top, '.git'))
  }
  return { top, env: environment, git, write, commit }
}
