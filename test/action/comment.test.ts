import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LoadRun } from '../../plugin/reporter/run-tests.ts'
import { commentData, commentText, summaryText } from '../../plugin/reporter/run-texts.ts'
import { aComparison, aRun, failedTest, passedTest, undecidedTest } from '../plugin/reporter/runs.ts'
import { FakeGitHub } from './fake-github.ts'
import { type Ran, runScript, temporary } from './job.ts'
import { pullRequest } from './repository.ts'

/* The step of action.yml that comments, against a server that is as GitHub is. */

const HEAD = 'abc1234def'.padEnd(40, '0')
const MARKER = '<!-- vitest-arazzo -->'

/** A folder of reports as the package leaves it. */
function reportsOf(loadRun: LoadRun): string {
  const folder = join(temporary(), '.vitest-arazzo')
  mkdirSync(folder)
  writeFileSync(join(folder, 'summary.md'), summaryText(loadRun))
  writeFileSync(join(folder, 'comment.md'), commentText(loadRun))
  writeFileSync(join(folder, 'comment.json'), JSON.stringify(commentData(loadRun, '2026-11-27T13:00:00.000Z')))
  return folder
}

type Told = Pick<Ran, 'log' | 'summary'> & { code: number | null; state: string }

/** Runs the step. */
async function comment(github: FakeGitHub, given: Given = {}): Promise<Told> {
  const { reports = reportsOf(aRun([failedTest()])), event = pullRequest(HEAD), code: ended = '1', env = {} } = given
  const runner = temporary()
  const at = (name: string) => join(runner, name)
  writeFileSync(at('event.json'), JSON.stringify(event))
  for (const name of ['output', 'summary']) writeFileSync(at(name), '')
  const { code, output } = await runScript('comment.mjs', [], runner, {
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_PATH: at('event.json'),
    GITHUB_OUTPUT: at('output'),
    GITHUB_REPOSITORY: 'team/shop',
    GITHUB_RUN_ID: '4711',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_STEP_SUMMARY: at('summary'),
    ACTION_CODE: ended,
    ACTION_COMMENT: 'true',
    ACTION_NAME: 'vitest-arazzo',
    ACTION_REPORTS: reports,
    ACTION_RETRY_PAUSE: '1',
    ACTION_TOKEN: 'a-token',
    ...env,
  })
  const state = /^state=(.*)$/m.exec(readFileSync(at('output'), 'utf8'))?.[1] ?? ''
  return { code, log: output, summary: readFileSync(at('summary'), 'utf8'), state }
}

interface Given {
  reports?: string
  event?: object
  code?: string
  env?: Record<string, string>
}

const green = () => reportsOf(aRun([passedTest()]))

