import { describe, expect, test } from 'vitest'
import { type CompareOptions, readCompareOptions } from '../../../plugin/compare/options.ts'
import { maskedComparison, secretsOf, shownRevisions, whereFrom } from '../../../plugin/compare/shown.ts'
import { Git, revisionOf } from '../../../src/compare/base/git.ts'
import { repository, type TestRepository } from '../../builders/repository.ts'
import { aComparison } from '../reporter/runs.ts'

test('where base comes from is told without what is for nobody else', () => {
  const sources = [
    { url: 'https://ci:hunter2@base.example:8443/v1/health?key=abc' },
    { command: 'TOKEN=abc node base.js' },
    { git: 'v1.2' },
    { cwd: '../base' },
  ]
  expect(sources.map(source => whereFrom(readCompareOptions(source, '/project', {})!.base, '/project'))).toEqual([
    'https://base.example:8443/v1/health',
    'another command',
    'git v1.2',
    '../base',
  ])
})

describe('both sides have the names of branches', () => {
  const change = () => {
    const here = repository({ a: '1' })
    here.git('switch', '--quiet', '--create', 'taxes')
    here.commit('Prices come with tax', { a: '2' })
    return here
  }

  const named = async (
    here: TestRepository,
    compare: CompareOptions | undefined,
    more: Record<string, string> = {},
  ) => {
    const environment = { ...here.env, ...more }
    const git = new Git(here.top, environment)
    const [base, head] = await Promise.all([revisionOf(git, 'main'), revisionOf(git, 'HEAD')])
    const options = readCompareOptions(compare, here.top, environment)!
    const { signal } = new AbortController()
    const shown = await shownRevisions(
      options,
      { root: here.top, room: '', environment },
      { base: base!, head: head! },
      signal,
    )
    return [shown.base, shown.head].map(({ branch, subject, from }) => [branch, subject, from])
  }

  test('as they are here', async () => {
    const here = change()
    const head = ['taxes', 'Prices come with tax', 'the working tree']
    expect(await named(here, { git: 'merge-base' })).toEqual([['main', 'The first', 'git merge-base'], head])
    expect(await named(here, { git: 'main...' })).toEqual([['main', 'The first', 'git main...'], head])
    expect(await named(here, { git: 'HEAD^' })).toEqual([[undefined, 'The first', 'git HEAD^'], head])
    expect(await named(here, { cwd: '../old' })).toEqual([[undefined, 'The first', '../old'], head])
  })

  test('if the commit is part of the branch, and with what is not committed', async () => {
    const here = change()
    const commit = here.commit('Needs DB_URL', { a: '3' })
    here.git('branch', 'later')
    here.git('reset', '--quiet', '--hard', 'HEAD^')
    here.write({ a: '4' })
    const environment = { ...here.env, VITEST_ARAZZO_BASE_COMMIT: commit }
    const { signal } = new AbortController()
    const git = new Git(here.top, environment)
    const baseOf = async (name: string, more = {}) => {
      const [base, head] = await Promise.all([revisionOf(git, name), revisionOf(git, 'HEAD')])
      const options = readCompareOptions(undefined, here.top, environment)!
      const settings = { root: here.top, room: '', environment: { ...environment, ...more } }
      return shownRevisions(options, settings, { base: base!, head: { ...head!, isChanged: true } }, signal)
    }
    expect(await baseOf(commit)).toEqual({
      base: { commit: expect.any(String), subject: 'Needs DB_URL', from: 'VITEST_ARAZZO_BASE_COMMIT' },
      head: expect.objectContaining({ branch: 'taxes', isChanged: true }),
    })
    expect((await baseOf('main')).base.branch).toBe('main')
    expect((await baseOf(commit, { GITHUB_BASE_REF: 'later' })).base.branch).toBe('later')
    // A branch that is not here has it if the service says so.
    const ofService = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'gone', CI_MERGE_REQUEST_DIFF_BASE_SHA: commit }
    expect((await baseOf(commit, ofService)).base.branch).toBe('gone')
    expect((await baseOf('main', ofService)).base.branch).toBeUndefined()
  })

  test('as a job has them, of which the folder and the merge are nothing to anybody', async () => {
    const here = change()
    here.git('switch', '--quiet', '--detach', 'main')
    here.git('merge', '--quiet', '--no-ff', '-m', 'Merge 1 into 2', 'taxes')
    const job = { GITHUB_REF: 'refs/pull/7/merge', GITHUB_BASE_REF: 'main', GITHUB_HEAD_REF: 'taxes' }
    const commit = here.git('rev-parse', 'main').trim()
    for (const [name, base] of [
      ['VITEST_ARAZZO_BASE', '/home/runner/work/_temp/base'],
      ['VITEST_ARAZZO_BASE_COMMIT', commit],
    ] as const)
      expect(await named(here, undefined, { ...job, [name]: base })).toEqual([
        ['main', 'The first', name],
        ['taxes', 'Prices come with tax', 'the working tree'],
      ])
  })
})

test('a comparison is kept without secrets, and is the same but for them', () => {
  const confidential = { server: { command: 'x', url: 'https://ci:hunter2@head.example' } }
  const secrets = secretsOf({ root: '/project', room: '/room', environment: {}, confidential })
  const plain = aComparison()
  const [first, ...others] = plain.budgets
  const told = {
    ...plain,
    base: { from: 'folder hunter2', subject: 'Use hunter2' },
    notes: ['base knows hunter2'],
    cause: 'asked https://ci:hunter2@head.example',
    budgets: [{ ...first!, why: ['it said hunter2.'] }, ...others],
    beside: [{ ...first!, why: ['and hunter2.'] }],
  }
  const masked = maskedComparison(told, secrets)
  expect(JSON.stringify(masked)).not.toContain('hunter2')
  expect(masked.notes[0]).toMatch(/^base knows \*+$/)
  expect(masked.budgets.map(({ budget, figures }) => [budget, figures])).toEqual(
    told.budgets.map(({ budget, figures }) => [budget, figures]),
  )
  expect(maskedComparison(plain, secrets)).toEqual(plain)
})
