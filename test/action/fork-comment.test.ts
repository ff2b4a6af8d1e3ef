import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CommentData, commentData } from '../../plugin/reporter/run-texts.ts'
import { aComparison, aRun, failedTest, passedTest } from '../plugin/reporter/runs.ts'
import { FakeGitHub } from './fake-github.ts'
import { runScript, temporary } from './job.ts'

/* The second workflow for pull requests from forks: what it takes of an artifact that strangers made. */

const SHA = 'abc1234def'.padEnd(40, '0')
const FORK = { full_name: 'stranger/shop', owner: { login: 'stranger' } }
const AT = '2026-11-27T13:00:00.000Z'

const pull = (over: object = {}) => ({
  ...{ number: 7, label: 'stranger:feature', head: { sha: SHA, repo: { full_name: FORK.full_name } } },
  ...over,
})

interface Given {
  /** What comment.json holds; undefined: there is none. */
  json?: string
  folder?: string
  workflowRun?: object
  pulls?: object[]
}

async function forkComment(
  github: FakeGitHub,
  { json, folder = temporary(), workflowRun = {}, pulls = [pull()] }: Given,
) {
  const runner = temporary()
  if (json !== undefined) writeFileSync(join(folder, 'comment.json'), json)
  const event = {
    workflow_run: {
      ...{ id: 99, event: 'pull_request', conclusion: 'failure', head_sha: SHA, head_branch: 'feature' },
      ...{ head_repository: FORK, pull_requests: [] },
      ...workflowRun,
    },
  }
  writeFileSync(join(runner, 'event.json'), JSON.stringify(event))
  github.pulls = pulls
  return runScript('fork-comment.mjs', [folder], runner, {
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_PATH: join(runner, 'event.json'),
    GITHUB_REPOSITORY: 'team/shop',
    GITHUB_SERVER_URL: 'https://github.example',
    ACTION_RETRY_PAUSE: '1',
    ACTION_TOKEN: 'a-token',
  })
}

const dataOf = (...of: Parameters<typeof aRun>): CommentData => commentData(aRun(...of), AT)
const good = () => dataOf([failedTest('checkout', { comparison: aComparison() }), passedTest()])

test('what the package wrote is told, on the pull request that GitHub names', async () => {
  const github = await new FakeGitHub().listen()
  const { code, output } = await forkComment(github, { json: JSON.stringify(good()) })
  expect(code, output).toBe(0)
  expect(github.comments.map(({ body }) => body)).toMatchInlineSnapshot(`
    [
      "<!-- vitest-arazzo -->
    ## ❌ Load tests: 1 failed, 1 passed

    | Load test | Result | Found |
    | --- | --- | --- |
    | checkout | ❌&nbsp;failed | cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head uses more CPU time.<br>Expected p99 \\<= 40 ms, received 49 ms. |

    <sub>Of abc1234, by [this run](https://github.example/team/shop/actions/runs/99), which has the reports.</sub>",
    ]
  `)
  const { output: again } = await forkComment(github, { json: JSON.stringify(dataOf([passedTest()])) })
  expect(again).toContain('The comment on 7: updated.')
  expect(github.comments).toHaveLength(1)
  expect(github.comments[0]!.body).toContain('## ✅ Load tests: 1 passed\n\nNothing failed')
})

test('a green run writes nothing where nothing was said', async () => {
  const github = await new FakeGitHub().listen()
  expect((await forkComment(github, { json: JSON.stringify(dataOf([passedTest()])) })).code).toBe(0)
  expect((await forkComment(github, { workflowRun: { conclusion: 'success' } })).code).toBe(0)
  expect(github.comments).toEqual([])
  // A job that failed before it could leave anything is no pass.
  await forkComment(github, {})
  expect(github.comments[0]!.body).toContain('Nothing was measured: the job failed before.')
})

