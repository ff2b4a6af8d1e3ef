import { counted } from '../../ground/words.ts'
import { LOOKS } from '../decision.ts'
import { SIDES, type SideName } from '../pair.ts'
import { processOf, type StoredLaunch, type StoredRun } from './launches.ts'

type Sides = Record<SideName, readonly StoredLaunch[]>

/** Sentences about the reliability of the launches, and other remarks. */
export function notesOn(sides: Sides, runs: Record<SideName, readonly StoredRun[]>): string[] {
  const all = [...runs.base, ...runs.head]
  return [fewLaunches(sides), ...sameProcess(sides), inTurns(runs), doubts(all)].filter(note => note !== undefined)
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

function sameProcess(sides: Sides): string[] {
  const several = SIDES.flatMap(side => sides[side]).filter(runs => runs.length > 1)
  const known = several.find(([run]) => !isUnclear(processOf(run!), sides))
  const unclear = several.find(([run]) => isUnclear(processOf(run!), sides))
  const notes: string[] = []
  if (known !== undefined)
    notes.push(
      `${counted(known.length, 'result')} are of one process (${processOf(known[0]!)}), and count as one launch: ` +
        'start the application anew for each run.',
    )
  if (unclear !== undefined) {
    const process = processOf(unclear[0]!)
    const why =
      process === undefined
        ? 'do not say of which process they are'
        : `have a process of the same number as the other side (${process}), as in containers`
    notes.push(
      `${counted(unclear.length, 'result')} of a side ${why}: they may be of one launch, and count as one. Where the ` +
        'application was started anew for each, say so: --each-is-a-launch.',
    )
  }
  return notes
}

/** Whether it is not known of results with this process that it was one: both sides cannot have had it. */
function isUnclear(process: string | undefined, sides: Sides): boolean {
  return process === undefined || SIDES.every(side => sides[side].some(([run]) => processOf(run!) === process))
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

/** Launches a side from which on budgets are decided: with fewer, intervals are too wide to be worth a decision. */
export const LEAST_LAUNCHES = LOOKS[0]!.pairs
