import type { RelativeBudget } from '../budget/relative.ts'
import { formatBytes, formatShare } from '../ground/units.ts'
import type { ComparedStep } from './comparison.ts'
import { type Pair, SIDES, type SideName } from './pair.ts'

/** Change of a mean body by which work is not the same, as a share and in bytes: ids and dates differ by less. */
const LARGE = { share: 0.1, bytes: 16 }
/** Difference of the shares of a status by which work is not the same. */
const MIXED = 0.01

/** Responses to each step on both sides, over all pairs. */
export function workIn(pairs: readonly Pair[]): ComparedStep[] {
  return Object.keys(pairs[0]?.head.steps ?? {}).map(step => {
    const [base, head] = [bytesOf(pairs, 'base', step), bytesOf(pairs, 'head', step)]
    return {
      step,
      route: pairs[0]!.routes?.[step],
      statuses: { base: statusesOf(pairs, 'base', step), head: statusesOf(pairs, 'head', step) },
      bytes: base === undefined || head === undefined ? undefined : { base, head },
    }
  })
}

function bytesOf(pairs: readonly Pair[], side: SideName, step: string): number | undefined {
  const bodies = pairs.flatMap(pair => pair[side].steps[step]?.bodies ?? [])
  const count = bodies.reduce((sum, { responses }) => sum + responses, 0)
  return count === 0 ? undefined : bodies.reduce((sum, { bytes }) => sum + bytes, 0) / count
}

function statusesOf(pairs: readonly Pair[], side: SideName, step: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, requests, ...group } of pairs.flatMap(pair => pair[side].answers))
    if (group.step === step) counts[status] = (counts[status] ?? 0) + requests
  return counts
}

/** Steps that did other work on the two sides, if that may explain the verdict of a budget. */
export function remarksOn(steps: readonly ComparedStep[], budget: RelativeBudget): string[] {
  const own = steps.filter(({ step }) => budget.step === undefined || budget.step === step)
  return own.flatMap(step => [...statusRemark(step), ...(budget.metric === 'errorRate' ? [] : bytesRemark(step))])
}

function bytesRemark({ step, route, bytes }: ComparedStep): string[] {
  if (bytes === undefined) return []
  const { base, head } = bytes
  const change = Math.abs(head - base)
  if (change < LARGE.bytes || change < LARGE.share * Math.max(base, head)) return []
  const share = base > 0 ? ` (${head > base ? '+' : '-'}${formatShare(change / base, 2)})` : ''
  return [
    `${wordsFor(step, route)} is not the same work: a response has ${formatBytes(head)} on head and ` +
      `${formatBytes(base)} on base${share}`,
  ]
}

function statusRemark({ step, route, statuses }: ComparedStep): string[] {
  const shares = (side: SideName) => {
    const all = Object.entries(statuses[side])
    const total = all.reduce((sum, [, count]) => sum + count, 0)
    return new Map(all.map(([status, count]) => [status, count / Math.max(1, total)]))
  }
  const [base, head] = SIDES.map(shares) as [Map<string, number>, Map<string, number>]
  if (base.size === 0 || head.size === 0) return []
  const isOther = [...new Set([...base.keys(), ...head.keys()])].some(
    status => Math.abs((base.get(status) ?? 0) - (head.get(status) ?? 0)) > MIXED,
  )
  if (!isOther) return []
  const mix = (of: Map<string, number>) =>
    [...of].map(([status, share]) => `${formatShare(share, 2)} ${status}`).join(', ')
  return [
    `${wordsFor(step, route)} is not the same work: its statuses are ${mix(head)} on head and ${mix(base)} on base`,
  ]
}

const wordsFor = (step: string, route: string | undefined) =>
  `step "${step}"${route === undefined ? '' : ` (${route})`}`
