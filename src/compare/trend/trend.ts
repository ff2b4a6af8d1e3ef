import { dirname, relative, sep } from 'node:path'
import { unitOf } from '../../budget/metrics/index.ts'
import type { RelativeBudget } from '../../budget/relative.ts'
import { grouped, medianOf } from '../../ground/group.ts'
import { plain } from '../../ground/plain.ts'
import { capitalized, counted } from '../../ground/words.ts'
import { describePlace, fingerprintOf } from '../../measure/environment.ts'
import { isWhole } from '../../measure/report.ts'
import { describeShape } from '../../report/figures.ts'
import { cut } from '../../report/text.ts'
import type { Range, Revision, StoredComparison } from '../comparison.ts'
import { figureOf } from '../degradation.ts'
import { CONFIDENCE } from '../judge.ts'
import { figuresIn, figuresOf, type StoredRun } from '../results/compare.ts'
import { shortName } from '../results/shown.ts'
import { changePoints } from '../statistics/change-points.ts'
import { reachOf, sampleOf } from '../statistics/sample.ts'
import { changeAlone, shortSubject, withRange } from '../words.ts'

/** One state of the sources. */
interface TrendPoint {
  /** Its commit, or what else it is called. */
  label: string
  /** Subject line of its commit. */
  subject?: string
  /** Whether a run of it has doubts: its figures may not be those of the application. */
  isDoubtful: boolean
  /** When the first of its runs began: ISO 8601. */
  at: string
  runs: number
}

/** A figure over all points of a series. */
export interface TrendFigure {
  name: string
  /** The figure, in the form of a budget. */
  of: RelativeBudget
  /** Mean of the runs of each point; absent if the runs have no value. */
  values: (number | undefined)[]
  /** 95 % interval of that mean, where there are several runs. */
  ranges: ([low: number, high: number] | undefined)[]
  /** Median of the points of the level that each is on. */
  levels: (number | undefined)[]
  /** First points of a new level. */
  changes: TrendChange[]
}

export interface TrendChange {
  at: number
  /** Levels before and after, in the unit of the figure. */
  from: number
  to: number
  chance: number
}

/** Runs of one plan on one machine, by their sources, in the order of time. Plain data. */
export interface TrendSeries {
  /** Name of the load test. */
  name: string
  load: string
  /** In words; absent where results do not say it. */
  machine: string
  points: TrendPoint[]
  figures: TrendFigure[]
}

/**
 * Series of results, those of other plans and other machines apart. Runs that did not go to their end, or lost
 * a host, are left out.
 */
