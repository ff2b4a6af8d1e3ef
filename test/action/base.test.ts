import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { cases, thoroughly } from '../builders/thorough.ts'
import { servedByHttp } from './git-server.ts'
import { type Job, type Ran, runAction, temporary } from './job.ts'
import { git, pullRequest, pushEvent, Remote } from './repository.ts'

vi.setConfig({ testTimeout: 240_000 })

/* Steps of action.yml in real git repositories: which commit is the base, and what is run where. */

/** Says which commit the base is; nothing else is run. */
const ACTION = { comment: 'false', command: 'git rev-parse "$VITEST_ARAZZO_BASE_COMMIT^{commit}" > "$SEEN"' }

async function baseIn(job: Omit<Job, 'event'> & { event?: object }): Promise<{ base: string; ran: Ran }> {
  const seen = join(temporary(), 'seen')
  const { inputs, env, event = pushEvent, ...rest } = job
  const ran = await runAction({ ...rest, event, inputs: { ...ACTION, ...inputs }, env: { SEEN: seen, ...env } })
  return { base: existsSync(seen) ? readFileSync(seen, 'utf8').trim() : '', ran }
}

describe('the base of a pull request', () => {
  test('whose merge is checked out, as GitHub does it: what it was merged into', async () => {
    const remote = new Remote()
    const old = remote.commits(300)
    remote.branch('feature')
    const accepting = remote.commits(40)
    const head = remote.commit()
    remote.checkout('main')
    const into = remote.commits(2)
    remote.pullMerge(into, head)
    for (const depth of cases([1], [0])) {
      const workspace = remote.checkedOut('refs/pull/1/merge', depth)
      // The event was written when the base was not as far.
      const { base, ran } = await baseIn({ workspace, event: pullRequest(head, { base: old }) })
      expect(base, ran.log).toBe(into)
      expect(ran.isGreen).toBe(true)
      expect(git(workspace, 'rev-parse', '--is-shallow-repository')).toBe(String(depth === 1))
      // Each commit of the pull request may accept a change.
      expect(git(workspace, 'rev-list', `${base}..HEAD`).split('\n')).toContain(accepting)
    }
  })

  test('whose head is checked out: the commit at which it left the base, however far back', {
    timeout: 240_000,
  }, async () => {
    const remote = new Remote()
    remote.commits(300)
    const fork = remote.commit()
    remote.branch('feature')
    const head = remote.commits(70)
    remote.checkout('main')
    remote.commits(90)
    for (const depth of cases([1, 0], [10])) {
      const workspace = remote.checkedOut(head, depth)
      const { base, ran } = await baseIn({ workspace, event: pullRequest(head) })
      expect(base, ran.log).toBe(fork)
      // As deep as it takes, and not all of it.
      if (depth > 0) expect(git(workspace, 'rev-parse', '--is-shallow-repository')).toBe('true')
    }
  })

  thoroughly('is not an older common commit that a shallow clone sees first', async () => {
    const remote = new Remote()
    const old = remote.commit()
    for (const name of ['side-of-main', 'side-of-feature']) {
      remote.branch(name, old)
      remote.commit()
    }
    remote.checkout('main')
    const newer = remote.commits(5)
    remote.branch('feature')
    remote.commits(60)
    const head = remote.merge('side-of-feature')
    remote.checkout('main')
    remote.commits(60)
    remote.merge('side-of-main')
    const workspace = remote.checkedOut(head)
    const { base, ran } = await baseIn({ workspace, event: pullRequest(head) })
    expect(base, ran.log).toBe(newer)
    expect(base).not.toBe(old)
  })

  thoroughly('that has no commit in common with it cannot be found', async () => {
    const remote = new Remote()
    remote.commits(3)
    remote.orphan('feature')
    const head = remote.commit()
    const { base, ran } = await baseIn({ workspace: remote.checkedOut(head), event: pullRequest(head) })
    expect({ base, isGreen: ran.isGreen }).toEqual({ base: '', isGreen: false })
    expect(ran.log).toMatch(
      /^::error::Failed to find the base: head and [0-9a-f]{12} have no commit in common. Write another: base.$/m,
    )
    expect(ran.summary).toContain('> Failed to find the base: head and')
  })
})

