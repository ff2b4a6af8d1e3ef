import { plain } from '../ground/plain.ts'
import { formatCount, formatMs } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { LoadReport } from '../measure/report.ts'
import type { Entry } from './section.ts'

/**
 * `settled: 36 to 42 users since 4.2 s`, then `36 to 42 users, 39 on average; 17 changes, the last at 14 s from 38 to
 * 42: mean 44 ms is under 50 ms`.
 */
export function limitEntries({ limitChanges, limitSettling, series, state }: LoadReport): Entry[] {
  if (limitChanges === undefined || state === 'not run') return []
  const last = limitChanges.at(-1)
  const changes =
    last === undefined
      ? 'it never changed'
      : `${counted(limitChanges.length, 'change')}, the last at ` +
        `${formatMs(last.at)} from ${formatCount(last.from)} to ${formatCount(last.to)}: ${last.because}`
  return [...settlingEntries(limitSettling), { text: [...levelOf(series), changes].join('; ') }]
}

function settlingEntries(settling: LoadReport['limitSettling']): Entry[] {
  if (settling === undefined) return []
  return [{ text: plain(`${settling.settled ? 'settled' : 'not settled'}: ${settling.because}`) }]
}

/** Over the measured window. */
function levelOf(series: LoadReport['series']): string[] {
  const measured = series.flatMap(({ limit, phase, length }) =>
    limit === undefined || phase !== 'measured' ? [] : [{ limit, length }],
  )
  if (measured.length === 0) return []
  const limits = measured.map(({ limit }) => limit)
  const [least, most] = [Math.min(...limits), Math.max(...limits)]
  if (least === most) return [counted(most, 'user')]
  const time = measured.reduce((sum, { length }) => sum + length, 0)
  const mean = measured.reduce((sum, { limit, length }) => sum + limit * length, 0) / time
  return [`${formatCount(least)} to ${formatCount(most)} users, ${formatCount(mean)} on average`]
}
