import type { LoadShape } from '../measure/shape.ts'
import { formatCount, formatMs, formatRate, parseDuration } from '../units.ts'

/** A shape in words: `2,000 requests/s for 30 s`, `50 users for 20 s`, `4 users, 25 iterations each`. */
export function describeShape(shape: LoadShape): string {
  const users = (vus: number) => (vus === 1 ? '1 user' : `${formatCount(vus)} users`)
  if ('iterations' in shape) {
    const each = shape.iterations === 1 ? '1 iteration' : `${formatCount(shape.iterations)} iterations`
    return `${users(shape.vus)}, ${each} each`
  }
  const time = `for ${formatMs(parseDuration(shape.duration))}`
  if ('adaptive' in shape) {
    const { maxVus, latency, signal = 'mean' } = shape.adaptive
    return `up to ${users(maxVus)} at a ${signal} of ${formatMs(parseDuration(latency))} ${time}`
  }
  if ('vus' in shape) return `${users(shape.vus)} ${time}`
  if ('rps' in shape) return `${perSecond(shape.rps, 'requests')} ${time}`
  return `${perSecond(shape.rate, 'iterations')} ${time}`
}

function perSecond(rate: number, what: string): string {
  return formatRate(rate).replace('/s', ` ${what}/s`)
}
