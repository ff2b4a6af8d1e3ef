import { basename } from 'node:path'
import { LOAD_TEST_FIELD } from '../../document/extension-fields.ts'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import type { Problem } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { quoted } from '../../ground/words.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import { arazzoOf, referencesOf } from '../../workflow/patience.ts'
import type { StaticInputs } from '../feed/source.ts'
import { describeHook, isHook, namesOfSetups, type SuiteHook } from './hooks.ts'
import { readSuiteOptions, type SuiteOptions } from './options.ts'

/** A workflow as a suite. */
export interface Suite {
  workflow: Workflow
  options: SuiteOptions
  /** Present when it is not run by itself. */
  part?: Part
  /** Required inputs without a value. */
  missing: readonly string[]
  /** Whether it runs, by itself, as load, or since one that does refers to it; or it is said not to. */
  isTested: boolean
}

/** A workflow that others run, and which cannot run without what they give it; or a setup or a teardown of suites. */
interface Part {
  /** The workflows that run it: `checkout`; of another document `shop.arazzo.yaml#checkout`. */
  by: readonly string[]
  /** Its required inputs that are not given otherwise. */
  needs: readonly string[]
  /** Hooks that use it, if it is a setup or a teardown of suites. */
  hooks?: readonly SuiteHook[]
}

/**
 * Suites of a document. A workflow is a part if a running workflow of any document refers to it, directly or through
 * other parts, and neither the plugin nor `x-vitest` gives its required inputs. Parts that only refer to one another
 * are suites, because they would never run. A setup or a teardown is a part, unless it is declared to run.
 *
 * @param given inputs that all workflows have.
 * @param hooks setups and teardowns of all documents.
 * @param others documents whose workflows may refer to those of this one, and those that refer to these.
 */
export function suitesOf(
  document: ArazzoDocument,
  given: StaticInputs = {},
  others: readonly ArazzoDocument[] = [],
  hooks: readonly SuiteHook[] = [],
): Suite[] {
  const all = [document, ...others].flatMap(of => candidatesOf(of, given, hooks))
  const byKey = new Map(all.map(one => [keyOf(one.document.file, one.suite.workflow.workflowId), one]))
  const waiting = all.filter(({ suite }) => suite.missing.length === 0 || suite.part !== undefined)
  for (let caller = waiting.pop(); caller !== undefined; caller = waiting.pop()) {
    for (const called of calledBy(caller, byKey)) {
      if (called.suite.missing.length === 0) continue
      if (called.by.size === 0) waiting.push(called)
      called.by.add(nameOf(caller, called))
    }
  }
  const tested = new Set(all.filter(({ suite, by }) => (suite.part === undefined && by.size === 0) || hasLoad(suite)))
  // A set visits entries that are added during the iteration.
  for (const one of tested) for (const called of calledBy(one, byKey)) tested.add(called)
  return all
    .filter(one => one.document === document)
    .map(one => {
      const { suite, by } = one
      const part = suite.part ?? (by.size > 0 ? { by: [...by], needs: suite.missing } : undefined)
      return { ...suite, isTested: tested.has(one), ...(part && { part }) }
    })
}

const hasLoad = ({ workflow }: Candidate['suite']) => Object.hasOwn(workflow.extensions, LOAD_TEST_FIELD)

/** The others that a workflow refers to. */
function calledBy(caller: Candidate, byKey: ReadonlyMap<string, Candidate>): Candidate[] {
  return referencesOf(caller.suite.workflow).flatMap(({ source, workflowId }) => {
    const of = source === undefined ? caller.document : arazzoOf(caller.document, source)
    const called = of && byKey.get(keyOf(of.file, workflowId))
    return called === undefined || called === caller ? [] : [called]
  })
}

/** A workflow that runs by itself or is a part. */
interface Candidate {
  document: ArazzoDocument
  suite: Omit<Suite, 'isTested'>
  /** Workflows that run it. */
  by: Set<string>
}

