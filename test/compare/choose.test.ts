import { execSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chooseBase } from '../../src/compare/base/choose.ts'
import { Git, repositoryOf } from '../../src/compare/base/git.ts'
import { clone, prepared, repository, type TestRepository, temporary } from '../builders/repository.ts'
import { thoroughly } from '../builders/thorough.ts'

type More = { env?: Record<string, string>; ref?: string; isCi?: boolean }

async function choiceIn(
  of: TestRepository,
  { env = {}, ref = 'merge-base', isCi = false }: More = {},
): ReturnType<typeof chooseBase> {
  const all = { ...of.env, ...env }
  const git = new Git(of.top, all)
  await repositoryOf(git)
  return chooseBase(git, ref, { env: all, isCi })
}

const baseIn = async (of: TestRepository, more?: More): Promise<string> => (await choiceIn(of, more)).base.subject

/** What it fails with, without what differs from run to run. */
async function failureIn(of: TestRepository, more?: More): Promise<string> {
  const error = await choiceIn(of, more).catch((caught: unknown) => caught)
  if (!(error instanceof Error)) throw new Error('It did not fail.')
  return error.message.replaceAll(of.top, '<folder>')
}

/** `main` has gone on since `change` left it. */
const diverged = prepared(() => {
  const made = repository({ 'a.txt': '1' })
  made.commit('Where it began', { 'a.txt': '2' })
  made.git('switch', '--quiet', '--create', 'change')
  made.commit('The change', { 'b.txt': '1' })
  made.git('switch', '--quiet', 'main')
  made.commit('Main goes on', { 'c.txt': '1' })
  made.git('switch', '--quiet', 'change')
  return made
})

/** Its default branch, for those who clone it. */
function onMain(of: TestRepository): TestRepository {
  of.git('switch', '--quiet', 'main')
  return of
}

