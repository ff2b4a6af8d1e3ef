/*
 * Finds the commit that head is to be compared with: output `commit`. A shallow clone is deepened as far as it takes.
 * If the base is to be kept as its setup leaves it, the outputs `cache` and `key` are the folder and its name.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import process, { env } from 'node:process'
import { plain } from './escape.mjs'
import { commonAncestor, Git, remoteCommit } from './git.mjs'
import { failed, readEvent, setOutput, step, Told } from './job.mjs'

/** What the event says to compare with. */
function baseOf(event, git) {
  const { pull_request: pull, merge_group: group, repository } = event
  if (pull) {
    // GitHub tests a merge of the pull request into its base: what was merged into is all but the pull request.
    const [into, merged] = git.parents('HEAD')
    if (merged !== undefined && merged === pull.head.sha) {
      git.have(into)
      haveCommits(into, git)
      return into
    }
    return ancestorIn(`refs/heads/${pull.base.ref}`, git)
  }
  if (group) return commonAncestor(git, git.have(group.base_sha))
  const branch = `refs/heads/${repository.default_branch}`
  return env.GITHUB_REF === branch ? before(git) : ancestorIn(branch, git)
}

/** All commits of the pull request, which may accept changes in their messages. The comparison needs none of them. */
function haveCommits(into, git) {
  try {
    commonAncestor(git, into)
  } catch (error) {
    if (!(error instanceof Told)) throw error
    console.log(
      `Commits of the pull request were not fetched, and Load-Accept in them is not seen. ${plain(error.message)}`,
    )
  }
}

/** What the input says: a branch, a tag or a commit. */
function since(base, git) {
  if (base.startsWith('-') || git.ask('check-ref-format', `refs/heads/${base}`) === undefined)
    throw failed('find', 'the base', `"${base}" is not a valid name of a branch, tag or commit`)
  const commit = remoteCommit(git, `refs/heads/${base}`) ?? remoteCommit(git, `refs/tags/${base}`)
  if (commit === undefined && !/^[0-9a-f]{40}$/.test(base))
    throw failed('find', 'the base', `origin has no branch and no tag "${base}"`, 'Write its name, or a whole hash.')
  return ofAncestor(commonAncestor(git, git.have(commit ?? base)), git)
}

function ancestorIn(ref, git) {
  const commit = remoteCommit(git, ref)
  if (commit === undefined) throw failed('find', 'the base', `origin has no ${ref}`, 'Write another: base.')
  return ofAncestor(commonAncestor(git, git.have(commit)), git)
}

/** Where the base holds head already, it is compared with the commit before. */
const ofAncestor = (commit, git) => (commit === git.head ? before(git) : commit)

function before(git) {
  const [parent] = git.parents('HEAD')
  if (parent === undefined)
    throw failed('find', 'the base', 'this is the first commit', 'Write base: none to run without one.')
  return git.have(parent)
}

/** Names what a base is after its setup: another commit, command, machine image or Node.js makes another one. */
function keyOf(commit, script) {
  const { ImageOS = '', ImageVersion = '' } = env
  const about = [script, process.cwd(), process.platform, process.arch, process.version, ImageOS, ImageVersion]
  return `vitest-arazzo-base-${commit}-${createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 16)}`
}

await step(() => {
  const { ACTION_BASE: base = '', ACTION_CACHE = 'false', ACTION_SCRIPT: script = '', ACTION_TOKEN: token } = env
  if (!['true', 'false'].includes(ACTION_CACHE))
    throw failed('read', 'the input cache', `it is "${ACTION_CACHE}"`, 'Write true or false.')
  if (base === 'none') return console.log('No base: base is "none".')
  const git = new Git(process.cwd(), token)
  const commit = base === '' ? baseOf(readEvent(), git) : since(base, git)
  console.log(`The base is ${plain(git.run('log', '-1', '--format=%h %s', commit))}`)
  setOutput('commit', commit)
  if (ACTION_CACHE === 'false' || script.trim() === '') return
  setOutput('cache', join(env.RUNNER_TEMP, 'vitest-arazzo-cache'))
  setOutput('key', keyOf(commit, script))
})