export function trendOf(runs: readonly StoredRun[], root: string): TrendSeries[] {
  const groups = grouped(runs, run => (isWhole(run.result.report) ? seriesOf(run) : undefined))
  return [...groups.values()].map(group => oneSeries(group, root)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function seriesOf({ result: { name, test = name, project, report } }: StoredRun): string {
  const { workflow, model, shape } = report
  return JSON.stringify([test, project, workflow.workflowId, model, shape, fingerprintOf(report)])
}

function oneSeries(runs: readonly StoredRun[], root: string): TrendSeries {
  const labels = labelsOf(runs, root)
  const byLabel = grouped(runs, run => labels[runs.indexOf(run)])
  const begun = (group: readonly StoredRun[]) => group.map(({ result }) => result.report.startedAt).sort()[0]!
  const states = [...byLabel].sort(([, a], [, b]) => Date.parse(begun(a)) - Date.parse(begun(b)))
  const { name, report } = runs[0]!.result
  const groups = states.map(([, group]) => group)
  return {
    name: shortName(name),
    load: `${describeShape(report.shape)}, ${report.model} model`,
    machine: shortName(describePlace(report)),
    points: states.map(
      ([label, group]): TrendPoint => ({
        label,
        subject: group.find(({ result }) => result.subject !== undefined)?.result.subject,
        isDoubtful: group.some(({ result }) => result.report.doubts.length > 0),
        at: begun(group),
        runs: group.length,
      }),
    ),
    figures: figuresIn(report)
      .map(budget => trendFigure(budget, groups))
      .filter(({ values }) => values.some(value => value !== undefined && value > 0)),
  }
}

function trendFigure(of: RelativeBudget, groups: readonly StoredRun[][]): TrendFigure {
  const samples = groups.map(group => {
    const values = group.map(({ result }) => figureOf(of, figuresOf(result.report))).filter(one => one !== undefined)
    return values.length === 0 ? undefined : sampleOf(values)
  })
  const values = samples.map(sample => sample?.mean)
  const ranges = samples.map((sample): [number, number] | undefined => {
    if (sample === undefined || sample.count < 2) return undefined
    const reach = reachOf(sample, (1 - CONFIDENCE) / 2)
    return [Math.max(0, sample.mean - reach), sample.mean + reach]
  })
  return { name: shortSubject(of), of, values, ranges, ...levelsOf(values, 'factor' in of.allowed) }
}

/** @param isByFactor changes are shown as shares, and detected in logarithms. */
function levelsOf(values: TrendFigure['values'], isByFactor: boolean): Pick<TrendFigure, 'levels' | 'changes'> {
  const places = [...values.keys()].filter(i => values[i] !== undefined)
  const known = places.map(i => values[i]!)
  const found = changePoints(isByFactor ? known.map(Math.log) : known)
  const bounds = [0, ...found.map(({ at }) => at), known.length]
  const medians = bounds.slice(1).map((to, i) => medianOf(known.slice(bounds[i], to).sort((a, b) => a - b)))
  const levels: TrendFigure['levels'] = values.map(() => undefined)
  for (const [at, place] of places.entries()) levels[place] = medians[found.filter(change => change.at <= at).length]
  const changes = found.map(({ at, chance }, i) => ({
    at: places[at]!,
    from: medians[i]!,
    to: medians[i + 1]!,
    chance,
  }))
  return { levels, changes }
}

/** Folder of a load test's earlier runs. */
const EARLIER = 'earlier'

/** Columns of a label: commits are called as long as others like. */
const WIDEST_LABEL = 60

/**
 * Labels of the runs of a series: the commit; else the part of the folder that differs from the others, or the file if
 * one folder holds all; else the start time. Runs with the same label have the same sources.
 */
function labelsOf(runs: readonly StoredRun[], root: string): string[] {
  const folders = runs.map(({ place }) => partsOf(relative(root, dirname(place))))
  const files = runs.map(({ place }) => [relative(dirname(place), place).replace(/\.json$/, '')])
  const isOneFolder = folders.every(parts => parts.join(sep) === folders[0]!.join(sep))
  const own = differing(isOneFolder ? files : folders)
  return runs.map(({ result }, i) =>
    cut(plain(result.commit ?? (own[i] || nameOfTime(result.report.startedAt))), WIDEST_LABEL),
  )
}

const partsOf = (path: string) => path.split(sep).filter(part => part !== '' && part !== EARLIER)

/** Paths without their common beginning and end. */
function differing(paths: readonly (readonly string[])[]): string[] {
  const first = paths[0] ?? []
  let [begin, end] = [0, 0]
  const least = Math.min(...paths.map(path => path.length))
  while (begin < least && paths.every(path => path[begin] === first[begin])) begin++
  while (end < least - begin && paths.every(path => path.at(-1 - end) === first.at(-1 - end))) end++
  return paths.map(path => path.slice(begin, path.length - end).join('/'))
}

const nameOfTime = (at: string) => at.slice(0, 19).replace('T', ' ')

/** `p99 +12.1 % from 1a2b3c4 on: 51 ms, before 46 ms`. */
function changeSentence({ points }: TrendSeries, figure: TrendFigure, change: TrendChange): string {
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
export function changeWord({ of }: TrendFigure, { from, to }: TrendChange): string {
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
