import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLatency, metricOf } from '../src/budget/metrics/index.ts'
import { WORK } from '../src/budget/metrics/resources.ts'
import { profileSection } from '../src/cause/icicle.ts'
import type { LookOptions } from '../src/cause/look.ts'
import { causeOfMemory } from '../src/cause/memory-pass.ts'
import { type CauseOfCost, causeOfCost, type PassOptions, type Work } from '../src/cause/pass.ts'
import { profileFiles } from '../src/cause/profile-files.ts'
import { longerWait, moreTrips } from '../src/cause/round-trips.ts'
import { Git } from '../src/compare/base/git.ts'
import type { ComparedBudget, Comparison } from '../src/compare/comparison.ts'
import { SIDES, type SideName } from '../src/compare/pair.ts'
import { tried } from '../src/ground/tried.ts'
import { formatShare, type Milliseconds, type Share } from '../src/ground/units.ts'
import type { Cause, CauseFunction } from '../src/measure/report.ts'
import type { ProfileFile } from '../src/report/files.ts'
import type { PageSection } from '../src/report/page-section.ts'
import { type CompareSettings, causeSettings } from './compare/settings.ts'
import type { Sides } from './compare/sides.ts'

/** Part of the change of a latency or a rate that CPU time has to explain: a wait is in no function. */
const EXPLAINED: Share = 1 / 3

interface Decided extends Pick<PassOptions, 'duel' | 'signal'> {
  sides: Sides
  settings: CompareSettings
  seed: number
  /** Puts the load on one launch. */
  load: LookOptions['load']
}

interface Found {
  comparison: Comparison
  /** Files to write next to its result. */
  files: ProfileFile[]
  /** Further parts of its page; absent without profiles. */
  section?: Pick<PageSection, 'icicle' | 'tables'>
}

/** The comparison, with the cause of each budget that failed. The verdicts stay as they are. */
export async function withCause(comparison: Comparison, decided: Decided): Promise<Found> {
  const { sides, settings, signal } = decided
  const { when, maxDuration } = settings.cause ?? causeSettings({})
  const { checkouts } = sides
  const wanted = comparison.budgets.filter(({ verdict }) => when === true || verdict === 'fail')
  const ofMemory = wanted.filter(({ budget }) => metricOf(budget).cause === 'memory')
  const ofCost = wanted.filter(one => metricOf(one.budget).cause !== undefined && !ofMemory.includes(one))
  const isOver = signal.aborted || comparison.cause !== undefined || when === false
  if (checkouts === undefined || isOver || ofCost.length + ofMemory.length === 0) return { comparison, files: [] }
  const each = ofCost.length > 0 && ofMemory.length > 0 ? maxDuration / 2 : maxDuration
  const cost = ofCost.length > 0 ? await costOf(decided, checkouts, each, workWithout(comparison)) : undefined
  const memory = ofMemory.length > 0 ? await memoryIn(decided, checkouts, each) : undefined
  const causeOf = (one: ComparedBudget) =>
    ofCost.includes(one) ? cost!.causeOf(one) : ofMemory.includes(one) ? memory!.causeOf(one) : undefined
  const budgets = comparison.budgets.map(one => {
    const cause = causeOf(one)
    return cause === undefined ? one : { ...one, cause: inProject(cause, checkouts.project) }
  })
  return {
    comparison: { ...comparison, budgets },
    files: [...(cost?.files ?? []), ...(memory?.files ?? [])],
    ...(cost?.section && { section: cost.section }),
  }
}

type Checkouts = NonNullable<Sides['checkouts']>

/** CPU time a request without profilers; absent if it was not measured. */
const workWithout = ({ budgets, beside = [] }: Comparison): ComparedBudget | undefined =>
  [...budgets, ...beside].find(({ budget }) => budget.metric === WORK && budget.step === undefined)

async function costOf(
  decided: Decided,
  checkouts: Checkouts,
  maxDuration: Milliseconds,
  work: ComparedBudget | undefined,
) {
  const { sides, settings, duel, seed, signal } = decided
  const { commit } = sides.revisions.base ?? {}
  const git = new Git(checkouts.head, settings.environment, signal)
  const diff = commit === undefined ? undefined : await git.ask('diff', ...DIFF, commit, '--').catch(() => undefined)
  const without = work?.figures
  const grown = work && growthIn(work)
  const found = await causeOfCost({ sides, checkouts, duel, seed, signal, maxDuration, diff, grown })
  const { cause, profiles, costs } = found
  const known = without === undefined ? found : { ...found, ...withoutProfilers(found, without) }
  const causeOf = (one: ComparedBudget) => causeFor(one, cause, known)
  if (profiles === undefined || costs === undefined) return { causeOf, files: [] }
  const sideOf = (side: SideName) => ({ profiles: profiles[side], cost: costs[side], checkout: checkouts[side] })
  const section = profileSection({ base: sideOf('base'), head: sideOf('head') })
  return { causeOf, files: SIDES.flatMap(side => profileFiles(side, profiles[side])), section }
}

