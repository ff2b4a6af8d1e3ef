import { formatRate } from '../../ground/units.ts'
import type { Budget, Capacity, LoadReport, Reason } from '../../measure/report.ts'
import { doubted } from '../cause.ts'
import { type Measured, NONE } from '../figures.ts'
import { standing } from '../standing.ts'
import type { Metric } from './metric.ts'
import { perSecond } from './units.ts'

export const capacity: Metric = {
  family: 'capacity',
  cause: 'time',
  unit: perSecond,
  natural: '>=',
  places: ['iterations'],
  needs: 'capacity',
  late: 'the capacity is known when the search is over',
  isEstimate: true,
  wrongBound: ({ operator }) =>
    operator.startsWith('<')
      ? {
          found: 'it is wanted at least, not at most: a search finds the highest rate that holds',
          advice: 'Write >=, or no operator.',
        }
      : undefined,
  // The highest rate that held, in the interval that the search left.
  measure: ({ capacity }) => {
    if (capacity === undefined || capacity.probes.length === 0) return NONE
    const { held, probes, certain } = capacity
    return { value: held, count: probes.length, between: { held: certain.from, missed: certain.to } }
  },
  noData: () => 'no rate was tried to its end.',
  open: whyOpen,
  context: ({ capacity: { missed, because } = {} as Partial<Capacity> }) =>
    missed === undefined ? undefined : `${formatRate(missed)} was missed: ${because}`,
  compared: 'Compare rps of a load with virtual users.',
}

/** The measured window, if the rate that had held before did not in it. */
const contradiction = ({ probes }: Capacity) => probes.find(({ isMeasured, held }) => isMeasured && !held)

/** Why a budget on the capacity is neither kept nor missed, in sentences. */
function whyOpen(budget: Budget, measured: Measured, report?: LoadReport): (string | Reason)[] {
  const stands = standing(measured, budget)
  if (report?.capacity === undefined || measured.value === undefined || stands === 'kept') return []
  const told = report.doubts.filter(({ kind }) => kind === 'generator limit' || kind === 'machine limit').map(doubted)
  if (told.length > 0 || stands === 'missed') return told
  const cut = report.doubts.filter(({ kind }) => kind === 'cut short').map(doubted)
  if (report.state === 'cut short') return cut.length > 0 ? cut : ['The run was cut short.']
  return [leftOpen(report.capacity, budget.bound)]
}

function leftOpen(capacity: Capacity, bound: number): string {
  const { held, missed, to, certain, probes } = capacity
  const again = contradiction(capacity)
  if (again !== undefined && bound <= held)
    return (
      `${formatRate(held)} held in the search, but not in the measured window: ${again.because}. It is just what ` +
      'the application can do; leave some room between the two, or hold rates longer (hold).'
    )
  if (certain.from !== held || certain.to !== missed) {
    const upTo = certain.to === undefined ? '' : ` to ${formatRate(certain.to)}`
    const isMixed = probes.some(one => one.held && probes.some(({ held, rate }) => !held && rate <= one.rate))
    const found = isMixed ? 'Rates held one time and were missed another' : 'Rates were tried too few times'
    return (
      `${found}, which leaves open what lies from ${formatRate(certain.from)}${upTo}. Keep other programs from the ` +
      'machine, look what makes the application stand still at times, hold rates longer (hold), or give the search ' +
      'more time (maxDuration).'
    )
  }
  if (missed !== undefined)
    return (
      `The search left open what lies between ${formatRate(held)}, which held, and ${formatRate(missed)}, which did ` +
      'not. Give it more time (maxDuration), or begin higher (from).'
    )
  return held >= to
    ? `No higher rate than ${formatRate(to)} was tried. Raise to.`
    : `The search had come no further than ${formatRate(held)}. Give it more time (maxDuration), or begin higher ` +
        '(from).'
}
