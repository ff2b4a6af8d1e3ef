import { dirname, resolve } from 'node:path'
import { expect, TestRunner } from 'vitest'
import type { ArazzoDocument, ReadOptions } from '../src/document/model.ts'
import type { Problem } from '../src/ground/errors.ts'
import { failure } from '../src/ground/fault.ts'
import { assertNoFaults } from '../src/ground/fields.ts'
import { formatMs, type Milliseconds } from '../src/ground/units.ts'
import { authorityOf } from '../src/http/authority.ts'
import type { StaticInputs } from '../src/load/feed/source.ts'
import { longestGathering } from '../src/load/plan/agents.ts'
import { resolveInputs } from '../src/load/plan/inputs.ts'
import { longestRun } from '../src/load/plan/load-plan.ts'
import type { LoadOptions } from '../src/load/plan/options.ts'
import type { LoadReport } from '../src/measure/report.ts'
import { withAbsolutePaths } from '../src/workflow/channel/connect.ts'
import { runOptionFaults, sourceFaults } from '../src/workflow/check-options.ts'
import { findWorkflow, readRef, splitRef } from '../src/workflow/find.ts'
import type { RunOptions, WorkflowRef } from '../src/workflow/functional.ts'
import type { WorkflowReport } from '../src/workflow/outcome.ts'
import { importModule } from './runtime/import-module.ts'
import { conduct, defaultServers, settings, startedApplications } from './runtime/settings.ts'
import { atCaller } from './runtime/site.ts'
import type { CheckedRef, ReportOf, RunArguments } from './typed.ts'

/** Base of relative paths: the folder of the running test file. */
function testFolder(): string {
  const { testPath } = expect.getState()
  return testPath ? dirname(testPath) : process.cwd()
}

/**
 * Runs a workflow as load and resolves with the report for any verdict. A path is relative to the test file. Servers,
 * inputs and the target process come from the plugin by default. No other test runs meanwhile. Rejects at once if the
 * calling test has too little time.
 */
export function runLoad(options: Omit<LoadOptions, 'metrics'>): Promise<LoadReport> {
  return atCaller(runLoad, () => load(options))
}

async function load(options: Omit<LoadOptions, 'metrics'>): Promise<LoadReport> {
  const [test, folder] = [TestRunner.getCurrentTest(), testFolder()]
  const { fullNameOf, readLoadCase, runExclusively, withTestLabel } = await import('./runtime/load-case.ts')
  const read = await readLoadCase(options, { folder })
  if (test) requireTime(test, longestRun(read.load) + longestGathering(read.options.agents))
  startedApplications()
  const loadTest = withTestLabel(read, { test: test ? fullNameOf(test) : 'load' })
  const { withoutFailedHooks } = await import('../src/load/run/prepare.ts')
  const signal = anyOf(options.signal, test?.context.signal)
  return withoutFailedHooks(await runExclusively(loadTest, test?.name ?? 'load', signal, options.onProgress))
}

// Time in addition to the plan, for threads and connections.
const slack: Milliseconds = 2_000

/** Vitest cannot raise the time-out of a test that runs, and would end it in the middle of its load. */
function requireTime({ name, timeout }: { name: string; timeout: Milliseconds }, longest: Milliseconds): void {
  if (timeout === 0 || timeout >= longest + slack) return
  const enough = Math.ceil((longest + 2 * slack) / 5_000) * 5_000
  const found = `it may take ${formatMs(longest)}, and the test may take ${formatMs(timeout)}`
  const advice =
    `Pass ${enough.toLocaleString('en').replaceAll(',', '_')} as the last argument of test(), or ` + 'use loadTest().'
  throw failure('run load', `in test "${name}"`, found, advice)
}

/**
 * Runs a workflow once. Failures of the workflow are in the report; rejects only for misuse or an invalid document
 * (ArazzoError with every problem in `.problems`). A path is relative to the test file; what is not given is the
 * plugin's. With the file that `npx vitest-arazzo types` writes, workflow, inputs and outputs are checked by types.
 *
 * @example
 * const report = await runWorkflow('./shop.arazzo.yaml#checkout', { inputs: { coupon: 'TEN' } })
 */
export function runWorkflow<const Ref extends WorkflowRef>(
  ref: CheckedRef<Ref>,
  ...[options = {}]: RunArguments<Ref, WorkflowOptions>
): Promise<ReportOf<Ref>> {
  const report = atCaller(runWorkflow, () => runOnce(ref as WorkflowRef, options as WorkflowOptions))
  return report as Promise<WorkflowReport> as Promise<ReportOf<Ref>>
}

export type WorkflowOptions = Omit<RunOptions, 'inputs' | 'secretInputs' | 'clock'> &
  ReadOptions & { inputs?: StaticInputs }

async function runOnce(ref: WorkflowRef, given: WorkflowOptions): Promise<WorkflowReport> {
  assertNoFaults(runOptionFaults(ref, given, ['secretInputs', 'clock']))
  const ofPlugin = settings()
  const { inputs, sources = ofPlugin?.sources, severities = ofPlugin?.severities, ...options } = given
  const { path, workflowId: asked } = splitRef(ref)
  const place = { document: resolve(testFolder(), path), workflowId: asked }
  const { inputsFor } = await import('../src/load/suites/options.ts')
  const { openRun, toEnd } = await import('../src/workflow/functional.ts')
  const { document, workflowId } = await readRef(place, { sources, severities })
  assertNoFaults(sourceFaults(document, given))
  const workflow = findWorkflow(document, workflowId)
  const test = TestRunner.getCurrentTest()
  const all = {
    servers: defaultServers(),
    ...conduct(),
    ...options,
    ...(options.ca && { ca: authorityOf(options.ca, testFolder()) }),
    ...(options.channels && { channels: withAbsolutePaths(options.channels, testFolder()) }),
    ...resolveInputs(inputsFor(workflow, ofPlugin?.inputs, inputs)),
    signal: anyOf(options.signal, test?.context.signal),
    ...(test && { runTime: test.timeout }),
  }
  return toEnd(openRun(document, workflowId, all, importModule))
}

/**
 * Reads and checks a document and all files that it refers to. Never throws for their content. A path is relative to
 * the test file.
 */
export async function readArazzo(
  path: string | URL,
  options?: ReadOptions,
): Promise<{ document?: ArazzoDocument; problems: Problem[]; files: string[] }> {
  const { sources, severities } = settings() ?? {}
  const file = typeof path === 'string' ? resolve(testFolder(), path) : path
  const { readArazzo } = await import('../src/document/read.ts')
  return readArazzo(file, { sources, severities, ...options })
}

/** Joins signals by hand, and not by `AbortSignal.any`: a browser-like environment has signals of its own kind. */
function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter(signal => signal !== undefined)
  if (given.length < 2) return given[0]
  const any = new AbortController()
  for (const signal of given) {
    if (signal.aborted) any.abort(signal.reason)
    signal.addEventListener('abort', () => any.abort(signal.reason), { once: true, signal: any.signal })
  }
  return any.signal
}
