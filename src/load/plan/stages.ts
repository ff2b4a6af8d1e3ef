import { type Fields, HIGHEST_VUS } from '../../ground/fields.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { hold, type Ramp } from './curve.ts'

/** What a load is about: requests or iterations a second, or virtual users. */
export type Amount = 'rps' | 'rate' | 'vus'
export const AMOUNTS: readonly Amount[] = ['rps', 'rate', 'vus']

/** What comes before the measured window, in it, and after it. */
export interface Stretches {
  before: Ramp[]
  measured: Ramp[]
  after: Ramp[]
}

interface Stretch extends Ramp {
  /** Undefined where nobody said: then a first climb from nothing and a last fall to nothing are left out. */
  isMeasured: boolean | undefined
  stage: Fields
}

const ADVICE = "Write stages such as { rate: 100, duration: '30s' } or { rate: 100, hold: '1m' }."
const KEYS = ['rps', 'rate', 'vus', 'duration', 'hold', 'measure']

/** Reads an amount of load of that kind; zero is one. */
export function readAmount(fields: Fields, key: string, amount: Amount): number {
  return amount === 'vus' ? fields.count(key, 0, 0, HIGHEST_VUS) : fields.rate(key)
}

/**
 * Reads `stages`, which are all about one amount. A stage goes from the amount before it (nothing before the first) to
 * its own in a straight line over `duration`, and holds it for `hold`; without `duration` it jumps.
 */
export function readStages(fields: Fields): { amount: Amount; stretches: Stretches } | undefined {
  const stages = fields.each('stages', ADVICE)
  const amount = amountOf(stages)
  if (amount === undefined) return undefined
  const stretches: Stretch[] = []
  let level = 0
  for (const stage of stages) {
    stage.checkKeys(KEYS, [amount, ...KEYS.slice(AMOUNTS.length)])
    if (!stage.has('duration') && !stage.has('hold')) {
      stage.fault('', 'it does not say how long', 'Add duration (to get there), hold (to stay there), or both.')
    }
    const isMeasured = stage.flag('measure')
    const target = readAmount(stage, amount, amount)
    const add = (from: number, length: Milliseconds) => {
      if (length > 0) stretches.push({ from, to: target, length, isMeasured, stage })
    }
    add(level, stage.length('duration', 0))
    add(target, stage.length('hold', 0))
    level = target
  }
  if (stages.every(stage => stage.get(amount) === 0)) fields.fault('stages', 'there is no load in them', ADVICE)
  if (stretches.length > 0) return { amount, stretches: divide(fields, stretches) }
  if (stages.some(stage => stage.has('duration') || stage.has('hold')))
    fields.fault('stages', 'they take no time', ADVICE)
  return undefined
}

function amountOf(stages: readonly Fields[]): Amount | undefined {
  let amount: Amount | undefined
  for (const stage of stages) {
    const [own, ...more] = AMOUNTS.filter(key => stage.has(key))
    for (const other of more) stage.fault(other, `${own} is given too, and a stage is about one of them`, 'Remove one.')
    if (own === undefined) stage.fault('', 'it does not say how much load', `Give ${amount ?? 'rps, rate or vus'}.`)
    else if (amount !== undefined && own !== amount)
      stage.fault(own, `the stages before it are about ${amount}`, `Give ${amount}.`)
    amount ??= own
  }
  return amount
}

/** Finds the measured window. What is left out has to lie before or after it. */
function divide(fields: Fields, stretches: readonly Stretch[]): Stretches {
  const isClimb = ({ from, to }: Stretch, index: number) => index === 0 && from === 0 && to > 0
  const isFall = ({ from, to }: Stretch, index: number) => index === stretches.length - 1 && from > 0 && to === 0
  let measured = stretches.map(
    (stretch, index) => stretch.isMeasured ?? !(isClimb(stretch, index) || isFall(stretch, index)),
  )
  if (!measured.includes(true)) measured = stretches.map(({ isMeasured }) => isMeasured ?? true)
  const [first, last] = [measured.indexOf(true), measured.lastIndexOf(true)]
  if (first < 0) fields.fault('stages', 'none of them is measured', 'Remove "measure: false" from one.')
  for (const [index, { stage }] of stretches.entries()) {
    if (index > first && index < last && !measured[index])
      stage.fault('measure', 'it leaves out a stage in the middle', 'Leave out the first or the last stages.')
  }
  return {
    before: stretches.slice(0, Math.max(0, first)),
    measured: stretches.slice(first, last + 1),
    after: stretches.slice(last + 1),
  }
}

/** Reads `spike`: one, or a list of them, on a load that is otherwise held for `duration`. */
export function readPlateau(fields: Fields, amount: Amount, base: number, duration: Milliseconds): Ramp[] {
  if (!fields.has('spike')) return [hold(base, duration)]
  const advice = "Write { to: 1000, at: '20s', for: '5s' }."
  const spikes = (Array.isArray(fields.get('spike')) ? fields.each('spike', advice) : [fields.within('spike', advice)])
    .flatMap(spike => (spike ? readSpike(spike, amount) : []))
    .sort((a, b) => a.at - b.at)
  const plateau: Ramp[] = []
  let end = 0
  for (const { at, ramp, to, length, fields: spike } of spikes) {
    if (at < end) spike.fault('at', 'the spike before it is not over by then', 'Begin it later.')
    plateau.push(hold(base, at - end), { from: base, to, length: ramp }, hold(to, length))
    plateau.push({ from: to, to: base, length: ramp })
    end = at + length + 2 * ramp
    if (end > duration) spike.fault('', 'it ends after the duration', 'Begin it earlier, or make it shorter.')
  }
  return [...plateau, hold(base, duration - end)]
}

function readSpike(fields: Fields, amount: Amount) {
  const meant = fields.checkKeys(['to', 'at', 'for', 'ramp'])
  for (const key of ['to', 'at', 'for'])
    if (!fields.has(key) && !meant.has(key)) fields.fault('', `it has no ${key}`, `Add ${key}.`)
  return {
    to: readAmount(fields, 'to', amount),
    at: fields.length('at', 0),
    length: fields.length('for', 0),
    ramp: fields.length('ramp', 0),
    fields,
  }
}