function candidatesOf(document: ArazzoDocument, given: StaticInputs, ofPlugin: readonly SuiteHook[]): Candidate[] {
  const suites = document.workflows.map(workflow => ({ workflow, ...readSuiteOptions(document, workflow) }))
  const named = [
    ...ofPlugin.map(hook => ({ hook, by: 'all documents' })),
    ...suites.flatMap(({ workflow, options }) =>
      options.hooks.map(hook => ({
        hook,
        by: hook.of === 'document' ? quoted([basename(document.file)]) : quoted([workflow.workflowId]),
      })),
    ),
  ]
  return suites.map(({ workflow, options }) => {
    const missing = missingIn(document, workflow, options, given)
    const uses = options.skip !== undefined ? [] : named.filter(({ hook }) => isHook(hook, document, workflow))
    const by = new Set(uses.map(({ by }) => by))
    const part: Part | undefined = uses[0] && { by: [...by], needs: missing, hooks: uses.map(({ hook }) => hook) }
    return { document, suite: { workflow, options, missing, ...(part && { part }) }, by: new Set() }
  })
}

const keyOf = (file: string, workflowId: string) => `${file}\n${workflowId}`

/** Whether other documents may say that some of these are parts. */
export function hasOrphans(suites: readonly Suite[]): boolean {
  return suites.some(({ missing, part }) => missing.length > 0 && part === undefined)
}

/** Name of a part's single test. */
export function describePart({ by, needs, hooks }: Part): string {
  if (hooks?.[0] !== undefined) return `${hooks[0].hook} of ${by.join(', ')}`
  return `part of ${quoted(by)}, with input${needs.length === 1 ? '' : 's'} ${quoted(needs)}`
}

/** Empty for a workflow that is declared to run, or not to run. */
function missingIn(document: ArazzoDocument, workflow: Workflow, options: SuiteOptions, given: StaticInputs): string[] {
  const { skip, feed, inputs, common } = options
  const { rows = [] } = feed ?? {}
  if (skip !== undefined || typeof rows === 'string') return []
  const ofSetups = Object.fromEntries(namesOfSetups(document, options.hooks).names.map(name => [name, '']))
  return missingInputs(workflow, Object.assign(ofSetups, given, common, inputs, ...rows))
}

function nameOf({ document, suite }: Candidate, called: Candidate): string {
  const { workflowId } = suite.workflow
  if (document === called.document) return workflowId
  return `${basename(document.file)}#${workflowId}`
}

/**
 * Why no test of a document runs: its workflows are setups and teardowns, or parts of such. Nothing where one is
 * tested, or is said not to be.
 *
 * @param areOthersTested whether other documents are, which then have what the plugin's options name here.
 */
export function untestedProblems(
  { file }: ArazzoDocument,
  suites: readonly Suite[],
  areOthersTested = false,
): Problem[] {
  const taken = takenIn(suites)
  if (taken.length === 0 || suites.some(({ isTested }) => isTested)) return []
  if (areOthersTested && isForOthers(suites)) return []
  const takes = taken.map(
    ({ workflow, hooks }) => `workflow "${workflow.workflowId}" is ${hooks.map(whose).join(' and ')}`,
  )
  const message = failed('test', basename(file), `${takes.join(', ')}, and no other runs`)
  return [{ code: 'invalid-suite', severity: 'error', message, at: taken[0]!.workflow.at, hint: HINT }]
}

/** Whether all that is taken of a document is taken by the plugin's options, as of one that is only there for that. */
export function isForOthers(suites: readonly Suite[]): boolean {
  const taken = takenIn(suites)
  return taken.length > 0 && taken.every(({ hooks }) => hooks.every(({ of }) => of === 'plugin'))
}

function takenIn(suites: readonly Suite[]) {
  return suites.flatMap(({ workflow, part }) => (part?.hooks ? [{ workflow, hooks: part.hooks }] : []))
}

const HINT = [
  'Add a workflow that is tested; or write x-vitest: { skip: true } in a document that is only there for setups and',
  'teardowns, { skip: false } on a workflow that is a test as well.',
].join(' ')

/** `setup.run (./shop.arazzo.yaml) of the plugin's options`. */
function whose(hook: SuiteHook): string {
  const owner = { plugin: "the plugin's options", document: "the document's x-vitest", workflow: 'an x-vitest' }[
    hook.of
  ]
  return `${describeHook(hook)} of ${owner}`
}
