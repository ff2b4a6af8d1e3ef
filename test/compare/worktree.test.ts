import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Git } from '../../src/compare/base/git.ts'
import { addWorktree, nameOfWorktree, removeWorktree } from '../../src/compare/base/worktree.ts'
import { repository, temporary } from '../builders/repository.ts'

const administered = (top: string) => join(top, '.git/worktrees')

test('a worktree goes without a trace, whatever is in it and however much of it git had made', async () => {
  const here = repository({ 'a.txt': '1' })
  const shared = join(here.top, '.git')
  const whole = { path: join(temporary(), nameOfWorktree('base', 'abc', '1')), shared }
  await addWorktree(new Git(here.top, here.env), whole, 'HEAD')
  writeFileSync(join(whole.path, 'built.js'), '')
  here.git('worktree', 'lock', whole.path)
  // Git writes these two before anything else, and was killed then.
  const begun = { path: join(temporary(), nameOfWorktree('base', 'abc', '2')), shared }
  mkdirSync(join(administered(here.top), nameOfWorktree('base', 'abc', '2')))
  writeFileSync(join(administered(here.top), nameOfWorktree('base', 'abc', '2'), 'locked'), 'initializing')
  await removeWorktree(whole)
  expect(readdirSync(administered(here.top))).toEqual([nameOfWorktree('base', 'abc', '2')])
  await removeWorktree(begun)
  expect([existsSync(whole.path), existsSync(administered(here.top))]).toEqual([false, false])
  expect(here.git('worktree', 'list').split('\n')).toHaveLength(1)
})

test('worktrees of others stay, also those whose folder is away', async () => {
  const here = repository({ 'a.txt': '1' })
  const theirs = join(temporary(), 'theirs')
  here.git('worktree', 'add', '--quiet', '--detach', theirs)
  const ours = { path: join(temporary(), nameOfWorktree('base', 'abc', '1')), shared: join(here.top, '.git') }
  await addWorktree(new Git(here.top, here.env), ours, 'HEAD')
  rmSync(theirs, { recursive: true })
  await removeWorktree(ours)
  await removeWorktree({ path: theirs, shared: join(here.top, '.git') })
  expect(readdirSync(administered(here.top))).toEqual(['theirs'])
})

test('what git has to say when it cannot check out is told', async () => {
  const here = repository({ 'a.txt': '1' })
  const taken = { path: join(temporary(), nameOfWorktree('base', 'abc', '1')), shared: join(here.top, '.git') }
  mkdirSync(taken.path)
  writeFileSync(join(taken.path, 'x'), '')
  const adding = addWorktree(new Git(here.top, here.env), taken, here.git('rev-parse', 'HEAD'))
  await expect(adding).rejects.toThrow(/^Failed to check out a side of the comparison: '.*' already exists\. "git wor/)
})

test('a worktree that another run is about to write down is waited for, and not for ever', async () => {
  const here = repository({ 'a.txt': '1' })
  const shared = join(here.top, '.git')
  const theirs = join(administered(here.top), 'theirs')
  mkdirSync(theirs, { recursive: true })
  for (const [name, text] of Object.entries({ gitdir: '/elsewhere/.git\n', commondir: '' }))
    writeFileSync(join(theirs, name), text)
  const git = new Git(here.top, here.env)
  const never = { path: join(temporary(), nameOfWorktree('base', 'abc', '1')), shared }
  await expect(addWorktree(git, never, 'HEAD')).rejects.toThrow(/: failed to read .*commondir.*"git wor/)
  const outcomes: number[] = []
  const run = git.run.bind(git)
  git.run = async (...args) => {
    const outcome = await run(...args)
    outcomes.push(outcome.code)
    writeFileSync(join(theirs, 'commondir'), '../..\n')
    return outcome
  }
  const ours = { path: join(temporary(), nameOfWorktree('base', 'abc', '2')), shared }
  await addWorktree(git, ours, 'HEAD')
  expect([outcomes, existsSync(join(ours.path, 'a.txt'))]).toEqual([[128, 0], true])
})
