import { unitOf } from '../budget/metrics/index.ts'
import { subjectOf } from '../budget/name.ts'
import { formatMs, formatShare } from '../ground/units.ts'
import type { Calibration } from './calibration.ts'

/**
 * What a calibration says, a paragraph for each budget:
 *
 * `p99 <= base + 10 %: noise 2.9 % a pair (9 pairs). A build compared with itself passes in 99.8 %, stays undecided in
 * 0.2 % and fails in 0 % of comparisons. Changes that are found, beyond what is allowed: 7.1 % in 30 s, ...`
 */
export function describeCalibration(found: Calibration): string {
  const { budget, pairs, noise, shares, seen, proposed } = found
  const write = (value: number) =>
    'factor' in budget.allowed ? formatShare(value, 2) : unitOf(budget).write(value, 2, value)
  const changes = seen.map(({ time, change }) =>
    Number.isFinite(change) ? `${write(change)} in ${formatMs(time)}` : `nothing in ${formatMs(time)}`,
  )
  const kept = `${subjectOf(budget)}: 'base ${sign(found)} ${write(proposed)}'`
  const bound = Number.isFinite(proposed)
    ? `Bound that it keeps in 19 of 20 comparisons of a minute: ${kept}.`
    : 'A minute is too short for any bound.'
  return [
    `${budget.title}: noise ${write(noise)} a pair (${pairs} pairs)`,
    `  A build compared with itself passes in ${formatShare(shares.pass, 2)}, stays undecided in ` +
      `${formatShare(shares.open, 2)} and fails in ${formatShare(shares.fail, 2)} of comparisons.`,
    `  Found in 9 of 10 comparisons, beyond what is allowed: ${changes.join(', ')}.`,
    `  ${bound}`,
  ].join('\n')
}

const sign = ({ budget }: Calibration) => (budget.operator.startsWith('<') ? '+' : '-')