describe('where a change began', () => {
  test('is the last commit that it has in common with the default branch', async () => {
    const { base, head, notes } = await choiceIn(diverged())
    expect([base.subject, head.subject, notes]).toEqual(['Where it began', 'The change', []])
    expect(base.commit.startsWith(base.hash)).toBe(true)
    expect(base.hash.length).toBeLessThan(12)
  })

  test('is known by the default branch of the remote, whatever that is called', async () => {
    const there = repository({ 'a.txt': '1' }, 'trunk')
    const here = clone(there)
    here.git('switch', '--quiet', '--create', 'change')
    here.commit('The change')
    here.git('branch', 'main')
    expect(await baseIn(here)).toBe('The first')
  })

  thoroughly(
    'is known without the word of the remote, by CI, by its usual names, by the setting for new repositories',
    async () => {
      const there = onMain(diverged())
      const here = clone(there, '--branch', 'change')
      expect(here.git('symbolic-ref', 'refs/remotes/origin/HEAD')).toBe('refs/remotes/origin/main')
      here.git('remote', 'set-head', 'origin', '--delete')
      expect(await baseIn(here)).toBe('Where it began')
      there.git('branch', '--move', 'main', 'develop')
      here.git('fetch', '--quiet', '--prune')
      expect(await failureIn(here)).toMatchInlineSnapshot(
        `"Failed to find the base of the comparison: nothing says which branch is the default one: no remote has a HEAD, and none is called main or master. Write "git remote set-branches origin '*' && git fetch origin && git remote set-head origin --auto", or name the branch: compare: { git: 'origin/develop...' }, or set VITEST_ARAZZO_BASE_COMMIT to a commit."`,
      )
      expect(await baseIn(here, { env: { CI_DEFAULT_BRANCH: 'develop' } })).toBe('Where it began')
      here.git('config', 'init.defaultBranch', 'develop')
      expect(await baseIn(here)).toBe('Where it began')
    },
  )

  test('is where it left the branch that it is to be merged into, which CI tells', async () => {
    const here = diverged()
    here.git('branch', 'release', 'main~2')
    for (const variable of ['GITHUB_BASE_REF', 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME'])
      expect(await baseIn(here, { env: { [variable]: 'release' } })).toBe('The first')
    expect(await failureIn(here, { env: { GITHUB_BASE_REF: 'relaese' } })).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: GITHUB_BASE_REF says that the change is for "relaese", a branch that is not here. Name the branch: compare: { git: 'main...' }, or set VITEST_ARAZZO_BASE_COMMIT to a commit."`,
    )
    here.git('remote', 'add', 'upstream', `file://${here.top}`)
    expect(await failureIn(here, { env: { GITHUB_BASE_REF: 'relaese' } })).toContain(
      `Fetch it: "git fetch upstream 'refs/heads/relaese:refs/remotes/upstream/relaese'".`,
    )
  })

  test('is found without a branch as well', async () => {
    const here = diverged()
    here.git('checkout', '--quiet', '--detach')
    expect(await baseIn(here)).toBe('Where it began')
  })

  test('is the target of a pull request where GitHub has merged the two to test that', async () => {
    const here = diverged()
    here.git('checkout', '--quiet', '--detach', 'main')
    here.git('merge', '--quiet', '--no-ff', 'change', '--message', 'Merge change into main')
    const env = { GITHUB_REF: 'refs/pull/7/merge', GITHUB_BASE_REF: 'main' }
    const { base, notes } = await choiceIn(here, { env, isCi: true })
    expect(base.subject).toBe('Main goes on')
    expect(notes).toEqual(['head is the pull request merged into its target, which is base'])
    // It needs no more than its two parents.
    here.git('branch', 'merged')
    const shallow = clone(here, '--depth', '2', '--branch', 'merged')
    expect(await baseIn(shallow, { env, isCi: true })).toBe('Main goes on')
    expect(await failureIn(clone(here, '--depth', '1', '--branch', 'merged'), { env })).toContain(
      'the clone is shallow',
    )
  })
})

describe('on the default branch itself', () => {
  test('the base is the commit before, of a merge its first parent', async () => {
    const here = diverged()
    here.git('switch', '--quiet', 'main')
    here.git('merge', '--quiet', '--no-ff', 'change', '--message', 'Merge change')
    const { base, notes } = await choiceIn(here)
    expect([base.subject, notes]).toEqual(['Main goes on', ['head is on main itself, base is the commit before']])
    here.git('checkout', '--quiet', '--detach')
    expect(await baseIn(here)).toBe('Main goes on')
  })

  thoroughly('what is not committed is compared with what is; but in CI, where a job changes files', async () => {
    const here = diverged()
    here.git('switch', '--quiet', 'main')
    here.write({ 'new.txt': 'a file that git does not know changes nothing' })
    expect(await baseIn(here)).toBe('Where it began')
    here.write({ 'a.txt': 'changed' })
    const { base, head, notes } = await choiceIn(here)
    expect([base.subject, base.isChanged, head.subject, head.isChanged]).toEqual([
      'Main goes on',
      false,
      'Main goes on',
      true,
    ])
    expect(notes.join('\n').replace(head.hash, '<hash>')).toMatchInlineSnapshot(`
      "head is on main itself, base is what is committed
      head is the working tree: <hash> "Main goes on" with changes that are not committed"
    `)
    expect(await baseIn(here, { isCi: true })).toBe('Where it began')
  })

  test('the first commit has none', async () => {
    expect(await failureIn(repository({ 'a.txt': '1' }))).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: head is the first commit, so there is no commit before it. The next commit has a base; or name one: compare: { cwd }."`,
    )
    expect(await failureIn(repository())).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: there is no commit yet. Commit, and there is a base from the next commit on."`,
    )
  })
})

