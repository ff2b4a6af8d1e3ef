/*
 * Brings the comment on a pull request up to date with what the command left: one comment, written when something
 * failed or is undecided. Where it may not be written, the job's summary says why, and nothing fails.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { footer, GitHub, markerOf, Refused } from './github.mjs'
import { isThere, notice, readEvent, setOutput, step } from './job.mjs'

const { ACTION_REPORTS: folder = '', ACTION_CODE: code = '', ACTION_NAME: name = '', ACTION_TOKEN: token = '' } = env

/** What the package says of the run; where it says nothing, why. */
function found() {
  const [json, markdown] = ['comment.json', 'comment.md'].map(file => join(folder, file))
  if (folder !== '' && isThere(json) && isThere(markdown)) {
    const { state, accepted = [] } = JSON.parse(readFileSync(json, 'utf8'))
    // Its first line is the marker, which may have to be another one here.
    return {
      state,
      isAccepted: accepted.length > 0,
      body: readFileSync(markdown, 'utf8').replace(/^.*\n/, '').trimEnd(),
    }
  }
  if (code === '0') return { state: 'nothing', body: '## ▫️ Load tests: none ran' }
  const why = code === '' ? 'the job failed before they began' : `their command ended with exit code ${code}`
  return { state: 'failed', body: `## ❌ Load tests: none ran\n\nNothing was measured: ${why}.` }
}

function whyNot({ message, status }, pull) {
  const why = `No comment was written: ${message}.`
  if (status === undefined || ![401, 403, 404].includes(status)) return why
  const isFork = pull.head.repo?.full_name !== pull.base.repo.full_name
  return isFork
    ? `${why} This pull request comes from a fork, whose jobs may not write. A second workflow may: see docs/guide/pull-requests.md.`
    : `${why} Give the job permissions: { contents: read, pull-requests: write }.`
}

await step(async () => {
  const { state, isAccepted = false, body } = found()
  setOutput('state', state)
  const pull = readEvent().pull_request
  if (env.ACTION_COMMENT !== 'true' || pull === undefined) return
  const isWrong = state === 'failed' || state === 'undecided'
  const text = `${body}\n\n${footer(pull.head.sha, env.GITHUB_RUN_ID, env.ACTION_PAGES)}`
  try {
    // Who accepted what is for everybody to see.
    const comment = { marker: markerOf(name), body: text, isWrong: isWrong || isAccepted }
    const done = await new GitHub(token).stick(env.GITHUB_REPOSITORY, pull.number, comment)
    console.log(`The comment: ${done}.`)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (isWrong) notice(whyNot(error, pull))
    else console.log(`The comment was not looked for: ${error.message}.`)
  }
})
