import { resolve } from 'node:path'
import type { Budgets } from '../../src/budget/budget.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { Workflow } from '../../src/document/model.ts'
import { ArazzoError, didYouMean, failed } from '../../src/errors.ts'
import type { InputSource } from '../../src/load/feed/source.ts'
import { type DocumentLoadTest, LOAD_TEST_FIELD, readLoadTests } from '../../src/load/load-tests.ts'
import type { LoadOptions } from '../../src/load/options.ts'
import { runLoad } from '../../src/load/run.ts'
import { TRANSPORTS } from '../../src/load/transport-choice.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { writeWhole } from '../../src/report/files.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { type LoadResult, RESULT_VERSION } from '../../src/report/result.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { parseBudgets } from './budgets.ts'
import { type Command, INCONCLUSIVE, PASSED } from './command.ts'
import { commonFlags, oneOf, readCommon, readWorkflow, wholeNumber } from './common.ts'
import { type Flags, Misuse } from './flags.ts'
import { LiveLine } from './live-line.ts'
import { shapeFlags, shapeOf } from './shape-flags.ts'
import { exitCodeOf } from './verdict.ts'

export const load: Command = {
  usage: 'load <file#workflow> [flags]',
  text: `run a workflow as load; without flags for the shape, as its ${LOAD_TEST_FIELD} says`,
  flags: {
    ...shapeFlags,
    budget: { value: "'p99<100ms'", text: 'what is allowed', isList: true },
    'load-test': { value: 'name', text: `the load test of the document's ${LOAD_TEST_FIELD}` },
    'inputs-csv': { value: 'file', text: 'inputs from a CSV file, a line for each iteration' },
    'inputs-json': { value: 'file', text: 'inputs from a JSON list of objects' },
    pid: { value: 'number', text: "the application's process, for memory and CPU" },
    transport: { value: 'auto|wire|undici', text: 'who speaks HTTP (default: auto)' },
    'allow-host': { value: 'name', text: 'a host other than this machine that may be loaded', isList: true },
    'on-inconclusive': {
      value: 'fail|warn',
      text: 'how to exit when the run decided nothing (default: fail)',
    },
    output: { value: 'file', text: 'write the result as JSON, for `vitest-arazzo report`' },
    html: { value: 'file', text: 'write a page' },
    markdown: { value: 'file', text: 'write a summary in Markdown' },
    quiet: { text: 'no live line' },
    ...commonFlags,
  },
  async run(flags) {
    const common = readCommon(flags)
    const { ref, workflow, inputs } = await readWorkflow(flags, common.read)
    const { name, ...asked } = askedFor(flags, workflow)
    const live = flags.isOn('quiet') ? undefined : new LiveLine(name)
    const options: LoadOptions = {
      ...common,
      ...asked,
      workflow: ref,
      inputs: withFeed(flags, inputs),
      ...(flags.has('pid') && { target: { pid: wholeNumber('pid', flags.text('pid')!) } }),
      ...(flags.has('allow-host') && { allowHosts: flags.list('allow-host') }),
      onProgress: progress => live?.update(progress),
    }
    const onInconclusive = oneOf('on-inconclusive', flags.text('on-inconclusive') ?? 'fail', ['fail', 'warn'])
    const report = await runLoad(options).finally(() => live?.end())
    write(flags, {
      version: RESULT_VERSION,
      name,
      file: ref.document,
      budgets: budgetsOf(report, asked.budgets),
      report,
    })
    console.log(renderLoadReport(report, { name }))
    const code = exitCodeOf(report)
    return code === INCONCLUSIVE && onInconclusive === 'warn' ? PASSED : code
  },
}

type Asked = Pick<LoadOptions, 'load' | 'budgets' | 'transport'> & { name: string }

/** The shape and budgets by flags, else those of the document's load test; budgets by flags replace those of the document. */
function askedFor(flags: Flags, workflow: Workflow): Asked {
  const byFlags = parseBudgets(flags.list('budget'))
  const shape = shapeOf(flags)
  const test = shape === undefined || flags.has('load-test') ? documentTest(flags, workflow) : undefined
  const transport = flags.text('transport')
  return {
    name: test?.name ?? workflow.workflowId,
    load: { ...test?.options.load, ...shape } as LoadOptions['load'],
    budgets: { ...test?.options.budgets, ...byFlags },
    ...(test?.options.transport && { transport: test.options.transport }),
    ...(transport !== undefined && { transport: oneOf('transport', transport, TRANSPORTS) }),
  }
}

function documentTest(flags: Flags, workflow: Workflow): DocumentLoadTest {
  const { tests, problems } = readLoadTests(workflow)
  if (problems.length > 0) throw new ArazzoError(problems)
  const wanted = flags.text('load-test')
  const names = tests.map(({ name }) => name)
  const chosen =
    wanted === undefined
      ? tests.length === 1
        ? tests[0]
        : undefined
      : tests.find(({ name }) => name === wanted)
  if (chosen !== undefined) return chosen
  const thing = wanted === undefined ? 'how much load to run' : `load test "${wanted}"`
  const found =
    tests.length === 0
      ? `${workflow.workflowId} has no ${LOAD_TEST_FIELD}, and no flag says it`
      : `${workflow.workflowId} has ${names.map(name => `"${name}"`).join(', ')}`
  const meant = wanted === undefined ? undefined : didYouMean(wanted, names)
  const advice = meant
    ? `Did you mean "${meant}"?`
    : tests.length === 0
      ? 'Write --rps 100 --duration 30s.'
      : 'Name one with --load-test.'
  throw new Misuse(failed('choose', thing, found, advice))
}

function withFeed(flags: Flags, constants: Record<string, unknown>): InputSource {
  const [csv, json] = [flags.text('inputs-csv'), flags.text('inputs-json')]
  if (csv !== undefined && json !== undefined) {
    throw new Misuse(
      failed('read', 'inputs', 'they are to come from two files', 'Give one of the two flags.'),
    )
  }
  if (csv !== undefined) return { csv: resolve(csv), constants }
  return json === undefined ? constants : { json: resolve(json), constants }
}

/** As the run has read them: it has refused those that cannot be. */
function budgetsOf(report: LoadReport, written: Budgets | undefined): LoadResult['budgets'] {
  return readBudgets(written, { steps: Object.keys(report.steps), target: true }).budgets
}

function write(flags: Flags, result: LoadResult): void {
  const named = [{ name: result.name, report: result.report }]
  const texts = {
    output: () => `${JSON.stringify(result, null, 1)}\n`,
    html: () => renderHtmlReport(named),
    markdown: () => renderMarkdown(named),
  }
  for (const [flag, text] of Object.entries(texts)) {
    const file = flags.text(flag)
    if (file !== undefined) writeWhole(file, text())
  }
}
