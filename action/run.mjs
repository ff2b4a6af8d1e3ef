/*
 * Runs what the user wrote: `run.mjs setup` in head and in the base, `run.mjs command` in head, with the base's folder
 * in VITEST_ARAZZO_BASE. Outputs of the command are its exit `code` and the `folder` of reports.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process, { env } from 'node:process'
import { Git } from './git.mjs'
import { addToSummary, failed, notice, readEvent, setOutput, step } from './job.mjs'

const {
  ACTION_FOLDER: base = '',
  ACTION_ON_UNDECIDED: onUndecided = '',
  ACTION_REPORTS: reports = '',
  ACTION_RESTORED: restored = '',
  ACTION_SCRIPT: script = '',
  ...others
} = env
/** Exit code of a run of Vitest in which nothing failed and nothing was decided. */
const NOTHING_DECIDED = 3

function setup() {
  if (script.trim() === '') return
  const isBaseDue = base !== '' && restored !== 'true'
  const places = { head: process.cwd(), ...(isBaseDue && { base: join(base, withinRepository()) }) }
  for (const [side, folder] of Object.entries(places)) {
    if (!existsSync(folder)) throw failed('set up', side, `it has no folder ${withinRepository()}`)
    console.log(`::group::setup of ${side}`)
    const code = bash(folder, others)
    console.log('::endgroup::')
    if (code !== 0)
      throw failed('set up', side, `setup ended with exit code ${code}`, 'Its output is in the log of this step.')
  }
}

function withinRepository() {
  return relative(new Git(process.cwd()).run('rev-parse', '--show-toplevel'), process.cwd())
}

function command() {
  const folder = resolve(reports)
  setOutput('folder', folder)
  // It says that there is a summary: one that an earlier run has left says nothing of this one.
  const sign = join(folder, 'comment.json')
  rmSync(sign, { force: true })
  const code = bash(process.cwd(), {
    ...others,
    ...(base !== '' && { VITEST_ARAZZO_BASE: base }),
    ...(onUndecided !== '' && { VITEST_ARAZZO_ON_UNDECIDED: onUndecided }),
  })
  setOutput('code', String(code))
  if (existsSync(sign)) summarize(join(folder, 'summary.md'))
  else addToSummary(`**No load test ran**: the command ended with exit code ${code}.`)
  process.exitCode = code === NOTHING_DECIDED && isNeutral(sign) ? 0 : code
}

/** Whether a run that has decided nothing is no failure here. Another command may have the same exit code. */
function isNeutral(sign) {
  if (!existsSync(sign) || JSON.parse(readFileSync(sign, 'utf8')).state !== 'undecided') return false
  const isAllowed = onUndecided === 'pass' || (onUndecided !== 'fail' && readEvent().pull_request !== undefined)
  if (isAllowed) notice('No budget was decided, and none was missed. This does not fail the job.')
  return isAllowed
}

/** Where the command does not write to the job's summary itself, as in a container. */
function summarize(file) {
  const summary = env.GITHUB_STEP_SUMMARY
  const text = readFileSync(file, 'utf8')
  if (!summary || !existsSync(summary) || !readFileSync(summary, 'utf8').includes(text)) addToSummary(text)
}

function bash(cwd, environment) {
  const { status, signal, error } = spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
    ...{ cwd, env: environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) throw failed('run', 'bash', error.message)
  return status ?? (signal ? 128 : 1)
}

await step(() => {
  if (!['', 'fail', 'pass', 'rerun'].includes(onUndecided))
    throw failed('read', 'the input on-undecided', `it is "${onUndecided}"`, 'Write fail, pass or rerun.')
  return process.argv[2] === 'setup' ? setup() : command()
})
