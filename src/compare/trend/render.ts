import { plain } from '../../ground/plain.ts'
import { colorsOf } from '../../report/color.ts'
import { shortTime, sparkline } from '../../report/history.ts'
import { escaped, folded, table } from '../../report/markdown-parts.ts'
import { alignColumns, paragraph } from '../../report/text.ts'
import type { TrendSeries } from './trend.ts'
import * as words from './words.ts'

/** Points that a line of bars shows, and rows of a table. */
const MOST_BARS = 40
const MOST_ROWS = 30

/** For a terminal, without a line break at the end. */
export function renderTrend(
  series: readonly TrendSeries[],
  width: number,
  chains: readonly words.Chain[] = [],
): string {
  const ofChains = chains.flatMap(chain => paragraph({ lead: '~ ', text: words.chainSentence(chain) }, width))
  return [
    ...series.map(one => seriesLines(one, width).join('\n')),
    ...(chains.length > 0 ? [ofChains.join('\n')] : []),
  ].join('\n\n')
}

function seriesLines(series: TrendSeries, width: number): string[] {
  const colors = colorsOf()
  const rows = series.figures.map(({ name, of, values }) => {
    const first = values.find(value => value !== undefined)
    return {
      name: plain(name),
      cells: [sparkline(values.slice(-MOST_BARS)), words.write(of, first), words.write(of, values.at(-1))],
    }
  })
  return [
    ...paragraph({ text: series.name, paint: colors.bold }, width, 'cut'),
    ...paragraph({ text: words.factsOf(series), paint: colors.dim }, width),
    ...paragraph({ text: series.machine, paint: colors.dim }, width, 'cut'),
    '',
    ...alignColumns([{ name: '', cells: ['', 'first', 'last'], paint: colors.dim }, ...rows], width),
    '',
    ...words.changesIn(series).flatMap(text => paragraph({ lead: '~ ', text, paint: colors.yellow }, width, 'cut')),
    ...paragraph({ text: words.noteOf(series), paint: colors.dim }, width),
  ]
}

/** Renders GitHub Markdown, with a line break at the end. */
export function renderTrendMarkdown(series: readonly TrendSeries[], chains: readonly words.Chain[] = []): string {
  const parts = [...series.map(seriesParts), ...chains.map(chainParts)]
  return parts.map(part => `${part.join('\n\n')}\n`).join('\n')
}

const chainParts = (chain: words.Chain): string[] => [
  escaped(words.chainSentence(chain)),
  folded('Its commits', table([...words.CHAIN_HEADS], words.chainRows(chain), ['', 'right', 'right'])),
]

function seriesParts(series: TrendSeries): string[] {
  const { name, machine, points, figures } = series
  const changes = words.changesIn(series)
  const heads = ['', 'began', ...figures.map(figure => figure.name)]
  const rows = points.map((point, i) => [
    words.nameOf(point),
    shortTime(point.at),
    ...figures.map(
      ({ of, values, changes }) => `${words.write(of, values[i])}${changes.some(one => one.at === i) ? ' ◆' : ''}`,
    ),
  ])
  const shown = rows.slice(-MOST_ROWS)
  const summary = shown.length < rows.length ? `The last ${shown.length} points` : 'All points'
  return [
    `### ${escaped(name)}`,
    escaped([words.factsOf(series), machine].join('; ')),
    ...(changes.length > 0 ? [changes.map(text => `- ◆ ${escaped(text)}`).join('\n')] : []),
    escaped(words.noteOf(series)),
    folded(summary, table(heads, shown, ['', '', ...figures.map(() => 'right')])),
  ]
}
