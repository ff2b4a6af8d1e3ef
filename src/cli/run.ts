import { clearTimeout, setTimeout } from 'node:timers'
import type { Workflow } from '../document/model.ts'
import { plainJson } from '../ground/plain.ts'
import { formatMs, type Milliseconds } from '../ground/units.ts'
import { type ResolvedInputs, resolveInputs } from '../load/plan/inputs.ts'
import { onInterrupt } from '../load/run/interrupt.ts'
import { suiteInputs } from '../load/suites/inputs.ts'
import { type SuiteRow, suiteRows } from '../load/suites/rows.ts'
import { renderWorkflowReport } from '../report/workflow.ts'
import { openRun, type RunOptions } from '../workflow/functional.ts'
import type { StepRun, WorkflowReport } from '../workflow/outcome.ts'
import { patienceWith, WaitsAhead } from '../workflow/patience.ts'
import { type Command, FAILED, PASSED } from './command.ts'
import { type AskedWorkflow, commonFlags, readCommon, readWorkflow } from './common.ts'

export const run: Command = {
  usage: 'run <file#workflow> [flags]',
  text: 'run a workflow once, or once for each row of its x-vitest, and list its steps and checks',
  flags: { ...commonFlags, json: { text: 'print the report as JSON, and a list of them where there are rows' } },
  async run(flags) {
    const common = readCommon(flags)
    const { document, workflow, inputs, options } = await readWorkflow(flags, common.read)
    const controller = new AbortController()
    const callOff = onInterrupt(() => controller.abort())
    const given = resolveInputs(inputs)
    const task = { document, workflow, options, conduct: { ...common, signal: controller.signal } }
    const reports: WorkflowReport[] = []
    const rows = options.each && suiteRows(options.each, workflow)
    try {
      for (const row of rows ?? [undefined]) {
        const { report, retries } = await untilPassed(task, inputsOf(task, row, given))
        reports.push(report)
        if (flags.isOn('json')) continue
        const name = nameOf(workflow, row) + (retries > 0 ? ` (retry x${retries})` : '')
        console.log(renderWorkflowReport(report, { name, ...columns() }))
      }
    } finally {
      callOff()
    }
    if (flags.isOn('json')) console.log(plainJson(rows ? reports : reports[0]))
    return reports.every(({ state }) => state === 'passed') ? PASSED : FAILED
  },
}

interface Task extends Omit<AskedWorkflow, 'inputs'> {
  conduct: RunOptions & { signal: AbortSignal }
}

/** Those of the document and of the row, and before them those that were given by flags. */
function inputsOf({ workflow, options }: Task, row: SuiteRow | undefined, given: ResolvedInputs): ResolvedInputs {
  const own = suiteInputs(workflow, options, row?.inputs)
  return { inputs: { ...own.inputs, ...given.inputs }, secretInputs: [...own.secretInputs, ...given.secretInputs] }
}

function nameOf({ workflowId }: Workflow, row: SuiteRow | undefined): string {
  return row === undefined ? workflowId : `${workflowId} (${row.name})`
}

/** Runs a workflow, and once more as long as it fails and its `retry` allows. */
async function untilPassed(task: Task, inputs: ResolvedInputs): Promise<{ report: WorkflowReport; retries: number }> {
  const { retry = 0 } = task.options
  for (let retries = 0; ; retries++) {
    const report = await runOnce(task, inputs)
    if (report.state === 'passed' || retries >= retry || task.conduct.signal.aborted) return { report, retries }
  }
}

/** The report is as it may be shown. */
async function runOnce(
  { document, workflow, options: { timeout }, conduct }: Task,
  inputs: ResolvedInputs,
): Promise<WorkflowReport> {
  const silence = new AbortController()
  const signal = AbortSignal.any([conduct.signal, silence.signal])
  const run = openRun(document, workflow.workflowId, { ...conduct, ...inputs, signal })
  const patience = timeout ? patienceWith(workflow, timeout) : undefined
  try {
    const waits = new WaitsAhead()
    for (;;) {
      const last = await within(
        patience === undefined ? undefined : patience + waits.longest,
        () => run.next(),
        silence,
      )
      if (last === undefined) break
      waits.note(last)
    }
    const report = run.shown()
    return silence.signal.aborted ? { ...report, because: `no response within ${formatMs(patience!)}` } : report
  } finally {
    await run.close()
  }
}

/** What `next` resolves to; where it takes longer than the patience, the run is aborted. */
async function within(
  patience: Milliseconds | undefined,
  next: () => Promise<StepRun | undefined>,
  silence: AbortController,
): Promise<StepRun | undefined> {
  if (patience === undefined) return next()
  const timer = setTimeout(() => silence.abort(), Math.min(patience, LONGEST))
  try {
    return await next()
  } finally {
    clearTimeout(timer)
  }
}

/** The longest that a timer can wait. */
const LONGEST: Milliseconds = 2 ** 31 - 1

/** Width of the terminal. */
function columns(): { width?: number } {
  return process.stdout.columns === undefined ? {} : { width: process.stdout.columns }
}
