import { dirname, relative, sep } from 'node:path'
import { plain } from '../../ground/plain.ts'
import { cut } from '../../report/text.ts'
import type { StoredRun } from '../results/launches.ts'

/** Where earlier runs of a load test are kept. */
const EARLIER = 'earlier'

/** Columns of a label: commits are called as long as others like. */
const WIDEST_LABEL = 60

/**
 * What each run of a series is called: by its commit; else by that part of its folder by which it differs from the
 * others, or by the file where one folder holds all; else by when it began. Runs of one name are of one state of the
 * sources.
 */
export function labelsOf(runs: readonly StoredRun[], root: string): string[] {
  const folders = runs.map(({ place }) => partsOf(relative(root, dirname(place))))
  const files = runs.map(({ place }) => [relative(dirname(place), place).replace(/\.json$/, '')])
  const isOneFolder = folders.every(parts => parts.join(sep) === folders[0]!.join(sep))
  const own = differing(isOneFolder ? files : folders)
  return runs.map(({ result }, i) =>
    cut(plain(result.commit ?? (own[i] || nameOfTime(result.report.startedAt))), WIDEST_LABEL),
  )
}

const partsOf = (path: string) => path.split(sep).filter(part => part !== '' && part !== EARLIER)

/** What is left of each path without what all begin with and all end with. */
function differing(paths: readonly (readonly string[])[]): string[] {
  const first = paths[0] ?? []
  let [begin, end] = [0, 0]
  const least = Math.min(...paths.map(path => path.length))
  while (begin < least && paths.every(path => path[begin] === first[begin])) begin++
  while (end < least - begin && paths.every(path => path.at(-1 - end) === first.at(-1 - end))) end++
  return paths.map(path => path.slice(begin, path.length - end).join('/'))
}

const nameOfTime = (at: string) => at.slice(0, 19).replace('T', ' ')
