import { counted } from '../../ground/words.ts'
import { SIDES, type SideName } from '../pair.ts'
import { LEAST_LAUNCHES } from './enough.ts'
import { processOf, type StoredLaunch, type StoredRun } from './launches.ts'

type Sides = Record<SideName, readonly StoredLaunch[]>

/** What the launches can tell and cannot, and what else bears on it: sentences. */
export function notesOn(sides: Sides, runs: Record<SideName, readonly StoredRun[]>): string[] {
  return [fewLaunches(sides), sameProcess(sides), inTurns(runs), doubts([...runs.base, ...runs.head])].filter(
    note => note !== undefined,
  )
}

function fewLaunches({ base, head }: Sides): string | undefined {
  const least = Math.min(base.length, head.length)
  if (least >= LEAST_LAUNCHES) return undefined
  const decide = `${LEAST_LAUNCHES} or more a side decide budgets.`
  if (base.length === 1 && head.length === 1)
    return (
      'one launch each: the difference may be that of two launches; one build started twice differs by 2 to 4 % in ' +
      `rates and CPU, and by far more in high percentiles. Nothing is decided; ${decide}`
    )
  if (least === 1)
    return `one launch of ${base.length === 1 ? 'base' : 'head'}: it may be any. Nothing is decided; ${decide}`
  return `${base.length} launches of base, ${head.length} of head: intervals are wide. Nothing is decided; ${decide}`
}

function sameProcess(sides: Sides): string | undefined {
  const [launch] = SIDES.flatMap(side => sides[side]).filter(runs => runs.length > 1)
  if (launch === undefined) return undefined
  return (
    `${counted(launch.length, 'result')} are of one process (${processOf(launch[0]!)}), and count as one launch: ` +
    'start the application anew for each run.'
  )
}

function inTurns({ base, head }: Record<SideName, readonly StoredRun[]>): string | undefined {
  const times = (runs: readonly StoredRun[]) => runs.map(({ result }) => Date.parse(result.report.startedAt))
  const [ofBase, ofHead] = [times(base), times(head)]
  const isApart = Math.max(...ofBase) < Math.min(...ofHead) || Math.max(...ofHead) < Math.min(...ofBase)
  if (!isApart) return undefined
  return 'one side ran before the other: what changed on the machine meanwhile is in the difference. Run them in turns.'
}

function doubts(runs: readonly StoredRun[]): string | undefined {
  const doubted = runs.filter(({ result }) => result.report.doubts.length > 0)
  if (doubted.length === 0) return undefined
  const kinds = [...new Set(doubted.flatMap(({ result }) => result.report.doubts.map(({ kind }) => kind)))]
  return `${doubted.length} of ${counted(runs.length, 'run')} have doubts of their own: ${kinds.join(', ')}.`
}
