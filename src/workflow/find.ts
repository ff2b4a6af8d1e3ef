import { fileURLToPath } from 'node:url'
import type { ArazzoDocument, ReadOptions, Workflow } from '../document/model.ts'
import { ArazzoError, errorsAmong, suggestion } from '../ground/errors.ts'
import { quoted } from '../ground/words.ts'
import type { WorkflowRef } from './functional.ts'

/** Throws ArazzoError naming what the document has. */
export function findWorkflow(document: ArazzoDocument, workflowId: string): Workflow {
  const workflow = document.workflows.find(candidate => candidate.workflowId === workflowId)
  if (workflow) return workflow
  const names = document.workflows.map(candidate => candidate.workflowId)
  throw new ArazzoError([
    {
      code: 'undefined-workflow',
      severity: 'error',
      message: `Failed to find workflow "${workflowId}": the document has no such workflow.`,
      at: document.workflows[0]!.at,
      hint:
        suggestion(workflowId, names)?.concat(` It has ${quoted(names)}.`) ?? `Name one after the #: ${quoted(names)}.`,
    },
  ])
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
  throw new ArazzoError([
    {
      code: 'undefined-workflow',
      severity: 'error',
      message:
        `Failed to choose a workflow: the document has ${document.workflows.length}, and the ` +
        'reference names none.',
      at: document.workflows[0]!.at,
      hint:
        `Write ${path}#${document.workflows[0]!.workflowId}, or another of ` +
        `${document.workflows.map(workflow => workflow.workflowId).join(', ')}.`,
    },
  ])
}

async function readAll(path: string, read: ReadOptions | undefined): Promise<ArazzoDocument> {
  // The reader and what it needs take 80 ms to load: not of those who have a document already.
  const { readArazzo } = await import('../document/read.ts')
  const { document, problems } = await readArazzo(path, read)
  if (document) return document
  throw new ArazzoError(errorsAmong(problems))
}
