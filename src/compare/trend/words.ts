import { unitOf } from '../../budget/metrics/index.ts'
import type { RelativeBudget } from '../../budget/relative.ts'
import { grouped } from '../../ground/group.ts'
import { plain } from '../../ground/plain.ts'
import { capitalized, counted } from '../../ground/words.ts'
import { cut } from '../../report/text.ts'
import type { Range, Revision, StoredComparison } from '../comparison.ts'
import { changeAlone, shortSubject, withRange } from '../words.ts'
import type { TrendFigure, TrendSeries } from './trend.ts'

/** `p99 +12.1 % from 1a2b3c4 on: 51 ms, before 46 ms`. */
function changeSentence({ points }: TrendSeries, figure: TrendFigure, change: TrendFigure['changes'][number]): string {
  const { at, from, to } = change
  const { name, of } = figure
  const [now, before] = [write(of, to), write(of, from)]
  return `${name} ${changeWord(figure, change)} from ${nameOf(points[at]!)} on: ${now}, before ${before}`
}

/** `1a2b3c4d5 "Prices come with tax"`, and a circle before a point with doubts. */
export function nameOf({ label, subject, isDoubtful }: TrendSeries['points'][number]): string {
  const named = subject === undefined ? label : `${label} "${cut(plain(subject), WIDEST_SUBJECT)}"`
  return isDoubtful ? `○ ${named}` : named
}

/** `+12.1 %`. */
export function changeWord({ of }: TrendFigure, { from, to }: TrendFigure['changes'][number]): string {
  return changeAlone(of, 'factor' in of.allowed ? to / from - 1 : to - from)
}

export const write = (of: TrendFigure['of'], value: number | undefined): string =>
  value === undefined ? 'no data' : unitOf(of).write(value, 3, value)

/** Every change of a series in words, in the order of time. */
export function changesIn(series: TrendSeries): string[] {
  return series.figures
    .flatMap(figure => figure.changes.map(change => ({ at: change.at, text: changeSentence(series, figure, change) })))
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text)
}

const WIDEST_SUBJECT = 60

/** Fewer points than this have too few orders for a change to stand out. */
const FEWEST = 9

/** `24 commits, 48 runs; 400 requests/s for 10 s, open model`. */
export function factsOf({ points, load }: TrendSeries): string {
  const runs = points.reduce((sum, point) => sum + point.runs, 0)
  const states = counted(points.length, 'point')
  return `${states}${runs > points.length ? ` of ${counted(runs, 'run')}` : ''}; ${load}`
}

/** Explains the marks, as a sentence. */
export function noteOf(series: TrendSeries): string {
  const circle = series.points.some(({ isDoubtful }) => isDoubtful) ? ' ○: a run had doubts.' : ''
  const count = series.figures.reduce((sum, { changes }) => sum + changes.length, 0)
  if (count > 0)
    return 'A change is marked where fewer than one in a hundred random orders look as much like one.' + circle
  const few = series.points.length < FEWEST ? `: ${FEWEST} points or more can show one` : ''
  return `${capitalized(`no change of level stands out${few}`)}.${circle}`
}

/** Comparisons of neighbouring commits, each of which has the head of the one before as its base. */
export interface Chain {
  /** Name of the load test. */
  name: string
  budget: RelativeBudget
  links: { base: Revision; head: Revision; change: Range }[]
  /** Change from the base of the first to the head of the last. */
  total: Range
}

/** Chains of two comparisons and more, for each budget. Of several comparisons of two commits the last one counts. */
export function chainsOf(comparisons: readonly StoredComparison[]): Chain[] {
  const inTime = [...comparisons].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const groups = grouped(inTime, ({ file, name, test = name, project }) => JSON.stringify([file, test, project]))
  return [...groups.values()].flatMap(group =>
    pathsOf(group).flatMap(path => {
      const budgets = path[0]!.comparison.budgets.map(({ budget }) => budget)
      return budgets.flatMap(budget => chainOf(path, budget) ?? [])
    }),
  )
}

/** Each comparison behind the one whose head is its base. */
function pathsOf(group: readonly StoredComparison[]): StoredComparison[][] {
  const byBase = new Map<string, StoredComparison>()
  for (const stored of group) {
    const { base, head } = stored.comparison
    if (base.commit !== undefined && head.commit !== undefined && base.commit !== head.commit)
      byBase.set(base.commit, stored)
  }
  const heads = new Set([...byBase.values()].map(({ comparison }) => comparison.head.commit))
  const firsts = [...byBase].filter(([base]) => !heads.has(base)).map(([, stored]) => stored)
  return firsts.map(first => {
    const path = [first]
    for (let next: StoredComparison | undefined = first; next !== undefined; ) {
      next = byBase.get(next.comparison.head.commit!)
      if (next === undefined || path.includes(next)) break
      path.push(next)
    }
    return path
  })
}

function chainOf(path: readonly StoredComparison[], budget: RelativeBudget): Chain | undefined {
  const links: Chain['links'] = []
  for (const { comparison } of path) {
    const change = comparison.budgets.find(one => one.budget.key === budget.key)?.change
    if (change === undefined) break
    links.push({ base: comparison.base, head: comparison.head, change })
  }
  if (links.length < 2) return undefined
  return { name: path[0]!.name, budget, links, total: totalOf(links, budget) }
}

/** Sum of independent changes, of shares in logarithms; the widths of the intervals add as their squares. */
function totalOf(links: Chain['links'], { allowed }: RelativeBudget): Range {
  const [to, from] = 'factor' in allowed ? [Math.log1p, Math.expm1] : [Number, Number]
  let [mean, below, above] = [0, 0, 0]
  for (const { change } of links) {
    mean += to(change.mean)
    below += (to(change.mean) - to(change.low)) ** 2
    above += (to(change.high) - to(change.mean)) ** 2
  }
  return { mean: from(mean), low: from(mean - Math.sqrt(below)), high: from(mean + Math.sqrt(above)) }
}

/** `1a2b3c4 "Prices come with tax"`. */
const revision = ({ commit = '', subject }: Revision): string =>
  `${commit}${subject === undefined ? '' : ` "${cut(plain(subject), 60)}"`}`

/** `checkout, p99 over 3 commits: +7.4 % (95 %: 5.1 to 9.7 %); the most by 1a2b3c4 "Tax": +6.1 % (…)`. */
export function chainSentence({ name, budget, links, total }: Chain): string {
  const size = ({ change }: Chain['links'][number]) => Math.abs(change.mean)
  const most = links.reduce((a, b) => (size(b) > size(a) ? b : a))
  const all = `${plain(name)}, ${shortSubject(budget)} over ${counted(links.length, 'commit')}`
  return `${all}: ${withRange(budget, total)}; the most by ${revision(most.head)}: ${withRange(budget, most.change)}.`
}

export const CHAIN_HEADS = ['Commit', 'Change', 'All up to it'] as const

/** The head of each link, its change, and the change of all up to it. */
export function chainRows({ budget, links }: Chain): string[][] {
  return links.map(({ head, change }, i) => {
    const upTo = totalOf(links.slice(0, i + 1), budget)
    return [revision(head), withRange(budget, change), changeAlone(budget, upTo.mean)]
  })
}
