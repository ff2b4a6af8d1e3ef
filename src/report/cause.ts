import { plain } from '../ground/plain.ts'
import { formatNumber, formatShare } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { Cause, CauseFunction } from '../measure/report.ts'

/** The function that a cause names first; undefined if it names none. */
export function causeFunction(cause: Cause | undefined): CauseFunction | undefined {
  return cause?.kind === 'function' ? cause.function : undefined
}

/**
 * A cause in one or two sentences:
 *
 * `priceOf (src/prices.ts:41) uses 0.052 ms more per request, 61 to 100 % of the increase. Changed in this branch.`
 */
export function causeWords(cause: Cause): string {
  switch (cause.kind) {
    case 'function': {
      const { low, high } = cause.share
      const share = `${formatShare(low, 2).replace(/ ?%/, '')} to ${formatShare(high, 2)} of the increase`
      const uses = `${nameOf(cause.function)} uses ${milliseconds(cause.added)} more per request, ${share}`
      const within = cause.beyond.map(({ name, share }) => `${formatShare(share, 2)} in ${plain(name)}`)
      const from = cause.insteadOf && `It has the code of ${cause.insteadOf.map(plain).join(' and ')}`
      const changed = cause.function.isChanged ? 'Changed in this branch' : undefined
      const parts = [within.length > 0 ? `${uses} (${within.join(', ')})` : uses, from, changed]
      return parts
        .filter(Boolean)
        .map(part => `${part}.`)
        .join(' ')
    }
    case 'spread': {
      const largest = `the largest, ${nameOf(cause.largest)}, has ${formatShare(cause.share, 2)} of the increase`
      return cause.functions === 1
        ? `not certain; ${largest}.`
        : `spread over ${counted(cause.functions, 'function')}; ${largest}.`
    }
    case 'not found':
      return `not found: ${plain(cause.reason)}.`
  }
}

/** `priceOf (src/prices.ts:41)`, `the function at src/prices.ts:41`, `pg`. */
function nameOf({ name, file, line }: CauseFunction): string {
  if (file === undefined) return plain(name)
  const place = `${plain(file)}:${line}`
  return name === '' ? `the function at ${place}` : `${plain(name)} (${place})`
}

const milliseconds = (time: number) => `${formatNumber(time, 2)} ms`