/** Limits of the growth of a figure, as a share of base's. */
function growthIn({ budget, change, figures }: ComparedBudget): PassOptions['grown'] {
  if (change === undefined || figures === undefined) return undefined
  const unit = 'amount' in budget.allowed ? figures.base : 1
  return { low: change.low / unit, high: change.high / unit }
}

/** Growth and work as they are without profilers, which take CPU time while an application waits, too. */
function withoutProfilers(
  { work, costs }: Pick<CauseOfCost, 'work' | 'costs'>,
  { base, head }: Record<SideName, number>,
): Pick<CauseOfCost, 'growth' | 'work'> {
  const growth = head / base - 1
  if (work === undefined || costs === undefined) return { growth }
  return { growth, work: { ...work, added: head - base, busy: (work.busy * head) / costs.head } }
}

async function memoryIn(
  { sides, load, signal }: Decided,
  checkouts: Checkouts,
  maxDuration: Milliseconds,
): Promise<{ causeOf: (one: ComparedBudget) => Cause; files: ProfileFile[] }> {
  try {
    const { causeBy, files } = await causeOfMemory({ sides, checkouts, load, signal, maxDuration })
    const causeOf = ({ budget, figures }: ComparedBudget) =>
      causeBy(budget.metric === 'memory' && figures ? figures.head - figures.base : undefined)
    return { causeOf, files }
  } catch (error) {
    const reason = signal.aborted ? 'the run was ended' : reasonIn(error as Error)
    return { causeOf: () => ({ kind: 'not found', reason }), files: [] }
  }
}

/**
 * Cause of one budget: more round trips; or the cause of the growth of CPU time, if this is large enough to explain the
 * budget's change; or a longer wait for a service.
 *
 * @param growth share by which CPU time a request has grown.
 */
export function causeFor(
  { budget, figures }: Pick<ComparedBudget, 'budget' | 'figures'>,
  cause: Cause,
  { growth, trips, work }: Pick<CauseOfCost, 'growth' | 'trips' | 'work'>,
): Cause {
  const asked = trips && moreTrips(trips)
  if (asked !== undefined) return { ...asked, ...(cause.kind === 'function' && { function: cause.function }) }
  if (growth === undefined || (cause.kind === 'not found' && (work ?? trips) === undefined)) return cause
  if (figures === undefined || metricOf(budget).cause === 'CPU time') return cause
  const [least, most] = [figures.base, figures.head].toSorted((a, b) => a - b) as [number, number]
  const change = most / least - 1
  const isExplained = growth >= EXPLAINED * change && (work === undefined || mayExplain(budget, figures, work, growth))
  if (isExplained) return cause
  const longer = trips && longerWait(trips)
  if (longer !== undefined) return longer
  const [more, worse] = [growth, change].map(share => formatShare(share, 2))
  const reason = `CPU time a request grew by ${more}, which does not explain ${worse}: the application waits`
  return { kind: 'not found', reason }
}

/** Requests on a processor that is busier may wait for more than ten others. */
const BUSIEST: Share = 0.9

/**
 * Whether CPU time can be a third of the change of a latency or a rate. A request waits for the work of others by the
 * utilization: 1 / (1 - u) times its own (M/M/1). The rate of users that loop falls by no more than that part of their
 * time in which the processor is busy.
 */
function mayExplain(
  { metric, step, of }: ComparedBudget['budget'],
  { base, head }: Record<SideName, number>,
  { added, perIteration, busy }: Work,
  growth: Share,
): boolean {
  if (!isLatency({ metric })) return growth * Math.min(1, busy) >= EXPLAINED * (base / head - 1)
  const requests = step === undefined && of !== 'requests' ? perIteration : 1
  return (added * requests) / (1 - Math.min(BUSIEST, busy)) >= EXPLAINED * (head - base)
}

const DIFF = ['-U0', '-M', '--no-color', '--no-prefix', '--no-ext-diff']

/** The cause with the paths of its files and the columns of their first words, as the user's folder has them. */
export function inProject(cause: Cause, project: string): Cause {
  const placed = (found: CauseFunction) => placedIn(found, project)
  if (cause.kind === 'function') return { ...cause, function: placed(cause.function) }
  if (cause.kind === 'round trips')
    return cause.function === undefined ? cause : { ...cause, function: placed(cause.function) }
  if (cause.kind !== 'busy' && cause.kind !== 'growth') return cause
  const functions = cause.functions.map(one => ({ ...one, function: placed(one.function) }))
  return { ...cause, functions } as Cause
}

function placedIn(found: CauseFunction, project: string): CauseFunction {
  const { file = '' } = found
  // Lines of other files, such as those with secrets, are not for messages.
  if (!/\.[cm]?[jt]sx?$/.test(file)) return found
  const path = join(project, file)
  const text = tried(() => readFileSync(path, 'utf8'))?.split('\n')[(found.line ?? 1) - 1]
  const column = text === undefined ? found.column : Math.max(1, text.search(/\S/) + 1)
  return { ...found, path, column }
}

/** The first line of a message: an application that does not start again has its output behind it. */
export const reasonIn = ({ message }: Error): string =>
  message.split('\n')[0]!.replaceAll(/^Failed to launch head: |\.\s*$/g, '')
