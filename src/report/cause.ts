import { plain } from '../ground/plain.ts'
import { formatBytes, formatNumber, formatShare } from '../ground/units.ts'
import { capitalized, counted } from '../ground/words.ts'
import type { Cause, CauseFunction } from '../measure/report.ts'

/** The function that a cause names first; undefined if it names none. */
export function causeFunction(cause: Cause | undefined): CauseFunction | undefined {
  if (cause?.kind === 'function' || cause?.kind === 'round trips') return cause.function
  if (cause?.kind !== 'busy' && cause?.kind !== 'growth') return undefined
  return cause.functions.map(one => one.function).find(({ file }) => file !== undefined)
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
    case 'busy': {
      const [first, ...others] = cause.functions.map(one => ({ ...one, name: nameOf(one.function) }))
      const of = cause.stretch === undefined ? 'the busy time' : 'the time of such stretches'
      const [share, time] = [formatShare(first!.share, 2), milliseconds(first!.time)]
      const most = `${first!.name} has ${share} of ${of}, ${time} per request`
      const more = others.map(one => `${one.name} ${formatShare(one.share, 2)}, ${milliseconds(one.time)}`)
      const busy = `the event loop was busy ${formatShare(cause.busy, 2)} of the time`
      const stretch = cause.stretch && `, in stretches of ${milliseconds(cause.stretch)} and more`
      return `${[most, ...more].join('; ')}. ${capitalized(busy)}${stretch ?? ''}.`
    }
    case 'waited': {
      const busy = `its event loop was busy ${formatShare(cause.busy, 2)} of the time`
      const { to, share, trips, waited } = cause.service ?? {}
      if (to === undefined)
        return `the application waited: ${busy}, and never longer than ${milliseconds(cause.longest)} without a break.`
      const [of, made] = [formatShare(share!, 2), `${formatNumber(trips!, 3)} round trips`]
      const each = `${milliseconds(waited!)} in ${made} for each request`
      return `the application waited for ${plain(to)} during ${of} of a request (${each}); ${busy}.`
    }
    case 'round trips': {
      const { trips, waited, to } = cause
      const [base, head] = [trips.base, trips.head].map(count => formatNumber(count, 3))
      const [before, now] = [waited.base, waited.head].map(milliseconds)
      const most = cause.function && `Most of the CPU time is added in ${nameOf(cause.function)}.`
      const words =
        base === head
          ? `the application waits for ${plain(to)}: ${now} for each request, base ${before} (${head} round trips).`
          : `${head} round trips for each request to ${plain(to)}, base made ${base}; ` +
            `they take ${now}, base's ${before}.`
      return [words, most].filter(Boolean).join(' ')
    }
    case 'growth': {
      const each = cause.functions.map(one => `${nameOf(one.function)} keeps ${formatBytes(one.growth, 2)}`)
      return `${each.join('; ')} more per 1,000 requests, of ${formatBytes(cause.heap, 2)} by which the heap grows.`
    }
    case 'outside heap': {
      const { growth, heap, buffers } = cause
      const [all, inHeap, inBuffers] = [growth, heap, buffers].map(size => formatBytes(Math.max(0, size), 2))
      const parts = `${inHeap} of it in the heap, ${inBuffers} in buffers`
      return `memory grows outside of the JavaScript heap, by ${all} per 1,000 requests: ${parts}.`
    }
    case 'start': {
      const loaded = cause.modules
        .filter(({ files }) => files > 0)
        .map(({ name, files, size }) => `${plain(name)} (${counted(files, 'file')}, ${formatBytes(size, 2)})`)
      const keeps = cause.modules.flatMap(({ name, kept }) =>
        kept === undefined ? [] : `${plain(name)} keeps ${formatBytes(kept, 2)} more`,
      )
      const also = loaded.length > 0 ? [`it loads in addition ${loaded.join(', ')}`] : []
      return `head has ${formatBytes(cause.added, 2)} more at its start: ${[...keeps, ...also].join('; ')}.`
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
