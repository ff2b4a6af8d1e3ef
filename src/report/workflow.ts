import { shortPath } from '../ground/errors.ts'
import { plain } from '../ground/plain.ts'
import { shownAsJson } from '../ground/show.ts'
import { formatMs } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { Check, StepRun, WorkflowReport } from '../workflow/outcome.ts'
import { RESENT } from '../workflow/text.ts'
import { type Colors, colorsOf } from './color.ts'
import { assertRenderOptions } from './render-options.ts'
import { cut, type Entry, padEnd, paragraph, widthOf } from './text.ts'

export interface WorkflowReportOptions {
  /** Title of the workflow. Default: its id from its steps. */
  name?: string
  /** Default: what the terminal and `NO_COLOR` say. */
  color?: boolean
  /** Columns. Default 100. */
  width?: number
}

/** Every attempt of a functional run in order, with the checks that failed and the values they saw. */
export function renderWorkflowReport(report: WorkflowReport, options: WorkflowReportOptions = {}): string {
  assertRenderOptions(options)
  const colors = colorsOf(options.color)
  const width = options.width ?? 100
  const name = options.name ?? report.steps.find(({ depth }) => depth === 0)?.workflowId ?? 'workflow'
  const passed = report.state === 'passed'
  const why = report.because === undefined ? '' : `: ${plain(report.because)}`
  const nameWidth = Math.max(0, ...report.steps.map(run => INDENT.length * run.depth + widthOf(nameOf(run))))
  const entries: Entry[] = [
    {
      lead: passed ? '✓ ' : '✗ ',
      text: `${plain(name)} ${report.state}${why}`,
      paint: passed ? colors.green : colors.red,
    },
    ...report.steps.flatMap(run => stepEntries(run, nameWidth, colors)),
    ...outputEntries(report.outputs),
    ...warningCount(report.steps, colors),
  ]
  return entries.flatMap(entry => paragraph(entry, width)).join('\n')
}

const INDENT = '  '

/** Attempts after the first carry their number. */
const nameOf = ({ stepId, attempt }: StepRun): string => plain(stepId) + (attempt > 1 ? ` (attempt ${attempt})` : '')

/** Indented by how deep in nested workflows the step is. */
function stepEntries(run: StepRun, nameWidth: number, colors: Colors): Entry[] {
  const { mark, paint } = marks(colors)[run.state]
  const indent = INDENT.repeat(run.depth + 1)
  const name = padEnd(nameOf(run), nameWidth - INDENT.length * run.depth)
  const facts = [exchangeOf(run), run.state === 'skipped' ? '' : formatMs(run.duration)].filter(Boolean)
  const details = [...reasons(run), ...resentOf(run), ...warningsOf(run), ...nextOf(run)].map(entry => ({
    ...entry,
    lead: indent + INDENT.repeat(2) + (entry.lead ?? ''),
  }))
  return [{ lead: `${indent}${mark} `, text: `${name}  ${facts.join(', ')}`.trimEnd(), paint }, ...details]
}

function marks({
  green,
  red,
  dim,
}: Colors): Record<StepRun['state'], { mark: string; paint: (line: string) => string }> {
  return {
    passed: { mark: '✓', paint: green },
    failed: { mark: '✗', paint: red },
    unanswered: { mark: '✗', paint: red },
    skipped: { mark: '-', paint: dim },
  }
}

function exchangeOf({ exchange, operation }: StepRun): string {
  if (exchange === undefined) return plain(operation ?? '')
  const { request, response } = exchange
  return plain(`${request.method} ${request.url}${response === undefined ? '' : ` -> ${response.status}`}`)
}

function reasons(run: StepRun): Entry[] {
  switch (run.state) {
    case 'passed':
      return []
    case 'failed':
      return [
        ...(run.error === undefined ? [] : [{ text: plain(run.error) }]),
        ...absentEntries(run.absent, ''),
        ...run.checks.filter(({ passed }) => !passed).flatMap(checkEntries),
      ]
    case 'unanswered':
      return [{ text: plain(`${run.cause}: ${run.error}`) }]
    case 'skipped':
      return [{ text: plain(run.because) }]
  }
}

const resentOf = ({ exchange }: StepRun): Entry[] => (exchange?.isResent ? [{ lead: '! ', text: RESENT }] : [])

/** Mismatches with the OpenAPI description, of a step that may pass. */
function warningsOf({ warnings = [] }: StepRun): Entry[] {
  return warnings.flatMap(checkEntries).map(entry => ({ ...entry, lead: entry.lead === '✗ ' ? '! ' : entry.lead }))
}

/** Condition with its place, and the actual and expected values. */
function checkEntries({ condition, at, actual = {}, expected = {}, error, absent }: Check): Entry[] {
  const place = `${shortPath(at.file)}:${at.line}:${at.column}`
  const values = (of: Record<string, unknown>, word: string) =>
    Object.entries(of).map(
      ([key, value]): Entry => ({ lead: `  ${word} `, text: `${plain(key)} = ${showValue(value)}` }),
    )
  return [
    { lead: '✗ ', text: `${plain(condition)}  (${place})` },
    ...(error === undefined ? [] : [{ lead: '  ', text: plain(error) }]),
    ...values(expected, 'expected'),
    ...values(actual, 'actual  '),
    ...absentEntries(absent, '  '),
  ]
}

/** Why expressions gave nothing. */
function absentEntries(absent: Check['absent'] = {}, lead: string): Entry[] {
  return Object.entries(absent).map(([text, why]) => ({ lead, text: plain(`${text} gave nothing: ${why}`) }))
}

/** Next step, if it is not simply the following one. */
function nextOf({ next, state }: StepRun): Entry[] {
  const by = next.action === undefined ? '' : ` (${plain(next.action)})`
  switch (next.go) {
    case 'on':
      return []
    case 'end':
      return next.action === undefined || state === 'skipped' ? [] : [{ lead: '→ ', text: `ended the workflow${by}` }]
    case 'step':
      return [{ lead: '→ ', text: `went to step ${plain(next.stepId)}${by}` }]
    case 'workflow':
      return [{ lead: '→ ', text: `went to workflow ${plain(next.workflowId)}${by}` }]
    case 'retry':
      return [{ lead: '→ ', text: `tried again after ${formatMs(next.after)}, ${next.left} more allowed${by}` }]
  }
}

function outputEntries(outputs: Record<string, unknown>): Entry[] {
  const all = Object.entries(outputs)
  return all.length === 0
    ? []
    : [
        { lead: '  ', text: 'outputs' },
        ...all.map(([key, value]) => ({ lead: '    ', text: `${plain(key)} = ${showValue(value)}` })),
      ]
}

/** Warnings stand at their steps, where a long report hides them. */
function warningCount(steps: readonly StepRun[], { yellow }: Colors): Entry[] {
  const warned = steps.filter(({ warnings = [] }) => warnings.length > 0)
  const count = warned.reduce((sum, { warnings = [] }) => sum + warnings.length, 0)
  if (count === 0) return []
  const names = [...new Set(warned.map(({ stepId }) => plain(stepId)))].join(', ')
  return [{ lead: '! ', text: `${counted(count, 'warning')} by OpenAPI in ${names}`, paint: yellow }]
}

const LONGEST_VALUE = 200

const showValue = (value: unknown): string => cut(plain(shownAsJson(value)), LONGEST_VALUE)