describe('the base elsewhere', () => {
  test('on the default branch it is the commit before; the first commit has none', async () => {
    const remote = new Remote()
    const first = remote.commit()
    const workspace = remote.checkedOut(first)
    const env = { GITHUB_REF: 'refs/heads/main' }
    const { base, ran } = await baseIn({ workspace, env })
    expect(base).toBe('')
    expect(ran.isGreen).toBe(false)
    expect(ran.log).toContain('Failed to find the base: this is the first commit. Write base: none to run without one.')

    const second = remote.commit()
    remote.commit()
    const { base: before } = await baseIn({ workspace: remote.checkedOut('refs/heads/main'), env })
    expect(before).toBe(second)
  })

  test('on another branch it is where that left the default branch; of a merge group what it is on', {
    timeout: 240_000,
  }, async () => {
    const remote = new Remote()
    const fork = remote.commits(2)
    remote.branch('feature')
    const head = remote.commits(2)
    const env = { GITHUB_REF: 'refs/heads/feature' }
    expect((await baseIn({ workspace: remote.checkedOut(head), env })).base).toBe(fork)
    const event = { merge_group: { base_sha: fork }, ...pushEvent }
    expect((await baseIn({ workspace: remote.checkedOut(head), event })).base).toBe(fork)
  })

  thoroughly('is the branch, tag or commit that is written', async () => {
    const remote = new Remote()
    const first = remote.commit()
    remote.tag('v1')
    const fork = remote.commit()
    remote.branch('next/#1-é')
    remote.commit()
    remote.branch('feature', fork)
    const head = remote.commits(40)
    const workspace = remote.checkedOut(head)
    for (const [written, expected] of [
      ['v1', first],
      ['next/#1-é', fork],
      [first, first],
    ] as const)
      expect((await baseIn({ workspace, inputs: { base: written } })).base, written).toBe(expected)
    const { base, ran } = await baseIn({ workspace, inputs: { base: 'nowhere' } })
    expect(base).toBe('')
    expect(ran.log).toContain('Failed to find the base: origin has no branch and no tag "nowhere".')
  })

  test('is no option of git and no command, whatever is written', async () => {
    const remote = new Remote()
    const workspace = remote.checkedOut(remote.commits(2))
    const touched = join(temporary(), 'touched')
    const commands = cases([`$(touch ${touched})`], [`main; touch ${touched}`])
    for (const base of [`--upload-pack=touch ${touched}`, ...commands, 'a\nb']) {
      const { ran } = await baseIn({ workspace, inputs: { base } })
      expect(ran.isGreen, base).toBe(false)
      expect(ran.log).toContain('is not a valid name of a branch, tag or commit')
    }
    expect(existsSync(touched)).toBe(false)
  })

  test('none: head is run alone', async () => {
    const remote = new Remote()
    const command = 'echo "base is <${VITEST_ARAZZO_BASE_COMMIT-}${VITEST_ARAZZO_SETUP-}>"'
    const workspace = remote.checkedOut(remote.commit())
    const { ran } = await baseIn({ workspace, inputs: { base: 'none', command, setup: 'echo set up' } })
    expect(ran.isGreen, ran.log).toBe(true)
    expect(ran.log).toContain('base is <none>')
    expect(ran.log.match(/^set up$/gm)).toHaveLength(1)
  })
})

