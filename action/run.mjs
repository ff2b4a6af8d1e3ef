/*
 * Runs what the user wrote, with the commit of the base and the setup of both sides in its environment. Without a base
 * the setup is run here. Outputs are the exit `code` of the command and the `folder` of reports.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process, { env } from 'node:process'
import { ANY_OWNER, Git, withConfig } from './git.mjs'
import { addToSummary, failed, isThere, notice, readEvent, setOutput, step } from './job.mjs'

const {
  ACTION_CACHE: cache = '',
  ACTION_COMMIT: commit = '',
  ACTION_ON_INCONCLUSIVE: onInconclusive = '',
  ACTION_ON_UNDECIDED: onUndecided = '',
  ACTION_REPORTS: reports = '',
  ACTION_SCRIPT: script = '',
  ACTION_SETUP: setup = '',
  ...others
} = env
/** Exit code of a run of Vitest in which nothing failed and nothing was decided. */
const NOTHING_DECIDED = 3

function run() {
  if (onUndecided !== '')
    throw failed('read', 'on-undecided', 'there is no such input', "Use on-inconclusive: 'fail', 'skip' or 'rerun'.")
  if (commit === '' && setup.trim() !== '') {
    console.log('::group::setup')
    const code = bash(setup, others)
    console.log('::endgroup::')
    if (code !== 0)
      throw failed('set up', 'head', `setup ended with exit code ${code}`, 'Its output is in the log of this step.')
  }
  const folder = resolve(reports)
  setOutput('folder', folder)
  // It says that there is a summary: one that an earlier run has left says nothing of this one.
  const sign = join(folder, 'comment.json')
  rmSync(sign, { force: true })
  const code = bash(script, {
    ...(commit === '' ? { ...others, VITEST_ARAZZO_BASE_COMMIT: 'none' } : withBase()),
    ...(onInconclusive !== '' && { VITEST_ARAZZO_ON_INCONCLUSIVE: onInconclusive }),
  })
  setOutput('code', String(code))
  if (isThere(sign) && isThere(join(folder, 'summary.md'))) summarize(join(folder, 'summary.md'))
  else addToSummary(`**No load test ran**: the command ended with exit code ${code}.`)
  process.exitCode = code === NOTHING_DECIDED && isNeutral(sign) ? 0 : code
}

/** Both sides are worktrees, which the setup makes ready in the folder that stands for this one. */
function withBase() {
  const within = relative(new Git(process.cwd()).run('rev-parse', '--show-toplevel'), process.cwd())
  const file = join(env.RUNNER_TEMP, 'vitest-arazzo-setup.sh')
  const place = `'${within.replaceAll('\\', '/').replaceAll("'", `'\\''`)}'`
  writeFileSync(file, `cd "$(git rev-parse --show-toplevel)"/${place}\n${setup}\n`)
  return {
    ...withConfig(others, [ANY_OWNER]),
    VITEST_ARAZZO_BASE_COMMIT: commit,
    ...(setup.trim() !== '' && { VITEST_ARAZZO_SETUP: `bash -eo pipefail "${file}"` }),
    ...(cache !== '' && { VITEST_ARAZZO_CACHE: cache }),
  }
}

/** Whether a run that has decided nothing is no failure here. Another command may have the same exit code. */
function isNeutral(sign) {
  if (!isThere(sign) || JSON.parse(readFileSync(sign, 'utf8')).state !== 'undecided') return false
  const isAllowed = onInconclusive === 'skip' || (onInconclusive !== 'fail' && readEvent().pull_request !== undefined)
  if (isAllowed) notice('No budget was decided, and none was missed. This does not fail the job.')
  return isAllowed
}

/** Where the command does not write to the job's summary itself, as in a container. */
function summarize(file) {
  const summary = env.GITHUB_STEP_SUMMARY
  const text = readFileSync(file, 'utf8')
  if (!summary || !existsSync(summary) || !readFileSync(summary, 'utf8').includes(text)) addToSummary(text)
}

function bash(script, environment) {
  const { status, signal, error } = spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) throw failed('run', 'bash', error.message)
  return status ?? (signal ? 128 : 1)
}

await step(() => {
  if (!['', 'fail', 'skip', 'rerun'].includes(onInconclusive))
    throw failed('read', 'the input on-inconclusive', `it is "${onInconclusive}"`, 'Write fail, skip or rerun.')
  run()
})
