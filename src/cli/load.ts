import { dirname, resolve } from 'node:path'
import { LOAD_TEST_FIELD } from '../document/extension-fields.ts'
import type { Workflow } from '../document/model.ts'
import { getAt, parsePointer } from '../expression/pointer.ts'
import { ArazzoError, describeEach, suggestion } from '../ground/errors.ts'
import { failed } from '../ground/fault.ts'
import { describeFaults } from '../ground/fields.ts'
import { given } from '../ground/given.ts'
import { plainLines } from '../ground/plain.ts'
import { quoted } from '../ground/words.ts'
import { runLoadTest } from '../hosts/run.ts'
import { PROTOCOLS } from '../http/transport.ts'
import { asFeed, constantsOf, feedOf, type InputSource } from '../load/feed/source.ts'
import { renderMetrics } from '../load/metrics/figures.ts'
import { type DocumentLoadTest, loadTestsOf } from '../load/plan/document-tests.ts'
import { type LoadTest, loadTestOrThrow, problemsOf, readLoadTest } from '../load/plan/load-test.ts'
import type { LoadOptions } from '../load/plan/options.ts'
import { TRANSPORTS } from '../load/plan/transport-choice.ts'
import { suiteFeed } from '../load/suites/options.ts'
import { renderHtmlReport } from '../report/html/page.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { originOf } from '../report/origin.ts'
import type { LoadResult } from '../report/result.ts'
import { resultText } from '../report/result-file.ts'
import { renderLoadReport } from '../report/table.ts'
import { joinBudgets, parseBudgets, withStepHint } from './budgets.ts'
import { type Command, INCONCLUSIVE, MISUSED, PASSED } from './command.ts'
import { readChecks, readCommon, readWorkflow, wholeNumber } from './common.ts'
import { faultInFlags, inFlags } from './flag-words.ts'
import { type Flags, Misuse } from './flags.ts'
import { LiveLine } from './live-line.ts'
import { loadFlags, OUTPUTS } from './load-flags.ts'
import { natsUser } from './nats.ts'
import { openPage } from './open.ts'
import { checkOutputs, type Output, writeOutputs } from './outputs.ts'
import { shapeOf } from './shape-flags.ts'
import { measuredHere, portOf, targetsOf } from './targets.ts'
import { exitCodeOf, verdictLine } from './verdict.ts'

export const load: Command = {
  usage: 'load <file#workflow> [flags]',
  text: `run a workflow as load; without flags for the shape, as its ${LOAD_TEST_FIELD} says`,
  flags: Object.assign({}, ...Object.values(loadFlags)),
  groups: loadFlags,
  examples: [
    "load shop.arazzo.yaml#checkout --server http://127.0.0.1:3000 --rps 100 --duration 30s --budget 'p99<100ms'",
    'load shop.arazzo.yaml#checkout --vus 20 --duration 1m --inputs-csv users.csv --html report.html --open',
  ],
  run: flags => inFlags(() => runLoadCommand(flags)),
}

async function runLoadCommand(flags: Flags): Promise<number> {
  checkOutputs(flags, OUTPUTS)
  const { loadTest, name, file } = await readCommandLine(flags)
  const onInconclusive = flags.word('on-inconclusive', ['fail', 'warn'])
  for (const { title } of loadTest.relative)
    console.error(`${title} is not judged: there is no base here. Run it with Vitest, and the plugin's option compare.`)
  const live = flags.isOn('quiet') ? undefined : new LiveLine(name)
  const run = runLoadTest(loadTest, {
    title: name,
    onProgress: progress => live?.update(progress),
    onWait: line => console.error(plainLines(line)),
  })
  const report = await run.finally(() => live?.end())
  // The report is printed first, so that a failure to write files does not lose it.
  console.log(renderLoadReport(report, { name, verbose: flags.isOn('verbose') }))
  const isTold = flags.has('output') || flags.has('metrics')
  const origin = isTold ? originOf(dirname(file)) : {}
  const outputs = outputsOf({ report, name, file, ...origin })
  const areWritten = await writeOutputs(flags, outputs)
  if (flags.isOn('open')) await openPage(flags.text('html'), outputs.html)
  console.log(`\n${verdictLine(report, name)}`)
  const verdict = exitCodeOf(report)
  const code = verdict === INCONCLUSIVE && onInconclusive === 'warn' ? PASSED : verdict
  return code === PASSED && !areWritten ? MISUSED : code
}

interface CommandLine {
  loadTest: LoadTest
  name: string
  /** The document. */
  file: string
}

/** Load test of the command line. Throws its faults, in the words of flags for values from flags. */
async function readCommandLine(flags: Flags): Promise<CommandLine> {
  const common = readCommon(flags)
  const { document, workflow, inputs, options: ofDocument } = await readWorkflow(flags, common)
  const ref = { document: document.file, workflowId: workflow.workflowId }
  const feed = suiteFeed(workflow, ofDocument)
  const { name, isByFlags: isByOthers, placeOf, ...asked } = askedFor(flags, workflow)
  const agents = agentsOf(flags)
  const options: LoadOptions = {
    ...common,
    ...asked,
    workflow: ref,
    inputs: withFeed(flags, workflow, feed, inputs),
    ...targetsOf(flags.list('target')),
    ...(flags.has('metrics-port') && { metrics: { port: portOf('metrics-port', flags.text('metrics-port')!) } }),
    ...(flags.has('allow-host') && { allowHosts: flags.list('allow-host') }),
    ...(agents !== undefined && { agents }),
  }
  // A document's budgets may speak of a base, which is for Vitest to judge; one that is asked for here cannot be.
  const base = !flags.list('budget').some(budget => /[<>=]\s*base\b/i.test(budget))
  const reading = await readLoadTest(options, { document, base })
  const isByFlags = (path: string) => path.startsWith('/agents') || isByOthers(path)
  const ofFlags = reading.faults?.filter(({ path }) => isByFlags(path)) ?? []
  const others = reading.faults?.filter(({ path }) => !isByFlags(path)) ?? []
  if (ofFlags.length > 0) {
    const ofDocument = others.length === 0 ? [] : describeEach(problemsOf(others, placeOf))
    const steps = workflow.steps.map(({ stepId }) => stepId)
    const told = ofFlags.map(fault => faultInFlags(withStepHint(fault, steps)))
    throw new Misuse([describeFaults(told), ...ofDocument].join('\n'))
  }
  return { loadTest: loadTestOrThrow(reading, placeOf), name, file: document.file }
}

