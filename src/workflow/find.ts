import { fileURLToPath } from 'node:url'
import type { ArazzoDocument, ReadOptions, Workflow } from '../document/model.ts'
import { ArazzoError, errorsAmong, suggestion } from '../ground/errors.ts'
import { quoted } from '../ground/words.ts'
import type { WorkflowRef } from './functional.ts'

/** Throws ArazzoError naming what the document has. */
export function findWorkflow(document: ArazzoDocument, workflowId: string): Workflow {
  const workflow = document.workflows.find(candidate => candidate.workflowId === workflowId)
  if (workflow) return workflow
  const names = idsOf(document)
  const all = quoted(names)
  const hint = suggestion(workflowId, names)?.concat(` It has ${all}.`) ?? `Name one after the #: ${all}.`
  throw undefinedWorkflow(document, `find workflow "${workflowId}": the document has no such workflow`, hint)
}

/** Key of a step in reports: `login`, and `workflowId.stepId` for steps of inner workflows. */
export const stepKey = (root: Workflow, workflow: Workflow, stepId: string): string =>
  workflow === root ? stepId : `${workflow.workflowId}.${stepId}`

/** `path#workflowId` taken apart; a file URL becomes a path. */
export function splitRef(ref: WorkflowRef): { path: string; workflowId?: string } {
  if (typeof ref !== 'string') return { path: pathOf(ref.document), workflowId: ref.workflowId }
  const hash = ref.lastIndexOf('#')
  return hash < 0 ? { path: pathOf(ref) } : { path: pathOf(ref.slice(0, hash)), workflowId: ref.slice(hash + 1) }
}

function pathOf(document: string | URL): string {
  return document instanceof URL || document.startsWith('file:') ? fileURLToPath(document) : document
}

/**
 * Reads the document of a reference and names its workflow. Throws ArazzoError with every problem.
 *
 * @param known the document, when it has been read already.
 */
export async function readRef(
  ref: WorkflowRef,
  read?: ReadOptions,
  known?: ArazzoDocument,
): Promise<{ document: ArazzoDocument; workflowId: string }> {
  const { path, workflowId } = splitRef(ref)
  const document = known ?? (await readAll(path, read))
  if (workflowId !== undefined) return { document, workflowId }
  if (document.workflows.length === 1) return { document, workflowId: document.workflows[0]!.workflowId }
  const ids = idsOf(document)
  const failed = `choose a workflow: the document has ${ids.length}, and the reference names none`
  throw undefinedWorkflow(document, failed, `Write ${path}#${ids[0]}, or another of ${ids.join(', ')}.`)
}

const idsOf = ({ workflows }: ArazzoDocument) => workflows.map(workflow => workflow.workflowId)

function undefinedWorkflow({ workflows }: ArazzoDocument, failed: string, hint: string): ArazzoError {
  const message = `Failed to ${failed}.`
  return new ArazzoError([{ code: 'undefined-workflow', severity: 'error', message, at: workflows[0]!.at, hint }])
}

async function readAll(path: string, read: ReadOptions | undefined): Promise<ArazzoDocument> {
  // The reader and what it needs take 80 ms to load: not of those who have a document already.
  const { readArazzo } = await import('../document/read.ts')
  const { document, problems } = await readArazzo(path, read)
  if (document) return document
  throw new ArazzoError(errorsAmong(problems))
}
