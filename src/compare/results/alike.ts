import { basename } from 'node:path'
import { failed } from '../../ground/fault.ts'
import { grouped } from '../../ground/group.ts'
import { counted, quoted } from '../../ground/words.ts'
import { fingerprintOf, placesDiffer } from '../../measure/environment.ts'
import { isWhole } from '../../measure/report.ts'
import { describeShape } from '../../report/shape.ts'
import type { StoredRun } from './launches.ts'

/** Properties that all results of a comparison must share. */
const COMMON: readonly { what: string; of: (run: StoredRun) => string; advice: string }[] = [
  {
    what: 'load test',
    of: ({ result: { name, test = name, project } }) => quoted([test]) + (project ? ` of project "${project}"` : ''),
    advice: 'Compare results of one load test.',
  },
  {
    what: 'workflow',
    // Base and head may lie in folders of their own.
    of: ({ result }) => `${basename(result.report.workflow.file)}#${result.report.workflow.workflowId}`,
    advice: 'Compare results of one workflow.',
  },
  { what: 'load', of: loadOf, advice: 'Compare results of the same load.' },
  {
    what: 'steps',
    of: ({ result }) => Object.keys(result.report.steps).join(', ') || 'none',
    advice: "Run both with the same document, head's.",
  },
]

function loadOf({ result: { report } }: StoredRun): string {
  return `${describeShape(report.shape)} (${report.model} model)`
}

/** Why results cannot be compared at all: everything that is wrong, each as a sentence. */
export function whyNotComparable(runs: readonly StoredRun[]): string[] {
  const faults = [...runs.flatMap(alone), ...sameRuns(runs)]
  const [first, ...others] = runs
  for (const { what, of, advice } of COMMON) {
    const wanted = of(first!)
    const different = others.filter(run => of(run) !== wanted)
    for (const [found, its] of grouped(different, of))
      faults.push(failed('compare', named(its), `${what} ${found}; in ${first!.place} ${wanted}`, advice))
  }
  const isSaid = new Set(COMMON.map(({ of }) => of(first!)))
  // Words leave out what is rarely written, such as a seed.
  const shape = ({ result }: StoredRun) => JSON.stringify(sorted(result.report.shape))
  const other = others.filter(run => shape(run) !== shape(first!) && isSaid.has(loadOf(run)))
  for (const [found, its] of grouped(other, shape))
    faults.push(failed('compare', named(its), `load ${found}; in ${first!.place} ${shape(first!)}`, COMMON[2]!.advice))
  return faults
}

function alone({ place, result: { report, runs = 1 } }: StoredRun): string[] {
  const cause = report.cause === undefined ? '' : ` (${report.cause})`
  const faults: string[] = []
  if (runs > 1) {
    const found = `${counted(runs, 'run')} were merged into it, and how they differed is lost`
    faults.push(failed('compare', place, found, 'Give the results that it was made of.'))
  }
  if (report.state !== 'completed') {
    const found = report.state === 'not run' ? `the load did not run${cause}` : `the run was cut short${cause}`
    faults.push(failed('compare', place, found, 'Give results of runs that went to their end.'))
  } else if (!isWhole(report)) {
    const found = 'a host was lost in the run, and with it a part of the load'
    faults.push(failed('compare', place, found, 'Give results of runs that had all of their hosts.'))
  }
  return faults
}

/** One run counts once, however many copies there are. */
function sameRuns(runs: readonly StoredRun[]): string[] {
  const known = new Map<string, string>()
  return runs.flatMap(({ place, result: { report } }) => {
    const { startedAt, requests, responseTime } = report
    const key = JSON.stringify([startedAt, requests, responseTime.histogram])
    const before = known.get(key)
    if (before === undefined) known.set(key, place)
    else {
      const found = before === place ? 'it is named twice' : `it is the same run as ${before}`
      return [failed('compare', place, found, 'Give each run once.')]
    }
    return []
  })
}

/** Why the figures of results do not compare although the load was the same: they come from different machines. */
export function machinesApart(runs: readonly StoredRun[]): string[] {
  const first = runs[0]!
  const wanted = fingerprintOf(first.result.report)
  const other = runs.filter(({ result }) => fingerprintOf(result.report) !== wanted)
  const groups = grouped(other, ({ result }) => placesDiffer(first.result.report, result.report).join('; '))
  return [...groups].map(([found, its]) => `${named(its)} ran on another machine than ${first.place}: ${found}.`)
}

/** `a.json`, `a.json and 4 others`. */
function named([first, ...others]: readonly StoredRun[]): string {
  return others.length === 0 ? first!.place : `${first!.place} and ${counted(others.length, 'other')}`
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
