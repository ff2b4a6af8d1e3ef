/*
 * The second of two workflows for pull requests from forks: `fork-comment.mjs <folder of the artifact>`, started by
 * `workflow_run`, with a token that may write. The artifact was made by code of the pull request: of it only
 * comment.json is read, as far as it is what it should be, and all of its texts are escaped. Which pull request it is
 * about says GitHub.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process, { env } from 'node:process'
import { escaped } from './escape.mjs'
import { footer, GitHub, markerOf, Refused } from './github.mjs'
import { failed, readEvent, step } from './job.mjs'

/** Bytes of comment.json. */
const MOST_READ = 65_536
/** Bytes of a comment. */
const MOST_WRITTEN = 60_000
const MARKS = { failed: '❌', undecided: '❔', passed: '✅' }
const STATES = Object.keys(MARKS)
/** Texts of a load test that are not folded. */
const IN_SIGHT = 3

/** Open pull requests whose newest commit is the one that was measured. */
async function pullsOf({ head_branch: branch, head_repository: from, head_sha: sha }, github) {
  if (!from) {
    console.log('The fork is not there any more.')
    return []
  }
  const head = encodeURIComponent(`${from.owner.login}:${branch}`)
  const pulls = await github.all(`/repos/${env.GITHUB_REPOSITORY}/pulls?state=open&head=${head}`)
  const own = pulls.filter(pull => pull.head.sha === sha && pull.head.repo?.full_name === from.full_name)
  if (own.length === 0) console.log('No open pull request has this commit as its newest.')
  return own.map(({ number }) => number)
}

/** What the artifact says; undefined where it has no such file. */
function read(file) {
  let handle
  try {
    // A pipe would be waited for.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw wrong(`it cannot be opened (${error.code})`)
  }
  try {
    const stats = fstatSync(handle)
    if (!stats.isFile()) throw wrong('it is no file')
    if (stats.size > MOST_READ) throw wrong(`it has more than ${MOST_READ} bytes`)
    return checked(parsed(readFileSync(handle, 'utf8')))
  } finally {
    closeSync(handle)
  }
}

const wrong = found =>
  failed('read', 'comment.json', found, 'It is not what vitest-arazzo writes; no comment is written.')

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong('it is not JSON')
  }
}

const isText = most => value => typeof value === 'string' && value.length <= most
const isCount = value => Number.isInteger(value) && value >= 0 && value <= 1e6
const isOneOf =
  (...all) =>
  value =>
    all.includes(value)
const isListOf = (most, of) => value => Array.isArray(value) && value.length <= most && value.every(of)

/** An object of just these members, each as it should be. */
const isObject = members => value =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length === Object.keys(members).length &&
  Object.entries(members).every(([name, is]) => Object.hasOwn(value, name) && is(value[name]))

const TEST = isObject({ name: isText(400), state: isOneOf('failed', 'undecided'), says: isListOf(20, isText(1500)) })
const MEMBERS = {
  version: isOneOf(1),
  by: isOneOf('vitest-arazzo'),
  state: isOneOf(...STATES),
  at: value => isText(30)(value) && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value),
  counts: isObject({ failed: isCount, undecided: isCount, passed: isCount }),
  tests: isListOf(1000, TEST),
  left: isCount,
  accepted: isListOf(20, isText(1500)),
}

function checked(value) {
  if (isObject(MEMBERS)(value)) return value
  const faulty = Object.entries(MEMBERS).find(([name, is]) => !is(value?.[name]))
  throw wrong(faulty ? `its "${faulty[0]}" is not as it should be` : 'it has members that should not be there')
}

function bodyOf({ state, counts, tests, left, accepted }) {
  const told = STATES.filter(one => counts[one] > 0).map(one => `${counts[one]} ${one}`)
  const heading = `## ${MARKS[state]} Load tests: ${told.join(', ')}`
  const title = [heading, ...accepted.map(text => `Accepted: ${escaped(text)}`)].join('\n\n')
  if (tests.length === 0 && left === 0) return `${title}\n\nNothing failed, and nothing is undecided.`
  const rows = tests.map(rowOf)
  let [size, shown] = [Buffer.byteLength(title) + 500, 0]
  for (const row of rows) {
    size += Buffer.byteLength(row) + 1
    if (size > MOST_WRITTEN) break
    shown++
  }
  const lost = left + rows.length - shown
  const table = ['| Load test | Result | Found |', '| --- | --- | --- |', ...rows.slice(0, shown)].join('\n')
  return [title, table, ...(lost > 0 ? [`_and ${lost} more._`] : [])].join('\n\n')
}

/** A load test with the first things that were found in sight, the others folded. */
function rowOf({ name, state, says }) {
  const texts = says.map(escaped)
  const rest = texts.slice(IN_SIGHT).join('<br>')
  const folded = rest === '' ? '' : `<details><summary>Details</summary>${rest}</details>`
  return `| ${escaped(name)} | ${MARKS[state]}&nbsp;${state} | ${texts.slice(0, IN_SIGHT).join('<br>')}${folded} |`
}

const noData = isWrong =>
  isWrong ? '## ❌ Load tests: none ran\n\nNothing was measured: the job failed before.' : '## ▫️ Load tests: none ran'

await step(async () => {
  const { workflow_run: run } = readEvent()
  if (run?.event !== 'pull_request') return console.log('The workflow was not started by a pull request.')
  const data = read(join(process.argv[2] ?? '.', 'comment.json'))
  const state = data?.state ?? (run.conclusion === 'success' ? 'nothing' : 'failed')
  const isWrong = state === 'failed' || state === 'undecided'
  const body = `${data === undefined ? noData(isWrong) : bodyOf(data)}\n\n${footer(run.head_sha, run.id)}`
  const github = new GitHub(env.ACTION_TOKEN)
  try {
    for (const number of await pullsOf(run, github)) {
      const comment = {
        marker: markerOf(env.ACTION_NAME ?? 'vitest-arazzo'),
        body,
        isWrong: isWrong || data?.accepted.length > 0,
      }
      console.log(`The comment on ${number}: ${await github.stick(env.GITHUB_REPOSITORY, number, comment)}.`)
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw failed('write', 'the comment', error.message, 'The job needs permissions: { pull-requests: write }.')
  }
})
