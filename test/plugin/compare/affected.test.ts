import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { whyUnaffected } from '../../../plugin/compare/affected.ts'
import { type CompareOptions, readCompareOptions } from '../../../plugin/compare/options.ts'
import { prepared, repository, type TestRepository, temporary } from '../../builders/repository.ts'

/* Real repositories: which changes a load test has to be compared for. */

const FILES = {
  'README.md': 'Shop',
  '.gitignore': 'dist\n',
  'src/app.js': '1',
  'src/notes.md': '1',
  'shared/money.js': '1',
  'test/shop.load.test.js': '1',
  'test/openapi.yaml': '1',
}

/** On a branch whose only commit changes the README. */
const onBranch = prepared(() => {
  const here = repository(FILES)
  here.git('switch', '--quiet', '--create', 'change')
  here.commit('Words', { 'README.md': 'The shop' })
  return here
})

interface Given {
  affected?: string[]
  compare?: CompareOptions
  env?: Record<string, string>
  root?: string
}

function why({ top, env: own }: TestRepository, given: Given = {}) {
  const { affected = ['src/**'], compare = { git: 'merge-base' }, env = {}, root = '.' } = given
  const environment = { ...own, ...env }
  const place = { root: join(top, root), environment }
  const files = ['test/shop.load.test.js', 'test/openapi.yaml'].map(file => join(top, file))
  const options = readCompareOptions(compare, place.root, environment)!
  return whyUnaffected(affected, files, options, place, new AbortController().signal)
}

const unaffected = /^not affected: the file that differs from base [0-9a-f]+ "The first" is not one of src\/\*\*$/

describe('a change affects a load test', () => {
  test('not if none of its files is one that can, nor if there is none', async () => {
    const here = onBranch()
    expect(await why(here)).toMatch(unaffected)
    here.write({ 'dist/app.js': 'what git ignores' })
    expect(await why(here)).toMatch(unaffected)
    here.git('reset', '--quiet', '--hard', 'main')
    expect(await why(here)).toMatch(/^not affected: no file differs from base [0-9a-f]+ "The first"$/)
  })

  test.each<[string, (here: TestRepository) => unknown]>([
    ['committed', here => here.commit('Code', { 'src/app.js': '2' })],
    ['not committed', here => here.write({ 'src/app.js': '2' })],
    ['removed and staged', here => here.git('rm', '--quiet', 'src/app.js')],
    ['untracked', here => here.write({ 'src/new.js': '2' })],
    ['removed', here => rmSync(join(here.top, 'src/app.js'))],
    ['moved away', here => here.git('mv', 'src/app.js', 'app.js')],
    ['in a lock file', here => here.write({ 'packages/a/package-lock.json': '{}' })],
    ['in a lock file of another language', here => here.write({ 'uv.lock': '' })],
    ['in a configuration', here => here.write({ 'vitest.config.ts': '' })],
    ['in its document', here => appendFileSync(join(here.top, 'test/openapi.yaml'), '2')],
    ['in its test file', here => appendFileSync(join(here.top, 'test/shop.load.test.js'), '2')],
  ])('if a file that can affect it is changed: %s', async (_, change) => {
    const here = onBranch()
    change(here)
    expect(await why(here)).toBeUndefined()
  })

  test('by globs from the root of the project, with exceptions', async () => {
    const here = onBranch()
    here.commit('Notes', { 'src/notes.md': '2' })
    expect(await why(here)).toBeUndefined()
    expect(await why(here, { affected: ['src/**', '!**/*.md'] })).toMatch(/none of 2 files that differ/)
    here.commit('Money', { 'shared/money.js': '2' })
    expect(await why(here, { affected: ['app.js'], root: 'src' })).toMatch(/none of 3 files/)
    expect(await why(here, { affected: ['app.js', '../shared/**'], root: 'src' })).toBeUndefined()
  })

  test('always on the default branch, and if the difference is not known', async () => {
    const here = onBranch()
    const base = join(temporary(), 'base')
    here.git('worktree', 'add', '--quiet', '--detach', base, 'main')
    expect(await why(here, { compare: { cwd: base } })).toMatch(unaffected)
    expect(await why(here, { env: { VITEST_ARAZZO_BASE: base } })).toMatch(unaffected)
    appendFileSync(join(base, 'src/app.js'), 'changed')
    expect(await why(here, { compare: { cwd: base } })).toBeUndefined()
    const { top: other } = repository({ 'src/app.js': 'another repository' })
    expect(await why(here, { compare: { cwd: other } })).toBeUndefined()
    expect(await why(here, { compare: { command: 'node base.js' } })).toBeUndefined()
    expect(await why(here, { compare: { git: 'nowhere' } })).toBeUndefined()
    here.git('switch', '--quiet', 'main')
    here.commit('Words on main', { 'README.md': 'Our shop' })
    expect(await why(here)).toBeUndefined()
    here.git('switch', '--quiet', '--detach')
    expect(await why(here)).toBeUndefined()
  })

  test('by globs of which each finds a file, since another would never find a change', async () => {
    const here = onBranch()
    mkdirSync(join(here.top, 'empty'))
    await expect(why(here, { affected: ['scr/**'] })).rejects.toThrow(
      'Failed to read option affected: no file of the repository is meant by "scr/**". Did you mean "src"?',
    )
    const error: Error = await why(here, { affected: ['src/**', 'empty/**'] }).catch(caught => caught)
    expect(error.stack).toMatch(/is meant by "empty\/\*\*"[^\n]*$/)
  })
})
