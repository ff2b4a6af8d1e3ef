import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { serviceOf } from '../../src/cli/init/command.ts'
import { Git } from '../../src/compare/base/git.ts'
import { commitOf, originOf, subjectOfCommit } from '../../src/report/origin.ts'
import { project } from '../builders/project.ts'
import { readSource, sources } from '../builders/sources.ts'

/* Issue 43, 10: no call of git runs what a repository configures, or looks where a variable points to. */

function repository(subject: string, files: Record<string, string> = { 'a.txt': 'a' }) {
  const folder = project(files)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder, encoding: 'utf8' })
  git('init', '--quiet', '--initial-branch', 'trunk')
  git('add', '.')
  git('commit', '--quiet', '--message', subject)
  return { folder, git }
}

test('commit, subject and branch of a report are those of its folder, and no program of the repository runs', async () => {
  const { folder, git } = repository('own')
  const other = repository('of another')
  const marker = join(folder, '.git', 'ran')
  const program = join(folder, '.git', 'program.sh')
  execFileSync('sh', ['-c', `printf '#!/bin/sh\\ntouch "%s"\\nexit 1\\n' "${marker}" > "${program}"`])
  chmodSync(program, 0o755)
  for (const name of ['core.fsmonitor', 'gpg.program']) git('config', name, program)
  git('config', 'core.hooksPath', join(folder, '.git'))
  // A signature makes `log` run the program that checks it.
  const raw = git('cat-file', 'commit', 'HEAD')
  const signed = raw.replace(/\n\n/, '\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n')
  const object = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], { cwd: folder, input: signed })
  git('update-ref', 'HEAD', object.toString().trim())
  git('config', 'log.showSignature', 'true')
  const commit = git('rev-parse', '--short=9', 'HEAD').trim()
  // The program would be run.
  execFileSync('git', ['log', '-1'], { cwd: folder, stdio: 'ignore' })
  expect(existsSync(marker)).toBe(true)
  execFileSync('rm', [marker])

  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('GIT_DIR', join(other.folder, '.git'))
  vi.stubEnv('GIT_WORK_TREE', other.folder)
  vi.stubEnv('GIT_INDEX_FILE', '/nowhere/index')
  expect(commitOf(folder)).toBe(commit)
  expect(subjectOfCommit(folder)).toBe('own')
  expect(originOf(folder, {})).toEqual({ commit, subject: 'own', branch: 'trunk' })
  expect(await new Git(folder, process.env).ask('describe', '--always', '--dirty', '--abbrev=9')).toBe(commit)
  const action = (await import('../../action/git.mjs' as string)) as { Git: new (folder: string) => { head: string } }
  expect(new action.Git(folder).head).toMatch(new RegExp(`^${commit}`))
  other.git('remote', 'add', 'origin', 'https://gitlab.example/x')
  expect(serviceOf(folder)).toBeUndefined()
  expect(existsSync(marker)).toBe(false)
})

test('git is run from three places, which share their settings or have the same', () => {
  const runs = /(?:execFile|execFileSync|spawn|spawnSync|exec)\(\s*['"`]git\b/
  expect(sources.filter(file => runs.test(readSource(file)))).toEqual(['src/compare/base/git.ts', 'src/ground/git.ts'])
  for (const file of ['src/compare/base/git.ts', 'src/ground/git.ts'])
    expect(readSource(file)).toMatch(/'git', \[\.\.\.GIT_SETTINGS, \.\.\.args\]/)
  const action = readFileSync(join(import.meta.dirname, '../../action/git.mjs'), 'utf8')
  for (const name of ['core.hooksPath', 'core.fsmonitor', 'gc.auto', 'maintenance.auto']) expect(action).toContain(name)
})