test('text of strangers is text', async () => {
  const hostile =
    '<img src=x> `a` **b** [c](http://evil.example) @team #12 www.evil.example\n\n# d\n<!-- vitest-arazzo -->'
  const data: CommentData = { ...good(), tests: [{ name: hostile, state: 'failed', says: [hostile, hostile] }] }
  const github = await new FakeGitHub().listen()
  const { code, output } = await forkComment(github, { json: JSON.stringify(data) })
  expect(code, output).toBe(0)
  const [title, , , ...lines] = github.comments[0]!.body.split('\n').filter(Boolean).slice(1, -1)
  expect(title).toBe('## ❌ Load tests: 1 failed, 1 passed')
  expect(lines).toHaveLength(1)
  for (const line of lines) {
    const bare = line.replaceAll('<br>', '').replaceAll(/\\[\\`*_{}[\]<>|#~&]/g, '')
    expect(bare).not.toMatch(/[<`]|\*\*|\]\(|@(?!\u200b)|#\d|:\/\/|www\.\w/)
  }
})

test('more than a comment can hold is counted', async () => {
  // What is escaped is longer than what was read.
  const tests = Array.from({ length: 40 }, () => ({ name: 'n', state: 'failed' as const, says: ['$'.repeat(1_400)] }))
  const github = await new FakeGitHub().listen()
  const { code, output } = await forkComment(github, { json: JSON.stringify({ ...good(), tests }) })
  expect(code, output).toBe(0)
  expect(Buffer.byteLength(github.comments[0]!.body)).toBeLessThan(62_000)
  expect(github.comments[0]!.body).toMatch(/_and \d+ more\._/)
})

describe('a pull request', () => {
  test.each([
    ['that has gone on', { pulls: [pull({ head: { sha: '1'.repeat(40), repo: FORK } })] }],
    ['of another fork', { pulls: [pull({ head: { sha: SHA, repo: { full_name: 'other/shop' } } })] }],
    ['that is closed', { pulls: [] }],
    ['that another branch is of', { pulls: [pull({ label: 'stranger:other' })] }],
    ['that did not start the workflow', { workflowRun: { event: 'push' } }],
  ] as [string, Given][])('%s gets no comment', async (_, given) => {
    const github = await new FakeGitHub().listen()
    const { code } = await forkComment(github, { json: JSON.stringify(good()), ...given })
    expect(code).toBe(0)
    expect(github.comments).toEqual([])
  })

  test('is none that the artifact names', async () => {
    const github = await new FakeGitHub().listen()
    const { code, output } = await forkComment(github, { json: JSON.stringify({ ...good(), number: 8 }) })
    expect(code).toBe(1)
    expect(output).toContain('it has members that should not be there')
    expect(github.asked).toEqual([])
  })
})

describe('an artifact that is not what it should be is refused', () => {
  const refused: [string, unknown, string][] = [
    ['no JSON', '{', 'it is not JSON'],
    ['a list', [], 'its "version" is not as it should be'],
    ['null', null, 'its "version" is not as it should be'],
    ['of another version', { ...good(), version: 2 }, 'its "version"'],
    ['of others', { ...good(), by: 'somebody' }, 'its "by"'],
    ['an unknown state', { ...good(), state: 'great' }, 'its "state"'],
    ['a time that is none', { ...good(), at: `${AT}<b>` }, 'its "at"'],
    ['counts that are text', { ...good(), counts: { failed: '1', undecided: 0, passed: 0 } }, 'its "counts"'],
    ['a negative count', { ...good(), left: -1 }, 'its "left"'],
    ['a test that is text', { ...good(), tests: ['x'] }, 'its "tests"'],
    ['a test that passed', { ...good(), tests: [{ name: 'x', state: 'passed', says: [] }] }, 'its "tests"'],
    ['a name that is an object', { ...good(), tests: [{ name: { a: 1 }, state: 'failed', says: [] }] }, 'its "tests"'],
    [
      'a text that is too long',
      { ...good(), tests: [{ name: 'x', state: 'failed', says: ['x'.repeat(2_000)] }] },
      'its "tests"',
    ],
    ['too many bytes', `${JSON.stringify(good())}${' '.repeat(70_000)}`, 'it has more than 65536 bytes'],
    ['a prototype', `{"__proto__":${JSON.stringify(good())}}`, 'its "version"'],
  ]
  test('whatever it is', { timeout: 240_000 }, async () => {
    const github = await new FakeGitHub().listen()
    for (const [what, value, found] of refused) {
      const json = typeof value === 'string' ? value : JSON.stringify(value)
      const { code, output } = await forkComment(github, { json })
      expect(code, what).toBe(1)
      expect(output, what).toMatch(/^::error::Failed to read comment.json: /m)
      expect(output, what).toContain(found)
    }
    expect(github.asked).toEqual([])
  })

  test('a link to another file, and a folder', async () => {
    const github = await new FakeGitHub().listen()
    const folder = temporary()
    const secret = join(temporary(), 'secret.json')
    writeFileSync(secret, JSON.stringify(good()))
    symlinkSync(secret, join(folder, 'comment.json'))
    const linked = await forkComment(github, { folder })
    expect(linked.code).toBe(1)
    expect(linked.output).toContain('it cannot be opened (ELOOP)')
    const other = temporary()
    mkdirSync(join(other, 'comment.json'))
    expect((await forkComment(github, { folder: other })).code).toBe(1)
    expect(github.asked).toEqual([])
  })

  test('a pipe, which would be waited for', async () => {
    const github = await new FakeGitHub().listen()
    const folder = temporary()
    execFileSync('mkfifo', [join(folder, 'comment.json')])
    const { code, output } = await forkComment(github, { folder })
    expect(code).toBe(1)
    expect(output).toContain('Failed to read comment.json: it is no file.')
    expect(github.asked).toEqual([])
    const own = { ACTION_REPORTS: folder, ACTION_CODE: '1', ACTION_TOKEN: 'a-token', GITHUB_REPOSITORY: 'team/shop' }
    const { code: ofJob, output: log } = await runScript('comment.mjs', [], temporary(), own)
    expect([ofJob, log]).toEqual([1, expect.stringContaining('Failed to read comment.json: it is no file.')])
  })
})

test('a fork that is gone, and a GitHub that refuses, are told without a stack', async () => {
  const github = await new FakeGitHub().listen()
  const json = JSON.stringify(good())
  const gone = await forkComment(github, { json, workflowRun: { head_repository: null } })
  expect(gone).toMatchObject({ code: 0, output: expect.stringContaining('The fork is not there any more.') })
  github.refuse = method => (method === 'GET' ? undefined : 403)
  const refused = await forkComment(github, { json })
  expect(refused.code).toBe(1)
  expect(refused.output.trim()).toBe(
    '::error::Failed to write the comment: GitHub responded with 403 (Resource not accessible by integration). ' +
      'The job needs permissions: { pull-requests: write }.',
  )
})
