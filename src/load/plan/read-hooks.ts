import { isAbsolute, resolve } from 'node:path'
import type { ArazzoDocument, ReadOptions } from '../../document/model.ts'
import { READ_KEYS } from '../../document/read-options.ts'
import { suggestion } from '../../ground/errors.ts'
import { Fields, isText, type OptionFault } from '../../ground/fields.ts'
import { pick } from '../../ground/object.ts'
import { readRef, splitRef } from '../../workflow/find.ts'
import type { PlanOptions } from '../../workflow/plan.ts'
import type { Hook, Hooks, ReadHook } from './hooks.ts'
import type { LoadOptions } from './options.ts'

/** How hooks of one kind are written. */
interface HookForms<H> {
  is: (value: unknown) => value is H
  /** Allowed forms, for advice: `a workflow (#login), a function`. */
  what: string
  /** How often they run. */
  scopes: readonly ReadHook['per'][]
  /** How often one runs that stands alone. */
  alone: ReadHook['per']
}

export const SCOPES = { setup: ['run', 'vu'], teardown: ['run', 'vu', 'iteration'] } as const

function absoluteRef(ref: string, document: ArazzoDocument, folder: string): string {
  if (ref.startsWith('#')) return document.file + ref
  return isAbsolute(ref) || ref.startsWith('file:') ? ref : resolve(folder, ref)
}

/**
 * Reads `setup` and `teardown`. Rejects with ArazzoError for a document of theirs with problems.
 *
 * @param folder base of relative paths.
 */
export async function readHooks(
  options: Pick<LoadOptions, 'setup' | 'teardown' | keyof ReadOptions>,
  known: ArazzoDocument,
  planOptions: PlanOptions,
  folder: string,
): Promise<{ hooks: Hooks; faults: OptionFault[] }> {
  const faults: OptionFault[] = []
  const hooks: ReadHook[] = []
  for (const hook of ['setup', 'teardown'] as const) {
    const around = new Fields({ [hook]: options[hook] }, '', faults)
    for (const [per, written, fields, key] of writtenHooks<Hook>(hook, around, { ...FORMS, scopes: SCOPES[hook] })) {
      if (typeof written === 'function') hooks.push({ hook, per, name: 'function', call: written })
      else {
        const ref = absoluteRef(written, known, folder)
        const { document, workflowId, fault } = await find(ref, known, options)
        if (fault !== undefined) fields.fault(key, fault.found, fault.advice)
        else hooks.push({ hook, per, name: nameOf(ref, known), workflow: { document, workflowId, planOptions } })
      }
    }
  }
  return { hooks, faults }
}

type Written<H> = [per: ReadHook['per'], hook: H, fields: Fields, key: string]

/** The hooks of one kind as they are written in these fields, by when they run. */
export function writtenHooks<H>(
  name: ReadHook['hook'],
  around: Fields,
  { is, what, scopes, alone }: HookForms<H>,
): Written<H>[] {
  const value = around.get(name)
  if (value === undefined) return []
  if (is(value)) return [[alone, value, around, name]]
  const advice = `Write ${what}, or { ${scopes.join(', ')} } with either.`
  const own = around.within(name, advice)
  if (own === undefined) return []
  own.checkKeys(scopes)
  if (own.keys.length === 0) own.fault('', 'it is empty', advice)
  return scopes.flatMap((per): Written<H>[] => {
    own.expect(per, is, advice)
    const hook = own.get(per)
    return is(hook) ? [[per, hook, own, per]] : []
  })
}

const FORMS = {
  is: (hook: unknown): hook is Hook => typeof hook === 'function' || isText(hook),
  what: 'a workflow (#login), a function',
  alone: 'run',
} as const

async function find(ref: string, known: ArazzoDocument, options: ReadOptions) {
  const { path, workflowId: asked } = splitRef(ref)
  const { document, workflowId } = await readRef(
    { document: path, ...(asked !== undefined && { workflowId: asked }) },
    pick(options, READ_KEYS),
    path === known.file ? known : undefined,
  )
  const ids = document.workflows.map(workflow => workflow.workflowId)
  if (ids.includes(workflowId)) return { document, workflowId }
  const advice = suggestion(workflowId, ids) ?? 'Name a workflow: #login, or ./reset.arazzo.yaml#reset.'
  return { document, workflowId, fault: { found: `its document has no workflow "${workflowId}"`, advice } }
}

const nameOf = (ref: string, { file }: ArazzoDocument) =>
  ref.startsWith(`${file}#`)
    ? ref.slice(file.length)
    : ref.slice(Math.max(ref.lastIndexOf('/'), ref.lastIndexOf('\\')) + 1)
