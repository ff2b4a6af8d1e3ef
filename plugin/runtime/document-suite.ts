import { Buffer } from 'node:buffer'
import { deserialize } from 'node:v8'
import { afterAll } from 'vitest'
import { VITEST_FIELD } from '../../src/document/extension-fields.ts'
import type { ArazzoDocument, Workflow } from '../../src/document/model.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { isObject } from '../../src/ground/object.ts'
import { LONGEST_TIMER } from '../../src/ground/timers.ts'
import type { InputRow } from '../../src/load/feed/source.ts'
import type { SharedCleanUp } from '../../src/load/suites/hooks.ts'
import {
  optionsOfDocument,
  readSuiteOptions,
  type SuiteOptions,
  suiteFeed,
  suiteInputs,
  tagProblems,
} from '../../src/load/suites/options.ts'
import type { SuiteRow } from '../../src/load/suites/rows.ts'
import { type SetUp, type SuiteHooks, suiteHooks } from '../../src/load/suites/suite-hooks.ts'
import { findWorkflow } from '../../src/workflow/find.ts'
import { openRun } from '../../src/workflow/functional.ts'
import { patienceWith } from '../../src/workflow/patience.ts'
import { hookError } from '../failure/hook-error.ts'
import { documentError } from '../failure/positioned-error.ts'
import { importModule } from './import-module.ts'
import type { StepTrips } from './round-trips.ts'
import { conduct, defaultServers, knownSettings } from './settings.ts'
import { WorkflowSuite } from './workflow-suite.ts'

// Vitest's own default, and the longest that a timer can wait: 0 means no time-out.
const standardTimeout = 5_000

declare module 'vitest' {
  interface TaskMeta {
    /** Results of the clean-ups in the plugin's options, for a document. */
    arazzoCleanUps?: SharedCleanUp[]
  }
}

/** The tests of a document, for the module that the plugin makes of it. */
interface DocumentSuite {
  /** To be called within the workflow's `describe`. @param row inputs of a data-driven suite. */
  workflow(workflowId: string, row?: InputRow): WorkflowSuite
  /** The rows of a data-driven workflow, a suite each. Throws an error that leads to the document. */
  rows(workflowId: string): Promise<SuiteRow[]>
}

/**
 * Throws an error that leads to the document where it uses tags that Vitest would refuse.
 *
 * @param data the document, as the plugin has put it into the module.
 */
export async function openDocument(data: string): Promise<DocumentSuite> {
  const document: ArazzoDocument = deserialize(Buffer.from(data, 'base64'))
  const optionsOf = (workflow: Workflow) => readSuiteOptions(document, workflow).options
  checkTags(document, optionsOf)
  const hooks = hooksOf(document)
  // Most documents have no budgets of round trips.
  const { stepTrips } = hasTrips(document) ? await import('./round-trips.ts') : {}
  return {
    workflow(workflowId, row) {
      const workflow = findWorkflow(document, workflowId)
      const options = optionsOf(workflow)
      const trips = stepTrips?.(workflow, options.roundTrips)
      return workflowSuite(document, workflow, { options, hooks, trips, row })
    },
    async rows(workflowId) {
      const workflow = findWorkflow(document, workflowId)
      const { suiteRows } = await import('../../src/load/suites/rows.ts')
      try {
        return suiteRows(optionsOf(workflow).feed!, workflow)
      } catch (error) {
        throw error instanceof ArazzoError ? documentError(document.file, error.problems) : error
      }
    },
  }
}

function checkTags(document: ArazzoDocument, optionsOf: (workflow: Workflow) => SuiteOptions): void {
  const { tags: declared } = knownSettings() ?? {}
  if (declared === undefined) return
  const used = new Set(document.workflows.flatMap(workflow => optionsOf(workflow).tags))
  const problems = tagProblems([...used], declared)
  if (problems.length > 0) throw documentError(document.file, problems)
}

/** Setups and teardowns of a document; undefined if it has no such hooks. */
function hooksOf(document: ArazzoDocument): SuiteHooks | undefined {
  const { hooks: ofPlugin = [], inputs, sources, severities } = knownSettings() ?? {}
  const ofAll = [...ofPlugin, ...optionsOfDocument(document).hooks]
  const isNone = ofAll.length === 0 && document.workflows.every(one => hooksFor(document, one).length === 0)
  if (isNone) return undefined
  const means = { conduct: conductHere, read: { sources, severities }, importModule, ...(inputs && { inputs }) }
  const hooks = suiteHooks(document, ofAll, means)
  // Teardowns have a limit of their own.
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the text of it which fixtures are wanted.
  afterAll(async ({}, file) => {
    await hooks.tearDown().catch(error => {
      throw hookError(error)
    })
    if (hooks.sharedCleanUps().length > 0) file.meta.arazzoCleanUps = hooks.sharedCleanUps()
  }, 0)
  return hooks
}

const hooksFor = (document: ArazzoDocument, workflow: Workflow) => readSuiteOptions(document, workflow).options.hooks

const conductHere = () => ({ ...conduct(), servers: defaultServers() })

const hasTrips = ({ extensions, workflows }: ArazzoDocument) =>
  [
    extensions[VITEST_FIELD],
    ...workflows.flatMap(({ extensions, steps }) => [extensions[VITEST_FIELD], ...steps.map(({ vitest }) => vitest)]),
  ].some(one => isObject(one?.value) && 'roundTrips' in one.value)

interface SuiteParts {
  options: SuiteOptions
  hooks: SuiteHooks | undefined
  trips: StepTrips | undefined
  row: InputRow | undefined
}

function workflowSuite(
  document: ArazzoDocument,
  workflow: Workflow,
  { options, hooks, trips, row = {} }: SuiteParts,
): WorkflowSuite {
  const { inputs: ofPlugin, testTimeout = standardTimeout, requestTimeout } = knownSettings() ?? {}
  const { timeout = testTimeout } = options
  const patience = patienceWith(document, workflow, timeout || LONGEST_TIMER, requestTimeout)
  const open = (signal: AbortSignal, setUp?: SetUp) => {
    const own = suiteInputs(workflow, options, row, ofPlugin, setUp?.outputs)
    const all = { ...conductHere(), ...own, signal, runTime: timeout }
    const run = openRun(document, workflow.workflowId, all, importModule, setUp?.keep)
    return trips?.over(run) ?? run
  }
  // A setup itself runs without setups.
  const isAround = hooks !== undefined && !hooks.has(workflow)
  if (isAround && options.skip !== true) hooks.expect(workflow, row)
  const newHooks = isAround ? () => hooks.around(workflow, options, row) : undefined
  return new WorkflowSuite(document, workflow, open, patience, suiteFeed(workflow, options), newHooks, trips)
}