describe('what is run', () => {
  const changed = (files: (side: string) => Record<string, string>) => {
    const remote = new Remote()
    remote.commit('the one before', files('base'))
    remote.branch('feature')
    const head = remote.commit('the change', files('head'))
    return { workspace: remote.checkedOut(head), event: pullRequest(head) }
  }

  test('the command in head, with a setup for the folder of both sides', async () => {
    const { workspace, event } = changed(side => ({ "api's/side": side }))
    const { ran } = await baseIn({
      ...{ workspace, event },
      inputs: {
        'working-directory': "api's",
        setup: 'cp side built\necho "set up $(cat side) in ${PWD##*/}"\nfalse | true\necho not reached',
        command: [
          'echo "run $(cat side), token <${ACTION_TOKEN-}${ACTION_SCRIPT-}>"',
          'git worktree add --quiet --detach "$RUNNER_TEMP/base" "$VITEST_ARAZZO_BASE_COMMIT"',
          'cd "$RUNNER_TEMP/base"',
          'sh -c "$VITEST_ARAZZO_SETUP" || echo "built $(cat api*/built)"',
        ].join('\n'),
      },
    })
    expect(ran.isGreen, ran.log).toBe(true)
    expect(ran.log.match(/^(?:set up|run|built|not).*$/gm)).toEqual([
      'run head, token <>',
      "set up base in api's",
      'built base',
    ])
    expect(ran.used).toEqual([
      {
        uses: 'actions/upload-artifact',
        with: {
          name: 'vitest-arazzo',
          path: join(workspace, "api's/.vitest-arazzo"),
          'include-hidden-files': 'true',
          'if-no-files-found': 'ignore',
          overwrite: 'true',
        },
      },
    ])
  })

  thoroughly('a checkout within the workspace', async () => {
    const { workspace, event } = changed(side => ({ side }))
    const inputs = { 'working-directory': basename(workspace) }
    const { base, ran } = await baseIn({ workspace: dirname(workspace), event, inputs })
    expect([ran.isGreen, base], ran.log).toEqual([true, git(workspace, 'rev-parse', 'HEAD^1')])
  })

  thoroughly('a base is kept by its commit and setup, if that is asked for', async () => {
    const remote = new Remote()
    remote.commits(2)
    const workspace = remote.checkedOut('main', 0)
    const run = async (inputs: Record<string, string>, hit = '') => {
      const all = { setup: 'true', command: 'echo "cache <${VITEST_ARAZZO_CACHE-}>"', comment: 'false', ...inputs }
      const used = { 'actions/cache/restore': { 'cache-hit': hit } }
      const ran = await runAction({ workspace, event: pushEvent, inputs: all, used })
      expect(ran.isGreen, ran.log).toBe(true)
      const caches = ran.used.filter(({ uses }) => uses.startsWith('actions/cache'))
      return { caches, folder: /cache <(.*)>/.exec(ran.log)![1]! }
    }
    expect(await run({})).toEqual({ caches: [], folder: '' })
    const first = await run({ cache: 'true' })
    const [restored, kept] = first.caches
    expect([restored!.uses, kept!.uses]).toEqual(['actions/cache/restore', 'actions/cache/save'])
    expect(restored!.with).toEqual(kept!.with)
    expect(restored!.with.path).toBe(first.folder)
    const again = await run({ cache: 'true' }, 'true')
    expect(again.caches.map(({ uses }) => uses)).toEqual(['actions/cache/restore'])
    expect(again.caches[0]!.with.key).toBe(restored!.with.key)
    const other = await run({ cache: 'true', setup: 'true; true' })
    expect(other.caches[0]!.with.key).not.toBe(restored!.with.key)
  })

  test('without a base a setup that fails: nothing is run', async () => {
    const { workspace, event } = changed(side => ({ side }))
    const { base, ran } = await baseIn({ workspace, event, inputs: { base: 'none', setup: 'exit 3' } })
    expect({ base, isGreen: ran.isGreen, state: ran.state }).toEqual({ base: '', isGreen: false, state: 'failed' })
    expect(ran.log).toContain('::error::Failed to set up head: setup ended with exit code 3.')
  })

  test('an undecided run is neutral for a pull request, unless it says otherwise or nothing says that it is one', {
    timeout: 240_000,
  }, async () => {
    const remote = new Remote()
    remote.commits(2)
    remote.branch('feature')
    const head = remote.commit()
    const workspace = remote.checkedOut(head, 0)
    const left = (state: string) => `mkdir -p .vitest-arazzo && cd .vitest-arazzo && echo x > comment.md > summary.md
      echo '{ "state": "${state}" }' > comment.json; test "\${VITEST_ARAZZO_ON_INCONCLUSIVE-}" = "$WANTED" && exit 3`
    const isGreen = async (onInconclusive: string, event: object, state = 'undecided') => {
      const inputs = { 'on-inconclusive': onInconclusive, command: left(state), comment: 'false', base: 'none' }
      const ran = await runAction({ workspace, event, inputs, env: { WANTED: onInconclusive } })
      return ran.isGreen
    }
    const pull = pullRequest(head)
    expect(await isGreen('', pull)).toBe(true)
    expect(await isGreen('rerun', pull)).toBe(true)
    expect(await isGreen('fail', pull)).toBe(false)
    expect(await isGreen('', pushEvent)).toBe(false)
    expect(await isGreen('skip', pushEvent)).toBe(true)
    // Another command may end with the same code.
    expect(await isGreen('skip', pull, 'passed')).toBe(false)
    const ran = await runAction({ workspace, event: pull, inputs: { 'on-inconclusive': 'pass', command: 'true' } })
    expect([ran.isGreen, ran.log]).toEqual([false, expect.stringContaining('Write fail, skip or rerun.')])
  })

  test('a command that fails makes the job fail, with the reports kept', async () => {
    const { workspace, event } = changed(side => ({ side }))
    const { ran } = await baseIn({ workspace, event, inputs: { command: 'false | true\necho not reached' } })
    expect(ran.isGreen).toBe(false)
    expect(ran.outputs.run).toMatchObject({ code: '1' })
    expect(ran.log).not.toContain('not reached')
    expect(ran.used).toHaveLength(1)
    expect(ran.summary).toContain('**No load test ran**: the command ended with exit code 1.')
  })

  thoroughly('its summary is told once, and what an earlier run left is not told', async () => {
    const left = { '.vitest-arazzo/comment.json': '{ "state": "passed" }', '.vitest-arazzo/comment.md': 'old' }
    const { workspace, event } = changed(() => ({ ...left, '.vitest-arazzo/summary.md': 'old' }))
    const { ran } = await baseIn({ workspace, event, inputs: { command: 'true' } })
    expect(ran.state).toBe('nothing')
    expect(ran.summary.trim()).toBe('**No load test ran**: the command ended with exit code 0.')

    const lines = [
      'cd .vitest-arazzo',
      `echo '{ "state": "passed" }' > comment.json`,
      'echo marker > comment.md',
      'echo "## of this run" > summary.md',
    ]
    const silent = await baseIn({ workspace, event, inputs: { command: lines.join('\n') } })
    expect(silent.ran.state).toBe('passed')
    expect(silent.ran.summary.trim()).toBe('## of this run')
    const telling = [...lines, 'cat summary.md >> "$GITHUB_STEP_SUMMARY"'].join('\n')
    expect((await baseIn({ workspace, event, inputs: { command: telling } })).ran.summary.trim()).toBe('## of this run')
  })

  test('subject lines are no commands for the runner', async () => {
    const remote = new Remote()
    remote.commit('::set-output name=x::y')
    remote.branch('feature')
    const head = remote.commit()
    const { ran } = await baseIn({ workspace: remote.checkedOut(head), event: pullRequest(head) })
    expect(ran.isGreen, ran.log).toBe(true)
    expect(ran.log).toMatch(/^The base is [0-9a-f]+ : ?: ?set-output/m)
    expect(ran.log).not.toMatch(/^::set-output/m)
  })
})

