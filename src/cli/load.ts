import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { LOAD_TEST_FIELD } from '../document/extension-fields.ts'
import type { Workflow } from '../document/model.ts'
import { getAt, parsePointer } from '../expression/pointer.ts'
import { ArazzoError, describeEach, suggestion } from '../ground/errors.ts'
import { describeFaults } from '../ground/fields.ts'
import { given } from '../ground/given.ts'
import { isObject } from '../ground/object.ts'
import { plainLines } from '../ground/plain.ts'
import { quoted } from '../ground/words.ts'
import { runLoadTest } from '../hosts/run.ts'
import { asFeed, constantsOf, feedOf, type InputSource } from '../load/feed/source.ts'
import { type DocumentLoadTest, loadTestsOf } from '../load/plan/document-tests.ts'
import { type LoadTest, loadTestOrThrow, problemsOf, readLoadTest } from '../load/plan/load-test.ts'
import type { LoadOptions, Progress } from '../load/plan/options.ts'
import { suiteFeed } from '../load/suites/options.ts'
import type { TargetOptions } from '../measure/target.ts'
import { colorsOf } from '../report/color.ts'
import { renderHtmlReport } from '../report/html/page.ts'
import { originOf } from '../report/origin.ts'
import { LogPace, renderProgressLog, renderProgressRows } from '../report/progress.ts'
import { type LoadResult, resultText } from '../report/result.ts'
import { renderLoadReport } from '../report/table.ts'
import { joinBudgets, parseBudgets, withStepHint } from './budgets.ts'
import { type AskedWorkflow, commonFlags, readChecks, withWorkflow } from './common.ts'
import { faultInFlags, inFlags } from './flag-words.ts'
import {
  type Command,
  type Flags,
  type FlagTable,
  INCONCLUSIVE,
  MISUSED,
  Misuse,
  misuse,
  PASSED,
  VERBOSE,
} from './flags.ts'
import { natsUser } from './nats.ts'
import { openPage } from './open.ts'
import { checkOutputs, type Output, writeOutputs } from './outputs.ts'
import { shapeFlags, shapeOf } from './shape-flags.ts'
import { exitCodeOf, verdictLine } from './verdict.ts'

/** Flags that name a file to write. */
const OUTPUTS = ['output', 'html'] as const

const { server, input, 'input-env': inputEnv, 'security-env': securityEnv, ...ofRuns } = commonFlags

/** Flags of `load`, by what they are about. */
const loadFlags: Readonly<Record<string, FlagTable>> = {
  'How much, and for how long': shapeFlags,
  'What is allowed': {
    budget: { value: "'p99<100ms'", text: 'what is allowed', isList: true },
    'load-test': { value: 'name', text: `the load test of the document's ${LOAD_TEST_FIELD}` },
    'on-inconclusive': { value: 'fail|warn', text: 'how to exit when the run decided nothing (default: fail)' },
  },
  'Where requests go': {
    server: server!,
    'allow-host': { value: 'name', text: 'a host other than this machine that may be loaded', isList: true },
    agents: { value: 'address', text: 'a NATS server, whose agents run the load instead of this process' },
  },
  'What they carry': {
    input: input!,
    'input-env': inputEnv!,
    'security-env': securityEnv!,
    'inputs-csv': { value: 'file', text: 'inputs from a CSV file, a line for each iteration' },
  },
  'What is measured': {
    target: {
      value: '[name=]what',
      text: 'what is measured: a process (4711) or a Prometheus page (http://...)',
      isList: true,
    },
    'metrics-port': { value: 'port', text: 'a page for Prometheus to scrape during the run' },
  },
  'What is written': {
    html: { value: 'file', text: 'write a page' },
    open: { text: 'open the page in a browser, but not in CI' },
    output: { value: 'file', text: 'write the result as JSON, for `vitest-arazzo results show`' },
    quiet: { text: 'no live line' },
    verbose: { text: VERBOSE },
  },
  'How workflows run': ofRuns,
}

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
  return withWorkflow(flags, async (asked, pid) => runOne(flags, await readCommandLine(flags, asked, pid)))
}

