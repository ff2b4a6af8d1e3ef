import type { Workflow } from '../document/model.ts'
import { READ_KEYS } from '../document/read-options.ts'
import { pick } from '../ground/object.ts'
import { plain, plainJson } from '../ground/plain.ts'
import { clearTimeout, LONGEST_TIMER, setTimeout } from '../ground/timers.ts'
import { formatMs, type Milliseconds } from '../ground/units.ts'
import { joinInputs, type ResolvedInputs, resolveInputs } from '../load/plan/inputs.ts'
import { onInterrupt } from '../load/run/load-run.ts'
import { SuiteHookError } from '../load/suites/hooks.ts'
import { optionsOfDocument, suiteInputs } from '../load/suites/options.ts'
import { type SuiteRow, suiteRows } from '../load/suites/rows.ts'
import { type SetUp, type SuiteHooks, suiteHooks } from '../load/suites/suite-hooks.ts'
import { LogPace } from '../report/progress.ts'
import { terminalWidth } from '../report/text.ts'
import { renderWorkflowReport } from '../report/workflow.ts'
import { openRun, type RunOptions } from '../workflow/functional.ts'
import type { StepRun, WorkflowReport } from '../workflow/outcome.ts'
import { patienceWith, WaitsAhead, watchWait, wordsOfWait } from '../workflow/patience.ts'
import { type AskedWorkflow, commonFlags, withWorkflow } from './common.ts'
import { type Command, FAILED, type Flags, PASSED } from './flags.ts'

export const run: Command = {
  usage: 'run <file#workflow> [flags]',
  text: 'run a workflow once, or once for each row of its x-vitest, and list its steps and checks',
  flags: { ...commonFlags, json: { text: 'print the report as JSON, and a list of them where there are rows' } },
  async run(flags) {
    return withWorkflow(flags, asked => runSuites(flags, asked))
  },
}

async function runSuites(
  flags: Flags,
  { document, workflow, inputs, options, common, configured }: AskedWorkflow,
): Promise<number> {
  const controller = new AbortController()
  const callOff = onInterrupt(() => controller.abort())
  const given = resolveInputs(inputs)
  const means = { conduct: () => common, given, inputs: configured.inputs, read: pick(common, READ_KEYS) }
  const hooks = suiteHooks(document, optionsOfDocument(document).hooks, means)
  const task = { document, workflow, options, hooks, conduct: { ...common, signal: controller.signal } }
  const reports: WorkflowReport[] = []
  const rows = options.feed && suiteRows(options.feed, workflow)
  const suites = rows ? rows.map(row => ({ row, inputs: row.inputs })) : [{ row: undefined, inputs: {} }]
  for (const { inputs } of suites) hooks.expect(workflow, inputs)
  // Other workflows do not run, so their clean-ups are not checked.
  for (const one of document.workflows) if (one !== workflow && !hooks.has(one)) hooks.expect(one, {})
  const failures: SuiteHookError[] = []
  try {
    for (const suite of suites) {
      const { report, retries } = await untilPassed(task, suite, given, failures)
      const { row } = suite
      reports.push(report)
      if (flags.isOn('json')) continue
      const name = nameOf(workflow, row) + (retries > 0 ? ` (retry x${retries})` : '')
      console.log(renderWorkflowReport(report, { name, width: terminalWidth() }))
    }
  } catch (error) {
    failures.push(theHookError(error))
  } finally {
    await hooks.tearDown().catch(error => failures.push(theHookError(error)))
    callOff()
  }
  if (flags.isOn('json')) console.log(plainJson(rows ? reports : reports[0]))
  for (const { message } of failures) console.error(message)
  return failures.length === 0 && reports.every(({ state }) => state === 'passed') ? PASSED : FAILED
}

interface Task extends Pick<AskedWorkflow, 'document' | 'workflow' | 'options'> {
  hooks: SuiteHooks
  conduct: RunOptions & { signal: AbortSignal }
}

/** Inputs of a suite of a workflow: one row, if there are rows. */
interface Suite {
  row: SuiteRow | undefined
  inputs: SuiteRow['inputs']
}

