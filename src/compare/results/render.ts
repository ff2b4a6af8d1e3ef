import { plain } from '../../ground/plain.ts'
import { colorsOf } from '../../report/color.ts'
import { alignColumns } from '../../report/columns.ts'
import { escaped, table, VERDICT_MARKS } from '../../report/markdown-parts.ts'
import { paragraph } from '../../report/section.ts'
import type { Shown } from './shown.ts'
import { HEADS } from './shown.ts'

const MARKS = { pass: '✓', fail: '✗', inconclusive: '?' } as const

/** For a terminal, without a line break at the end. */
export function renderComparison({ title, budgets, figures, notes }: Shown, width: number): string {
  const colors = colorsOf()
  const paints = { pass: colors.green, fail: colors.red, inconclusive: colors.yellow }
  const [head, ...heads] = HEADS
  const rows = figures.map(([name = '', ...cells]) => ({ name: plain(name), cells }))
  return [
    ...paragraph({ text: title, paint: colors.bold }, width, 'cut'),
    ...(budgets.length > 0 ? [''] : []),
    ...budgets.flatMap(({ verdict, text }) => {
      const lead = verdict === undefined ? '  ' : `${MARKS[verdict]} `
      return paragraph({ lead, text, ...(verdict && { paint: paints[verdict] }) }, width, 'cut')
    }),
    ...(rows.length > 0
      ? ['', ...alignColumns([{ name: head, cells: heads, paint: colors.dim }, ...rows], width)]
      : []),
    ...(notes.length > 0 ? [''] : []),
    ...notes.flatMap(text => paragraph({ lead: '! ', text, paint: colors.yellow }, width, 'cut')),
  ].join('\n')
}

/** Renders GitHub Markdown, with a line break at the end. */
export function renderComparisonMarkdown({ title, verdict, budgets, figures, notes }: Shown): string {
  const lines = budgets.map(one => `- ${one.verdict ? `${VERDICT_MARKS[one.verdict]} ` : ''}${escaped(one.text)}`)
  const parts = [
    `### ${verdict ? `${VERDICT_MARKS[verdict]} ` : ''}${escaped(title)}`,
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(figures.length > 0 ? [table(HEADS, figures, ['', 'right', 'right', 'right', 'right'])] : []),
    ...notes.map(text => `> [!NOTE]\n> ${escaped(text)}`),
  ]
  return `${parts.join('\n\n')}\n`
}