describe('one comment', () => {
  test('is written when something failed, and brought up to date until all is well', async () => {
    const github = await new FakeGitHub().listen()
    github.has('Looks good!', { login: 'someone', type: 'User' })
    const first = await comment(github)
    expect(first, first.log).toMatchObject({ code: 0, state: 'failed', summary: '' })
    expect(github.comments).toHaveLength(2)
    const [, written] = github.comments
    expect(written!.body).toMatch(/^<!-- vitest-arazzo -->\n## ❌ Load tests: 1 failed\n/)
    expect(written!.body).toContain('Of abc1234, by [this run](https://github.example/team/shop/actions/runs/4711)')

    const second = await comment(github, { reports: reportsOf(aRun([undecidedTest()])) })
    expect(second).toMatchObject({ code: 0, state: 'undecided' })
    expect(written!.body).toMatch(/^<!-- vitest-arazzo -->\n## ❔ Load tests: 1 undecided\n/)

    const third = await comment(github, { reports: green(), code: '0' })
    expect(third).toMatchObject({ code: 0, state: 'passed' })
    expect(written!.body).toMatch(
      /^<!-- vitest-arazzo -->\n## ✅ Load tests: 1 passed\n\n\|.*\n.*\n\| browsing \| ✅&nbsp;passed/,
    )
    expect(github.comments).toHaveLength(2)
  })

  test('is not written when all is well, nor where there is nothing', async () => {
    const github = await new FakeGitHub().listen()
    expect(await comment(github, { reports: green(), code: '0' })).toMatchObject({ code: 0, state: 'passed' })
    expect(await comment(github, { reports: temporary(), code: '0' })).toMatchObject({ code: 0, state: 'nothing' })
    expect(github.comments).toEqual([])
    expect(github.asked.filter(asked => !asked.startsWith('GET '))).toEqual([])
  })

  test('is written when all is well, if a change was accepted', async () => {
    const github = await new FakeGitHub().listen()
    const accepted = [{ budget: 'p99', allowed: '+30 %', instead: '+5 %', commit: '5d6e7f8', author: 'Ann' }]
    const comparison = aComparison({ p99: 'base + 30%' }, undefined, { accepted })
    const reports = reportsOf(aRun([passedTest('checkout', { comparison })]))
    expect(await comment(github, { reports, code: '0' })).toMatchObject({ code: 0, state: 'passed' })
    expect(github.comments[0]!.body).toContain('accepted p99 +30 % instead of +5 %, by Ann in 5d6e7f8')
  })

  test('says that nothing was measured when the command left no files', async () => {
    const github = await new FakeGitHub().listen()
    expect(await comment(github, { reports: temporary() })).toMatchObject({ code: 0, state: 'failed' })
    expect(github.comments[0]!.body).toContain('Nothing was measured: their command ended with exit code 1.')
    expect(await comment(github, { reports: '', code: '' })).toMatchObject({ code: 0, state: 'failed' })
    expect(github.comments[0]!.body).toContain('Nothing was measured: the job failed before they began.')
    await comment(github, { reports: temporary(), code: '0' })
    expect(github.comments.map(({ body }) => body.split('\n')[1])).toEqual(['## ▫️ Load tests: none ran'])
  })

  test('is found on any page, and is none that others wrote', async () => {
    const github = await new FakeGitHub().listen()
    for (let i = 0; i < 120; i++) github.has(`comment ${i}`, { login: 'someone', type: 'User' })
    const forged = github.has(`${MARKER}\nAll is well.`, { login: 'someone', type: 'User' })
    const quoted = github.has(`I saw this:\n${MARKER}`)
    for (let i = 0; i < 110; i++) github.has(`comment ${i}`, { login: 'someone', type: 'User' })
    // As GitHub keeps what was written in a browser.
    const own = github.has(`${MARKER}\r\n## as it was`)
    await comment(github)
    expect(own.body).toMatch(/^<!-- vitest-arazzo -->\n## ❌/)
    expect([forged.body, quoted.body]).toEqual([`${MARKER}\nAll is well.`, `I saw this:\n${MARKER}`])
    expect(github.comments).toHaveLength(233)
  })

  test("with a person's token is that person's", async () => {
    const github = await new FakeGitHub().listen()
    github.user = 'robot'
    const other = github.has(`${MARKER}\nof a job`)
    const own = github.has(`${MARKER}\nof the robot`, { login: 'robot', type: 'User' })
    await comment(github)
    expect(other.body).toBe(`${MARKER}\nof a job`)
    expect(own.body).toContain('1 failed')
  })

  test('is one for each name of an artifact', async () => {
    const github = await new FakeGitHub().listen()
    await comment(github)
    await comment(github, { env: { ACTION_NAME: 'load-->on node 22' } })
    const markers = github.comments.map(({ body }) => body.split('\n')[0])
    expect(markers).toEqual([MARKER, '<!-- vitest-arazzo: load-on node 22 -->'])
  })

  test('is not asked for', async () => {
    const github = await new FakeGitHub().listen()
    await comment(github, { env: { ACTION_COMMENT: 'false' } })
    await comment(github, { event: { repository: {} } })
    expect(github.asked).toEqual([])
  })
})

describe('without permission', () => {
  test('nothing fails, and the summary says why', async () => {
    const github = await new FakeGitHub().listen()
    github.refuse = method => (method === 'GET' ? undefined : 403)
    const fork = await comment(github, { event: pullRequest(HEAD, { from: 'stranger/shop' }) })
    expect(fork).toMatchObject({ code: 0, state: 'failed' })
    expect(fork.summary.trim()).toBe(
      '> [!NOTE]\n> No comment was written: GitHub responded with 403 (Resource not accessible by integration). ' +
        'This pull request comes from a fork, whose jobs may not write. A second workflow may: see docs/guide/pull-requests.md.',
    )
    const own = await comment(github)
    expect(own.code).toBe(0)
    expect(own.summary).toContain('Give the job permissions: \\{ contents: read, pull-requests: write \\}.')
    expect(github.comments).toEqual([])
  })

  test('to read, and all is well: nobody needs to know', async () => {
    const github = await new FakeGitHub().listen()
    github.refuse = () => 404
    expect(await comment(github, { reports: green(), code: '0' })).toMatchObject({ code: 0, summary: '' })
    expect((await comment(github)).summary).toContain('No comment was written: GitHub responded with 404')
  })
})

describe('when GitHub has a bad day', () => {
  test('it is asked again, but nothing is written twice', async () => {
    const github = await new FakeGitHub().listen()
    github.refuse = (method, _, tried) =>
      method === 'GET' && tried === 1 ? 0 : method === 'GET' && tried === 2 ? 502 : undefined
    expect(await comment(github)).toMatchObject({ code: 0, summary: '' })
    expect(github.comments).toHaveLength(1)

    github.comments.length = 0
    github.refuse = method => (method === 'POST' ? 502 : undefined)
    const { code, summary } = await comment(github)
    expect(code).toBe(0)
    expect(summary).toContain('No comment was written: GitHub responded with 502')
    expect(github.asked.filter(asked => asked.startsWith('POST'))).toHaveLength(2)
  })

  test('nothing fails when it does not respond', async () => {
    const github = await new FakeGitHub().listen()
    await github.close()
    const { code, summary } = await comment(github)
    expect(code).toBe(0)
    expect(summary).toContain('No comment was written: GitHub does not respond (ECONNREFUSED).')
  })
})

test('files that are not what they should be are a fault, not a pass', async () => {
  const github = await new FakeGitHub().listen()
  const reports = reportsOf(aRun([failedTest()]))
  writeFileSync(join(reports, 'comment.json'), '{')
  expect((await comment(github, { reports })).code).toBe(1)
  rmSync(reports, { recursive: true })
  expect(github.comments).toEqual([])
})