async function runOne(flags: Flags, { loadTest, name, file }: CommandLine): Promise<number> {
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
  const origin = flags.has('output') ? originOf(dirname(file)) : {}
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

/**
 * Load test of the command line. Throws its faults, in the words of flags for values from flags.
 *
 * @param pid a process to measure, if nothing else is named.
 */
async function readCommandLine(flags: Flags, read: AskedWorkflow, pid?: number): Promise<CommandLine> {
  const { document, workflow, common, configured } = read
  const ref = { document: document.file, workflowId: workflow.workflowId }
  const { name, isByFlags: isByOthers, placeOf, ...asked } = askedFor(flags, workflow)
  const nats = flags.text('agents')
  const options: LoadOptions = {
    ...common,
    ...(pid !== undefined && { target: { pid } }),
    ...asked,
    workflow: ref,
    inputs: inputsOf(flags, read),
    ...targetsOf(flags.list('target')),
    ...(flags.has('metrics-port') && { metrics: flags.port('metrics-port')! }),
    ...(flags.has('allow-host') && { allowHosts: flags.list('allow-host') }),
    ...(nats !== undefined && { agents: { ...(configured.agents ?? natsUser()), nats } }),
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
  // Other options are those of the configuration.
  const isOfDocument = (path: string) => test !== undefined && path.split('/')[1]! in test.options && !isSaid(path)
  const { load, budgets, target, targets, ...besides }: Partial<DocumentLoadTest['options']> = test?.options ?? {}
  return given<Asked>({
    ...besides,
    ...measuredHere({ target, targets }),
    name: test?.name ?? workflow.workflowId,
    isByFlags: path => !isOfDocument(path),
    placeOf: path => (isOfDocument(path) ? test!.placeOf(path) : workflow.at),
    load: { ...load, ...shape } as LoadOptions['load'],
    budgets: joinBudgets(budgets, byFlags),
    checks: readChecks(flags) ?? besides.checks,
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
  throw misuse('choose', thing, found, advice)
}

/** Inputs by flags come before those of the document, and a file by a flag takes the place of the document's rows. */
function inputsOf(flags: Flags, { workflow, options, inputs }: AskedWorkflow): InputSource {
  const source = suiteFeed(workflow, options)
  const csv = flags.text('inputs-csv')
  const feed = csv === undefined ? feedOf(workflow, source) : { rows: resolve(csv) }
  return asFeed(feed, { ...constantsOf(workflow, source), ...inputs })
}

function outputsOf(result: LoadResult): Record<(typeof OUTPUTS)[number], Output> {
  const { name, report } = result
  return { output: () => resultText(result), html: () => renderHtmlReport([{ name, report }]) }
}

const CLEAR_BELOW = '\r\u001B[J'
const UP = '\u001B[1A'

/** How a run gets on, on standard error: rows that are drawn again on a terminal, elsewhere lines every ten seconds. */
export class LiveLine {
  readonly #name: string
  readonly #stream = process.stderr
  readonly #pace = new LogPace()
  /** Rows that stand on the terminal. */
  #drawn = 0

  constructor(name: string) {
    this.#name = name
  }

  update(progress: Progress): void {
    if (this.#stream.isTTY) {
      const rows = renderProgressRows(progress, this.#name, (this.#stream.columns || 100) - 1, colorsOf())
      this.#stream.write(this.#cleared() + rows.join('\n'))
      this.#drawn = rows.length
    } else if (this.#pace.isDue(progress)) {
      this.#stream.write(`${renderProgressLog(progress).join('\n')}\n`)
    }
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write(this.#cleared())
    this.#drawn = 0
  }

  #cleared(): string {
    return UP.repeat(Math.max(0, this.#drawn - 1)) + CLEAR_BELOW
  }
}

/** Targets: one without a name, the application, and any number with a name. */
function targetsOf(written: readonly string[]): Pick<LoadOptions, 'target' | 'targets'> {
  const read = written.map(text => {
    const [, name, what] = /^(?:([A-Za-z][\w-]*)=)?(.*)$/s.exec(text)!
    return { name, target: targetOf(what!) }
  })
  const unnamed = read.filter(({ name }) => name === undefined)
  const named = read.flatMap(({ name, target }) => (name === undefined ? [] : [[name, target] as const]))
  if (unnamed.length > 1) {
    const found = `${unnamed.length} of them have no name`
    throw misuse('read', '--target', found, 'Write name=4711 for all but the application.')
  }
  return given({ target: unnamed[0]?.target, targets: named.length > 0 ? Object.fromEntries(named) : undefined })
}

/** Targets of a document without applications by name, which are not started here. */
function measuredHere({ target, targets }: Measured): Pick<LoadOptions, 'target' | 'targets'> {
  const isNamed = (one: unknown) => typeof one === 'string'
  const others = isObject(targets)
    ? Object.fromEntries(Object.entries(targets).filter(([, one]) => !isNamed(one)))
    : targets
  return { target: isNamed(target) ? undefined : target, targets: others as LoadOptions['targets'] }
}

type Measured = { [key in 'target' | 'targets']?: LoadOptions[key] | undefined }

function targetOf(what: string): TargetOptions {
  if (/^\d+$/.test(what)) return { pid: Number(what) }
  if (/^https?:/.test(what)) return { prometheus: what }
  throw misuse('read', `--target ${what}`.trim(), 'it is neither a process id nor a URL', 'Write 4711 or http://...')
}
