import { basename, join, relative } from 'node:path'
import { chooseBase, isOnDefaultBranch } from '../../src/compare/base/choose.ts'
import { Git, isChanged, nameOf, type Revision, repositoryOf, revisionOf } from '../../src/compare/base/git.ts'
import { pathsOf, workingTreeOf } from '../../src/compare/base/worktree.ts'
import { suggestion } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { counted, quoted } from '../../src/ground/words.ts'
import { absoluteGlobs, globMatcher, slashed } from '../server/globs.ts'
import { isCi } from '../server/options.ts'
import { plainError } from './errors.ts'
import type { BaseSource, ResolvedCompareOptions } from './options.ts'
import type { CompareSettings } from './settings.ts'

/** Names of files that decide what is installed, built or tested, in any folder. */
const ALWAYS = [
  /^package(?:-lock)?\.json$|^npm-shrinkwrap\.json$|^pnpm-(?:lock|workspace)\.yaml$|^go\.(?:mod|sum)$/,
  /\.(?:lock|lockb|lockfile)$|^requirements.*\.txt$|^Dockerfile|^\.(?:npmrc|yarnrc\.yml|nvmrc|node-version|env.*)$/,
  /^vite(?:st)?\.(?:config|workspace)\.|\.arazzo\.(?:ya?ml|json)$/,
]

type Place = Pick<CompareSettings, 'root' | 'environment'>

/**
 * Why a load test has nothing to compare: none of the files that differ from base can affect it. Undefined if one can,
 * if the difference is not known, and on the default branch. Throws if a glob finds no file: then no change would ever
 * affect the load test.
 *
 * @param own absolute paths of the test file, its documents and the configuration.
 */
export async function whyUnaffected(
  affected: readonly string[],
  own: readonly string[],
  { base }: Pick<ResolvedCompareOptions, 'base'>,
  place: Place,
  signal: AbortSignal,
): Promise<string | undefined> {
  const difference = await differenceFrom(base, place, signal)
  if (difference === undefined) return undefined
  checkGlobs(affected, place.root, difference)
  const { changed } = difference
  const isMeant = globMatcher(absoluteGlobs(affected, place.root))
  const mine = new Set(own)
  if (changed.some(file => mine.has(file) || isMeant(file) || ALWAYS.some(names => names.test(basename(file)))))
    return undefined
  const from = `from base ${nameOf(difference.base)}`
  const globs = affected.join(', ')
  if (changed.length === 0) return `not affected: no file differs ${from}`
  if (changed.length === 1) return `not affected: the file that differs ${from} is not one of ${globs}`
  return `not affected: none of ${counted(changed.length, 'file')} that differ ${from} is one of ${globs}`
}

/**
 * How the working tree differs from base, with absolute paths: of files that differ, be they committed or not, and of
 * all that git has or would have. Undefined on the default branch, and if git cannot say: the comparison itself shows
 * what is wrong.
 */
async function differenceFrom(source: BaseSource, { root, environment: env }: Place, signal: AbortSignal) {
  try {
    const { top } = await repositoryOf(new Git(root, env, signal))
    const git = new Git(top, env, signal)
    const base = await baseOf(git, source, env, signal)
    if (base === undefined || (await isOnDefaultBranch(git, env))) return undefined
    const [{ paths }, known] = await Promise.all([workingTreeOf(git, base.commit), pathsOf(git, 'ls-files', '-z')])
    const [changed, all] = [paths, [...known, ...paths]].map(list => list.map(path => join(top, path)))
    return { base, changed: changed!, all: all! }
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

async function baseOf(
  git: Git,
  source: BaseSource,
  env: CompareSettings['environment'],
  signal: AbortSignal,
): Promise<Revision | undefined> {
  if (source.from === 'git') return (await chooseBase(git, source.ref, { env, isCi: isCi(env) })).base
  if (source.from !== 'folder') return undefined
  const there = new Git(source.folder, env, signal)
  return (await isChanged(there)) ? undefined : revisionOf(there, 'HEAD')
}

function checkGlobs(affected: readonly string[], root: string, { all }: { all: readonly string[] }): void {
  const useless = affected.filter(glob => !glob.startsWith('!') && !all.some(globMatcher(absoluteGlobs([glob], root))))
  const [first] = useless
  if (first === undefined) return
  const starts = new Set(all.map(file => slashed(relative(root, file)).split('/')[0]!))
  const guess = suggestion(first.split('/')[0]!, starts) ?? 'Globs start at the root of the project.'
  const found = `no file of the repository is meant by ${quoted(useless)}`
  throw plainError(failed('read', 'option affected', found, guess))
}
