import { Buffer } from 'node:buffer'
import { deserialize } from 'node:v8'
import type { ArazzoDocument, Workflow } from '../../src/document/model.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import type { InputRow } from '../../src/load/feed/source.ts'
import { suiteFeed, suiteInputs } from '../../src/load/suites/inputs.ts'
import { readSuiteOptions, type SuiteOptions, tagProblems } from '../../src/load/suites/options.ts'
import type { SuiteRow } from '../../src/load/suites/rows.ts'
import { openRun } from '../../src/workflow/functional.ts'
import { findWorkflow } from '../../src/workflow/plan.ts'
import { documentError } from '../failure/document-error.ts'
import { defaultServers } from './application.ts'
import { importModule } from './import-module.ts'
import { conduct, knownSettings } from './settings.ts'
import { WorkflowSuite } from './workflow-suite.ts'

// Vitest's own default, and the longest that a timer can wait: 0 means no time-out.
const standardTimeout = 5_000
const forever = 2 ** 31 - 1

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
export function openDocument(data: string): DocumentSuite {
  const document: ArazzoDocument = deserialize(Buffer.from(data, 'base64'))
  const optionsOf = (workflow: Workflow) => readSuiteOptions(document, workflow).options
  checkTags(document, optionsOf)
  return {
    workflow(workflowId, row) {
      const workflow = findWorkflow(document, workflowId)
      return workflowSuite(document, workflow, optionsOf(workflow), row)
    },
    async rows(workflowId) {
      const workflow = findWorkflow(document, workflowId)
      const { suiteRows } = await import('../../src/load/suites/rows.ts')
      try {
        return suiteRows(optionsOf(workflow).each!, workflow)
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

function workflowSuite(
  document: ArazzoDocument,
  workflow: Workflow,
  options: SuiteOptions,
  row: InputRow = {},
): WorkflowSuite {
  const { inputs: ofPlugin, testTimeout = standardTimeout } = knownSettings() ?? {}
  const { timeout = testTimeout } = options
  const open = (signal: AbortSignal) =>
    openRun(
      document,
      workflow.workflowId,
      { ...conduct(), ...suiteInputs(workflow, options, row, ofPlugin), servers: defaultServers(), signal },
      importModule,
    )
  return new WorkflowSuite(document, workflow, open, timeout || forever, suiteFeed(workflow, options))
}
