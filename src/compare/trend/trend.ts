import { dirname, relative, sep } from 'node:path'
import type { RelativeBudget } from '../../budget/relative.ts'
import { grouped, medianOf } from '../../ground/group.ts'
import { plain } from '../../ground/plain.ts'
import { describePlace, fingerprintOf } from '../../measure/environment.ts'
import { isWhole } from '../../measure/report.ts'
import { describeShape } from '../../report/figures.ts'
import { cut } from '../../report/text.ts'
import { figureOf } from '../degradation.ts'
import { CONFIDENCE } from '../judge.ts'
import { figuresIn } from '../results/compare.ts'
import { figuresOf, type StoredRun } from '../results/launches.ts'
import { shortName } from '../results/shown.ts'
import { changePoints } from '../statistics/change-points.ts'
import { reachOf, sampleOf } from '../statistics/sample.ts'
import { shortSubject } from '../words.ts'

/** A figure over all points of a series; `of` is the figure, in the form of a budget. */
export type TrendFigure = ReturnType<typeof trendFigure>

/** Runs of one plan on one machine, by their sources, in the order of time. Plain data. */
export type TrendSeries = ReturnType<typeof trendOf>[number]

/**
 * Series of results, those of other plans and other machines apart. Runs that did not go to their end, or lost
 * a host, are left out.
 */
export function trendOf(runs: readonly StoredRun[], root: string) {
  const groups = grouped(runs, run => (isWhole(run.result.report) ? seriesOf(run) : undefined))
  return [...groups.values()].map(group => oneSeries(group, root)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function seriesOf({ result: { name, test = name, project, report } }: StoredRun): string {
  const { workflow, model, shape } = report
  return JSON.stringify([test, project, workflow.workflowId, model, shape, fingerprintOf(report)])
}

function oneSeries(runs: readonly StoredRun[], root: string) {
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
    points: states.map(([label, group]) => ({
      // Its commit, or what else it is called.
      label,
      // Subject line of its commit.
      subject: group.find(({ result }) => result.subject !== undefined)?.result.subject,
      // Whether a run of it has doubts: its figures may not be those of the application.
      isDoubtful: group.some(({ result }) => result.report.doubts.length > 0),
      // When the first of its runs began: ISO 8601.
      at: begun(group),
      runs: group.length,
    })),
    figures: figuresIn(report)
      .map(budget => trendFigure(budget, groups))
      .filter(({ values }) => values.some(value => value !== undefined && value > 0)),
  }
}

function trendFigure(of: RelativeBudget, groups: readonly StoredRun[][]) {
  const samples = groups.map(group => {
    const values = group.map(({ result }) => figureOf(of, figuresOf(result.report))).filter(one => one !== undefined)
    return values.length === 0 ? undefined : sampleOf(values)
  })
  // Mean of the runs of each point; absent if the runs have no value.
  const values = samples.map(sample => sample?.mean)
  // 95 % interval of that mean, where there are several runs.
  const ranges = samples.map((sample): [number, number] | undefined => {
    if (sample === undefined || sample.count < 2) return undefined
    const reach = reachOf(sample, (1 - CONFIDENCE) / 2)
    return [Math.max(0, sample.mean - reach), sample.mean + reach]
  })
  return { name: shortSubject(of), of, values, ranges, ...levelsOf(values, 'factor' in of.allowed) }
}

/** @param isByFactor changes are shown as shares, and detected in logarithms. */
function levelsOf(values: readonly (number | undefined)[], isByFactor: boolean) {
  const places = [...values.keys()].filter(i => values[i] !== undefined)
  const known = places.map(i => values[i]!)
  const found = changePoints(isByFactor ? known.map(Math.log) : known)
  const bounds = [0, ...found.map(({ at }) => at), known.length]
  const medians = bounds.slice(1).map((to, i) => medianOf(known.slice(bounds[i], to).sort((a, b) => a - b)))
  // Median of the points of the level that each is on.
  const levels: (number | undefined)[] = values.map(() => undefined)
  for (const [at, place] of places.entries()) levels[place] = medians[found.filter(change => change.at <= at).length]
  // First points of a new level, with the levels before and after, in the unit of the figure.
  const changes = found.map(({ at }, i) => ({ at: places[at]!, from: medians[i]!, to: medians[i + 1]! }))
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