describe('a commit by its name', () => {
  test('is that commit, and it is said when head lacks some of it', async () => {
    const here = diverged()
    expect((await choiceIn(here, { ref: 'main' })).notes).toMatchInlineSnapshot(`
      [
        "base has 1 commit that head has not; 'main...' means the commit where head left it",
      ]
    `)
    expect(await baseIn(here, { ref: 'main' })).toBe('Main goes on')
    expect(await baseIn(here, { ref: 'main...' })).toBe('Where it began')
    expect(await baseIn(here, { ref: 'HEAD~1' })).toBe('Where it began')
    here.git('tag', '--annotate', 'v1', 'main~2', '--message', 'One')
    expect(await choiceIn(here, { ref: 'v1' })).toMatchObject({ base: { subject: 'The first' }, notes: [] })
  })

  test('may be a branch that only the remote has', async () => {
    const here = clone(diverged())
    expect(await baseIn(here, { ref: 'main' })).toBe('Main goes on')
    expect(here.git('branch', '--list')).not.toContain('main')
  })

  thoroughly('that head has as well compares head with itself, and says so', async () => {
    const here = diverged()
    const { base, head, notes } = await choiceIn(here, { ref: 'HEAD' })
    expect(base.commit).toBe(head.commit)
    expect(notes.join().replace(head.hash, '<hash>')).toMatchInlineSnapshot(
      `"base and head are the same commit, <hash> "The change": nothing has changed, and what differs is noise"`,
    )
    here.write({ 'a.txt': 'changed' })
    expect((await choiceIn(here, { ref: 'HEAD' })).notes.join().replace(head.hash, '<hash>')).toMatchInlineSnapshot(
      `"head is the working tree: <hash> "The change" with changes that are not committed"`,
    )
  })

  test('that means none is told with what was probably meant', async () => {
    const here = clone(diverged())
    expect(await failureIn(here, { ref: 'mian' })).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: there is no commit "mian" here. Did you mean "main"?"`,
    )
    expect(await failureIn(here, { ref: 'v9.9.9' })).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: there is no commit "v9.9.9" here. "git branch --all" lists what there is; fetch it, or write another."`,
    )
    expect(await failureIn(here, { ref: 'nowhere...' })).toContain('there is no commit "nowhere" here')
  })
})

