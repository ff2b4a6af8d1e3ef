import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { originOf, repositoryOf } from '../../src/report/origin.ts'
import { project } from '../builders/project.ts'
import { has } from '../builders/system.ts'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_REPOSITORY: 'a/shop',
  GITHUB_RUN_ID: '42',
  GITHUB_SHA: SHA,
  GITHUB_HEAD_REF: '',
  GITHUB_REF_NAME: 'main',
  GITHUB_REF_TYPE: 'branch',
}
const GITLAB = { GITLAB_CI: 'true', CI_COMMIT_SHA: SHA, CI_JOB_URL: 'https://gitlab.example/a/shop/-/jobs/7' }

test.each([
  ['a push on GitHub', GITHUB, 'main', 'https://github.example/a/shop/actions/runs/42'],
  [
    'a pull request on GitHub',
    { ...GITHUB, GITHUB_HEAD_REF: 'faster', GITHUB_REF_NAME: '12/merge' },
    'faster',
    'https://github.example/a/shop/actions/runs/42',
  ],
  ['a tag on GitHub', { ...GITHUB, GITHUB_REF_NAME: 'v1', GITHUB_REF_TYPE: 'tag' }, undefined, expect.anything()],
  ['a push on GitLab', { ...GITLAB, CI_COMMIT_BRANCH: 'main' }, 'main', GITLAB.CI_JOB_URL],
  [
    'a merge request on GitLab',
    { ...GITLAB, CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'faster', CI_JOB_URL: '', CI_PIPELINE_URL: 'https://gitlab/1' },
    'faster',
    'https://gitlab/1',
  ],
])('%s is known by its variables, without a repository', (_, variables, branch, ciUrl) => {
  const found = originOf(project({}), variables)
  expect(found).toEqual({ commit: '012345678', ...(branch !== undefined && { branch }), ciUrl })
})

test('elsewhere it is what the repository says', ({ skip }) => {
  skip(!has('git'), 'there is no git')
  const folder = project({ 'a.txt': 'a' })
  expect(originOf(folder, {})).toEqual({})
  expect(repositoryOf(folder)).toBeUndefined()
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder, encoding: 'utf8' })
  git('init', '--quiet', '--initial-branch', 'trunk')
  git('add', '.')
  git('commit', '--quiet', '--message', 'first')
  const commit = git('rev-parse', '--short=9', 'HEAD').trim()
  expect(originOf(folder, {})).toEqual({ commit, subject: 'first', branch: 'trunk' })
  mkdirSync(join(folder, 'deep/er'), { recursive: true })
  expect(repositoryOf(join(folder, 'deep/er'))).toBe(folder)
  git('checkout', '--quiet', '--detach')
  expect(originOf(folder, {})).toEqual({ commit, subject: 'first' })
})
