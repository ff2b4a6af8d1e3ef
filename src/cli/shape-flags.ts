import type { LoadShape } from '../measure/shape.ts'
import type { Flags, FlagTable } from './flags.ts'

/** How much load, and for how long: the fields of `load`. */
export const shapeFlags: FlagTable = {
  rps: { value: 'rate', text: 'requests a second (open model)' },
  rate: { value: 'rate', text: 'iterations a second (open model)' },
  vus: { value: 'count', text: 'virtual users (closed model)' },
  duration: { value: '30s', text: 'the measured plateau' },
  iterations: { value: 'count', text: 'iterations of each virtual user, instead of a duration' },
  'ramp-up': { value: '5s', text: 'before the plateau' },
  'warm-up': { value: '5s', text: 'before the measured window' },
  threads: { value: 'count', text: 'worker threads' },
}
const NUMBERS = new Set(['rps', 'rate', 'vus', 'iterations', 'threads'])

/** Shape in the form of `load` in code; undefined without flags for it. Its faults are reported by the run. */
export function shapeOf(flags: Flags): LoadShape | undefined {
  const given = Object.keys(shapeFlags).filter(name => flags.has(name))
  if (given.length === 0) return undefined
  return Object.fromEntries(given.map(name => [keyOf(name), value(name, flags.text(name)!)])) as unknown as LoadShape
}

function value(name: string, written: string): string | number {
  const number = Number(written)
  return NUMBERS.has(name) && written.trim() !== '' && Number.isFinite(number) ? number : written
}

/** The key of `load` that a flag is for: `rampUp` of `ramp-up`. */
export function keyOf(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