describe('where there is no base to be found', () => {
  test('a shallow clone that sees an older common commit, since newer ones are cut off, is not believed', async () => {
    const there = repository({ 'a.txt': '1' })
    for (const side of ['side-of-main', 'side-of-change']) {
      there.git('switch', '--quiet', '--create', side, 'main')
      there.commit(side, { [`${side}.txt`]: '1' })
    }
    there.git('switch', '--quiet', 'main')
    there.commit('Where it began', { 'a.txt': '2' })
    for (const branch of ['change', 'main']) {
      if (branch === 'change') there.git('switch', '--quiet', '--create', branch)
      else there.git('switch', '--quiet', branch)
      for (const n of [1, 2, 3, 4]) there.commit(`${branch} ${n}`, { [`${branch}.txt`]: `${n}` })
      there.git('merge', '--quiet', '--no-edit', `side-of-${branch}`)
    }
    const shallow = clone(there, '--depth', '3', '--no-single-branch', '--branch', 'change')
    expect(
      shallow.git('log', '-1', '--format=%s', shallow.git('merge-base', 'HEAD', 'origin/main').trim()).trim(),
    ).toBe('The first')
    expect(await failureIn(shallow)).toMatch(
      /: head and main may have a newer commit in common than \w+ "The first", since the clone is shallow\. /,
    )
    expect(await baseIn(clone(there, '--branch', 'change'))).toBe('Where it began')
    expect(await baseIn(clone(there, '--depth', '7', '--no-single-branch', '--branch', 'change'))).toBe(
      'Where it began',
    )
  })

  test('a shallow clone is said to be one', async () => {
    const there = onMain(diverged())
    const change = ['--depth', '1', '--branch', 'change']
    expect(await failureIn(clone(there, ...change, '--no-single-branch'))).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: head and main have no commit in common here, since the clone is shallow. Fetch all of it, "git fetch --unshallow", or in CI clone it whole: "fetch-depth: 0" of actions/checkout, "GIT_DEPTH: 0" of GitLab."`,
    )
    expect(await failureIn(clone(there, '--depth', '1', '--branch', 'main'))).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: the commit before head is not here, since the clone is shallow. Fetch all of it, "git fetch --unshallow", or in CI clone it whole: "fetch-depth: 0" of actions/checkout, "GIT_DEPTH: 0" of GitLab."`,
    )
    expect(await failureIn(clone(there, '--depth', '1'), { ref: 'v1' })).toContain('and the clone is shallow')
    // With one branch of one commit, nothing is known of the default one.
    expect(await failureIn(clone(there, ...change))).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: nothing says which branch is the default one: no remote has a HEAD, and none is called main or master, and the clone is shallow. Write "git remote set-branches origin '*' && git fetch --unshallow origin && git remote set-head origin --auto", or set VITEST_ARAZZO_BASE_COMMIT to a commit. In CI, clone it whole: "fetch-depth: 0" of actions/checkout, "GIT_DEPTH: 0" of GitLab."`,
    )
  })

  test.each([
    ['a shallow clone of one branch', ['--depth', '1', '--branch', 'change'], 'main'],
    ['a whole clone of one branch', ['--single-branch', '--branch', 'change'], 'trunk'],
    ['a clone without a HEAD of the remote', ['--branch', 'change'], 'trunk'],
  ])('the advice for %s works as it is printed', async (_, options, name) => {
    const there = onMain(diverged())
    if (name !== 'main') there.git('branch', '--move', 'main', name)
    const here = clone(there, ...options)
    if (options.length === 2) here.git('remote', 'set-head', 'origin', '--delete')
    const [, command] = /Write "(git remote set-branches .*? --auto)"/.exec(await failureIn(here)) ?? []
    execSync(command!, { cwd: here.top, env: here.env as NodeJS.ProcessEnv, stdio: 'pipe' })
    expect(await baseIn(here)).toBe('Where it began')
  })

  test('without a remote there is nothing to fetch', async () => {
    const here = repository({ 'a.txt': '1' }, 'trunk')
    expect(await failureIn(here)).toMatch(
      /none is called main or master\. Set VITEST_ARAZZO_BASE_COMMIT to a commit\.$/,
    )
    here.git('branch', 'release')
    expect(await failureIn(here)).toMatch(
      / Name the branch: compare: \{ git: 'release\.\.\.' \}, or set VITEST_ARAZZO_/,
    )
  })

  thoroughly('a clone that was shallow has a base once all is fetched', async () => {
    const deep = clone(onMain(diverged()), '--depth', '1', '--branch', 'change', '--no-single-branch')
    deep.git('fetch', '--quiet', '--unshallow')
    expect(await baseIn(deep)).toBe('Where it began')
  })

  test('no repository, a bare one, no common commit', async () => {
    const none = { ...repository(), top: temporary() }
    expect(await failureIn(none)).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: <folder> is in no git repository. Name the base without git: compare: { cwd }, { command } or { url }."`,
    )
    expect(await failureIn(clone(diverged(), '--bare'))).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: <folder> is in a bare repository, which has no files. Run Vitest in a clone or a worktree of it."`,
    )
    const apart = diverged()
    apart.git('switch', '--quiet', '--orphan', 'other')
    apart.commit('Another beginning', { 'o.txt': '1' })
    expect(await failureIn(apart)).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: head and main have no commit in common here. Name the base: compare: { cwd } of another checkout."`,
    )
  })

  test('no git', async () => {
    const here = diverged()
    expect(await failureIn(here, { env: { PATH: '/nowhere' } })).toMatchInlineSnapshot(
      `"Failed to find the base of the comparison: git is not installed, or <folder> is not there. Install git, or name the base without it: compare: { cwd }, { command } or { url }."`,
    )
  })
})

thoroughly('what a hook tells git of the repository it runs for is left out', async () => {
  const [here, other] = [diverged(), repository({ 'x.txt': '1' })]
  const env = { GIT_DIR: join(other.top, '.git'), GIT_WORK_TREE: other.top, GIT_INDEX_FILE: '/nowhere/index' }
  expect(await baseIn(here, { env })).toBe('Where it began')
})

test('git waits for nobody and runs none of the hooks of the repository', async () => {
  const here = diverged()
  const hooks = join(here.top, 'hooks')
  mkdirSync(hooks)
  writeFileSync(join(hooks, 'post-checkout'), `#!/bin/sh\ntouch ${here.top}/ran\n`, { mode: 0o755 })
  here.git('config', 'core.hooksPath', hooks)
  const git = new Git(here.top, here.env)
  const { code } = await git.run('worktree', 'add', '--detach', join(temporary(), 'tree'), 'HEAD')
  expect([code, await git.ask('ls-files', '--others', 'ran')]).toEqual([0, undefined])
  here.git('worktree', 'add', '--quiet', '--detach', join(temporary(), 'tree'), 'HEAD')
  expect(await git.ask('ls-files', '--others', 'ran')).toBe('ran')
})