thoroughly('a private repository is asked with the token, where the clone has no credentials', async () => {
  const remote = new Remote()
  const fork = remote.commits(40)
  remote.branch('feature')
  const head = remote.commits(60)
  const workspace = remote.checkedOut(head)
  const { url, refused } = await servedByHttp(remote.bare, 'x-access-token:a-token')
  git(workspace, 'remote', 'set-url', 'origin', `${url}/shop.git`)
  const event = pullRequest(head)
  const { base, ran } = await baseIn({ workspace, event, env: { GITHUB_SERVER_URL: url } })
  expect(base, ran.log).toBe(fork)
  expect(refused()).toBeGreaterThan(0)
  // Nothing of it is left in the clone.
  expect(readFileSync(join(workspace, '.git/config'), 'utf8')).not.toContain('extraheader')

  const { url: other } = await servedByHttp(remote.bare, 'x-access-token:another')
  git(workspace, 'remote', 'set-url', 'origin', `${other}/shop.git`)
  const denied = await baseIn({ workspace, event, env: { GITHUB_SERVER_URL: other } })
  expect(denied.ran.isGreen).toBe(false)
  expect(denied.ran.log).toMatch(/^::error::Failed to fetch the base: .* Check out with fetch-depth: 0\.$/m)
  expect(denied.ran.log).not.toContain(Buffer.from('x-access-token:a-token').toString('base64'))
})
