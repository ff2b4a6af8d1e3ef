import { Buffer } from 'node:buffer'
import { deserialize } from 'node:v8'
import type { ArazzoDocument } from '../../src/document/model.ts'
import { resolveInputs } from '../../src/load/inputs.ts'
import { openRun } from '../../src/workflow/functional.ts'
import { findWorkflow } from '../../src/workflow/plan.ts'
import { defaultServers } from './application.ts'
import { importModule } from './import-module.ts'
import { inputsFor } from './inputs.ts'
import { conduct, settings } from './settings.ts'
import { WorkflowSuite } from './workflow-suite.ts'

// Vitest's own default, and the longest that a timer can wait: 0 is no time-out.
const standardTimeout = 5_000
const forever = 2 ** 31 - 1

/** The tests of a document, for the module that the plugin makes of it. */
export interface DocumentSuite {
  /** To be called within the workflow's `describe`. */
  workflow(workflowId: string): WorkflowSuite
}

/** @param data the document, as the plugin has put it into the module. */
export function openDocument(data: string): DocumentSuite {
  const document: ArazzoDocument = deserialize(Buffer.from(data, 'base64'))
  return { workflow: workflowId => workflowSuite(document, workflowId) }
}

function workflowSuite(document: ArazzoDocument, workflowId: string): WorkflowSuite {
  const { inputs: ofPlugin, testTimeout = standardTimeout } = settings() ?? {}
  const workflow = findWorkflow(document, workflowId)
  const open = (signal: AbortSignal) =>
    openRun(
      document,
      workflowId,
      {
        ...conduct(),
        ...resolveInputs(inputsFor(workflow, ofPlugin)),
        servers: defaultServers(),
        signal,
      },
      importModule,
    )
  return new WorkflowSuite(workflow, open, testTimeout || forever)
}
