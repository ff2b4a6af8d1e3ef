import { unitOf } from '../../budget/metrics/index.ts'
import { plain } from '../../ground/plain.ts'
import { capitalized, counted } from '../../ground/words.ts'
import { cut } from '../../report/text.ts'
import { changeAlone } from '../words.ts'
import type { TrendChange, TrendFigure, TrendSeries } from './trend.ts'

/** `p99 +12.1 % from 1a2b3c4 on: 51 ms, before 46 ms`. */
function changeSentence({ points }: TrendSeries, figure: TrendFigure, change: TrendChange): string {
  const { at, from, to } = change
  const { name, of } = figure
  const [now, before] = [write(of, to), write(of, from)]
  return `${name} ${changeWord(figure, change)} from ${nameOf(points[at]!)} on: ${now}, before ${before}`
}

/** `1a2b3c4d5 "Prices come with tax"`, and a circle before a point with doubts. */
export function nameOf({ label, subject, isDoubtful }: TrendSeries['points'][number]): string {
  const named = subject === undefined ? label : `${label} "${cut(plain(subject), WIDEST_SUBJECT)}"`
  return isDoubtful ? `○ ${named}` : named
}

/** `+12.1 %`. */
export function changeWord({ of }: TrendFigure, { from, to }: TrendChange): string {
  return changeAlone(of, 'factor' in of.allowed ? to / from - 1 : to - from)
}

export const write = (of: TrendFigure['of'], value: number | undefined): string =>
  value === undefined ? 'no data' : unitOf(of).write(value, 3, value)

/** Every change of a series in words, in the order of time. */
export function changesIn(series: TrendSeries): string[] {
  return series.figures
    .flatMap(figure => figure.changes.map(change => ({ at: change.at, text: changeSentence(series, figure, change) })))
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text)
}

const WIDEST_SUBJECT = 60

/** Fewer points than this have too few orders for a change to stand out. */
const FEWEST = 9

/** `24 commits, 48 runs; 400 requests/s for 10 s, open model`. */
export function factsOf({ points, load }: TrendSeries): string {
  const runs = points.reduce((sum, point) => sum + point.runs, 0)
  const states = counted(points.length, 'point')
  return `${states}${runs > points.length ? ` of ${counted(runs, 'run')}` : ''}; ${load}`
}

/** Explains the marks, as a sentence. */
export function noteOf(series: TrendSeries): string {
  const circle = series.points.some(({ isDoubtful }) => isDoubtful) ? ' ○: a run had doubts.' : ''
  const count = series.figures.reduce((sum, { changes }) => sum + changes.length, 0)
  if (count > 0)
    return 'A change is marked where fewer than one in a hundred random orders look as much like one.' + circle
  const few = series.points.length < FEWEST ? `: ${FEWEST} points or more can show one` : ''
  return `${capitalized(`no change of level stands out${few}`)}.${circle}`
}