/** Inputs of the configuration, of the document and of the row; flags override them. */
function inputsOf(
  { workflow, options }: Task,
  row: SuiteRow | undefined,
  given: ResolvedInputs,
  setUp: SetUp | undefined,
): ResolvedInputs {
  return joinInputs(suiteInputs(workflow, options, row?.inputs, {}, setUp?.outputs), given)
}

/** Throws an error again that is not of a setup or a teardown. */
function theHookError(error: unknown): SuiteHookError {
  if (error instanceof SuiteHookError) return error
  throw error
}

function nameOf({ workflowId }: Workflow, row: SuiteRow | undefined): string {
  return row === undefined ? workflowId : `${workflowId} (${row.name})`
}

/**
 * Runs a workflow, and once more as long as it fails and its `retry` allows; each time with the setups and teardowns
 * around it. Rejects where a setup fails.
 *
 * @param failures of teardowns.
 */
async function untilPassed(
  task: Task,
  { row, inputs }: Suite,
  given: ResolvedInputs,
  failures: SuiteHookError[],
): Promise<{ report: WorkflowReport; retries: number }> {
  const { hooks, workflow, options, conduct } = task
  const { retry = 0 } = options
  for (let retries = 0; ; retries++) {
    // A setup itself runs without setups.
    const around = hooks.has(workflow) ? undefined : hooks.around(workflow, options, inputs)
    let made: ResolvedInputs | undefined
    let hasPassed = false
    try {
      const setUp = await around?.setUp(conduct.signal)
      const run = await runOnce(task, inputsOf(task, row, given, setUp), setUp)
      made = run.made
      const { report } = run
      hasPassed = report.state === 'passed'
      if (report.state === 'passed' || retries >= retry || conduct.signal.aborted) return { report, retries }
    } finally {
      const failed = (await around?.tearDown(made, hasPassed)) ?? []
      if (failed.length > 0) failures.push(SuiteHookError.around(workflow, failed))
    }
  }
}

/** The report is as it may be shown. */
async function runOnce(
  { document, workflow, options: { timeout }, conduct }: Task,
  inputs: ResolvedInputs,
  setUp: SetUp | undefined,
): Promise<{ report: WorkflowReport /** For whoever cleans up after it. */; made: ResolvedInputs }> {
  const silence = new AbortController()
  const signal = AbortSignal.any([conduct.signal, silence.signal])
  const all = { ...conduct, ...inputs, signal, ...(timeout && { runTime: timeout }) }
  const run = openRun(document, workflow.workflowId, all, undefined, setUp?.keep)
  const patience = timeout ? patienceWith(document, workflow, timeout, conduct.requestTimeout) : undefined
  const waits = new WaitsAhead()
  const pace = new LogPace()
  const endWatch = watchWait((elapsed, isNews) => {
    if (elapsed === undefined || !(isNews || pace.isDue({ elapsed }))) return
    console.error(plain(`${workflow.workflowId} ${wordsOfWait(elapsed, waits.words)}`))
  })
  try {
    for (;;) {
      const most = patience === undefined ? undefined : patience + waits.longest
      const last = await within(most, () => run.next(), silence)
      if (last === undefined) break
      waits.note(last)
    }
    const { values, secretNames } = run.known()
    const made = { inputs: values, secretInputs: secretNames }
    const report = run.shown()
    if (!silence.signal.aborted) return { report, made }
    return { report: { ...report, because: `no response within ${formatMs(patience!)}` }, made }
  } finally {
    endWatch()
    await run.close()
  }
}

/** Value of `next`. If it takes longer than the patience, the run is aborted. */
async function within(
  patience: Milliseconds | undefined,
  next: () => Promise<StepRun | undefined>,
  silence: AbortController,
): Promise<StepRun | undefined> {
  if (patience === undefined) return next()
  const timer = setTimeout(() => silence.abort(), Math.min(patience, LONGEST_TIMER))
  try {
    return await next()
  } finally {
    clearTimeout(timer)
  }
}