interface Asked
  extends Pick<LoadOptions, keyof DocumentLoadTest['options']>,
    Pick<DocumentLoadTest, 'name' | 'placeOf'> {
  /** Whether an option, by its JSON Pointer, is what a flag says, or what no document does. */
  isByFlags(path: string): boolean
}

/**
 * The shape and budgets by flags, else those of the document's load test; a budget by flags replaces the document's of
 * the same key.
 */
function askedFor(flags: Flags, workflow: Workflow): Asked {
  const byFlags = parseBudgets(flags.list('budget'))
  const shape = shapeOf(flags)
  const test = shape === undefined || flags.has('load-test') ? documentTest(flags, workflow) : undefined
  const isSaid = (path: string) => getAt({ load: shape, budgets: byFlags }, parsePointer(path)) !== undefined
  const isByFlags = (path: string) => test === undefined || isSaid(path)
  const { load, budgets, target, targets, ...besides }: Partial<DocumentLoadTest['options']> = test?.options ?? {}
  return given<Asked>({
    ...besides,
    ...measuredHere({ target, targets }),
    name: test?.name ?? workflow.workflowId,
    isByFlags,
    placeOf: path => (test === undefined || isSaid(path) ? workflow.at : test.placeOf(path)),
    load: { ...load, ...shape } as LoadOptions['load'],
    budgets: joinBudgets(budgets, byFlags),
    transport: flags.word('transport', TRANSPORTS) ?? besides.transport,
    protocol: flags.word('protocol', PROTOCOLS) ?? besides.protocol,
    traceparent: flags.isOn('traceparent') || besides.traceparent,
    checks: readChecks(flags) ?? besides.checks,
    requestTimeout: flags.text('request-timeout') ?? besides.requestTimeout,
  })
}

/** Flags that say something of the agents that `--agents` leads to. */
const AGENTS_FLAGS = ['agents-count', 'agents-wait', 'agents-ca']

/** Agents by flags, with the name of this coordinator. */
function agentsOf(flags: Flags): LoadOptions['agents'] {
  const nats = flags.text('agents')
  if (nats === undefined) {
    const idle = AGENTS_FLAGS.filter(name => flags.has(name))
    if (idle.length === 0) return undefined
    const advice = 'Add --agents nats://host:4222, or leave it out.'
    throw new Misuse(idle.map(name => failed('read', `--${name}`, 'no NATS server is named', advice)).join('\n'))
  }
  const count = flags.has('agents-count') ? wholeNumber('agents-count', flags.text('agents-count')!) : undefined
  return given<LoadOptions['agents'] & object>({
    nats,
    count,
    wait: flags.text('agents-wait'),
    ...natsUser(undefined, flags.text('agents-ca')),
  })
}

function documentTest(flags: Flags, workflow: Workflow): DocumentLoadTest {
  const { tests, problems } = loadTestsOf(workflow)
  if (problems.length > 0) throw new ArazzoError(problems)
  const wanted = flags.text('load-test')
  const names = tests.map(({ name }) => name)
  const chosen =
    wanted === undefined ? (tests.length === 1 ? tests[0] : undefined) : tests.find(({ name }) => name === wanted)
  if (chosen !== undefined) return chosen
  const thing = wanted === undefined ? 'how much load to run' : `load test "${wanted}"`
  const found =
    tests.length === 0
      ? `${workflow.workflowId} has no ${LOAD_TEST_FIELD}, and no flag says it`
      : `${workflow.workflowId} has ${quoted(names)}`
  const meant = wanted === undefined ? undefined : suggestion(wanted, names)
  const advice = meant ?? (tests.length === 0 ? 'Write --rps 100 --duration 30s.' : 'Name one with --load-test.')
  throw new Misuse(failed('choose', thing, found, advice))
}

/** Inputs by flags come before those of the document, and a file by a flag takes the place of the document's rows. */
function withFeed(
  flags: Flags,
  workflow: Workflow,
  feed: InputSource | undefined,
  given: Record<string, unknown>,
): InputSource {
  const constants = { ...constantsOf(workflow, feed), ...given }
  const [csv, json] = [flags.text('inputs-csv'), flags.text('inputs-json')]
  if (csv !== undefined && json !== undefined) {
    throw new Misuse(failed('read', 'inputs', 'they are to come from two files', 'Give one of the two flags.'))
  }
  if (csv !== undefined) return asFeed({ csv: resolve(csv), constants })
  if (json !== undefined) return asFeed({ json: resolve(json), constants })
  return asFeed({ ...feedOf(workflow, feed), constants })
}

function outputsOf(result: LoadResult): Record<(typeof OUTPUTS)[number], Output> {
  const { name, report } = result
  const named = [{ name, report }]
  return {
    output: () => resultText(result),
    html: () => renderHtmlReport(named),
    markdown: () => renderMarkdown(named),
    metrics: () => renderMetrics(report, given({ commit: result.commit })),
  }
}
