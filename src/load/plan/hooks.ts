import { isAbsolute, resolve } from 'node:path'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import { Fields, isText, type OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import type { HookFigures } from '../../measure/report.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { readRef, splitRef } from '../../workflow/functional.ts'
import { compilePlan, type Plan, type PlanOptions } from '../../workflow/plan.ts'
import type { InputRow, RunContext } from '../feed/source.ts'
import type { LoadOptions } from './options.ts'

/** What a function of `setup` or `teardown` is told. */
export interface HookContext extends RunContext {
  /**
   * Inputs of the workflow and outputs of the setups before it; after an iteration its inputs, the outputs of its steps
   * that passed and those of its workflow, by name.
   */
  inputs: InputRow
}

/** Its result is names and values, or nothing; those of a setup are inputs of the workflow. */
export type HookFunction = (context: HookContext) => unknown

/**
 * A workflow (`#login` of the same document, `./reset.arazzo.yaml#reset` of another), or a function, which runs in the
 * thread that called `runLoad`.
 */
export type Hook = string | HookFunction

/** Setups by how often they run. */
export interface Setups {
  /**
   * Once a run, before the load.
   * @default none
   * @example './reset.arazzo.yaml#reset'
   */
  run?: Hook
  /**
   * Once a virtual user, before its first iteration.
   * @default none
   * @example '#login'
   */
  vu?: Hook
}

/** What runs before the load, or before a virtual user's first iteration. A hook alone runs once a run. */
export type Setup = Hook | Setups

/** Teardowns by how often they run. */
export interface Teardowns {
  /**
   * Once a run, when the load is over.
   * @default none
   * @example './reset.arazzo.yaml#reset'
   */
  run?: Hook
  /**
   * Once a virtual user, when it has had its last iteration.
   * @default none
   * @example '#logout'
   */
  vu?: Hook
  /**
   * After each iteration, also one that failed.
   * @default none
   * @example '#remove'
   */
  iteration?: Hook
}

/**
 * What runs when the load is over, when a virtual user has had its last iteration, or after each iteration, also one
 * that failed. A hook alone runs once a run.
 */
export type Teardown = Hook | Teardowns

/** A hook that was read: a function, or a workflow that can be run. */
export interface ReadHook extends Pick<HookFigures, 'hook' | 'per' | 'name'> {
  call?: HookFunction
  workflow?: HookWorkflow
}

/** A workflow that a thread can run; plain data. */
export interface HookWorkflow {
  document: ArazzoDocument
  workflowId: string
  planOptions: PlanOptions
}

export type Hooks = readonly ReadHook[]

const SCOPES = { setup: ['run', 'vu'], teardown: ['run', 'vu', 'iteration'] } as const

export const hookOf = (hooks: Hooks, hook: ReadHook['hook'], per: ReadHook['per']): ReadHook | undefined =>
  hooks.find(one => one.hook === hook && one.per === per)

/** `setup` and `teardown` with references that no longer depend on where they stand. */
export function absoluteHooks(
  { setup, teardown }: Pick<LoadOptions, 'setup' | 'teardown'>,
  document: ArazzoDocument,
  folder: string,
): Pick<LoadOptions, 'setup' | 'teardown'> {
  const absolute = (hook: unknown) => (typeof hook === 'string' ? absoluteRef(hook, document, folder) : hook)
  const all = (written: unknown) =>
    isObject(written)
      ? Object.fromEntries(Object.entries(written).map(([scope, hook]) => [scope, absolute(hook)]))
      : absolute(written)
  return {
    ...(setup !== undefined && { setup: all(setup) as Setup }),
    ...(teardown !== undefined && { teardown: all(teardown) as Teardown }),
  }
}

function absoluteRef(ref: string, document: ArazzoDocument, folder: string): string {
  if (ref.startsWith('#')) return document.file + ref
  return isAbsolute(ref) || ref.startsWith('file:') ? ref : resolve(folder, ref)
}

/**
 * Reads `setup` and `teardown`, whose references are absolute. Rejects with ArazzoError for a document of theirs with
 * problems.
 */
export async function readHooks(
  options: Pick<LoadOptions, 'setup' | 'teardown' | 'read'>,
  known: ArazzoDocument,
  planOptions: PlanOptions,
): Promise<{ hooks: Hooks; faults: OptionFault[] }> {
  const faults: OptionFault[] = []
  const hooks: ReadHook[] = []
  for (const hook of ['setup', 'teardown'] as const) {
    for (const [per, written, fields, key] of writtenOf(hook, options[hook], faults)) {
      if (typeof written === 'function') hooks.push({ hook, per, name: 'function', call: written })
      else {
        const { document, workflowId, fault } = await find(written, known, options)
        if (fault !== undefined) fields.fault(key, fault, 'Name a workflow: #login, or ./reset.arazzo.yaml#reset.')
        else hooks.push({ hook, per, name: nameOf(written, known), workflow: { document, workflowId, planOptions } })
      }
    }
  }
  return { hooks, faults }
}

type Written = [per: ReadHook['per'], hook: Hook, fields: Fields, key: string]

/** The hooks of one kind as they are written, by when they run. */
function writtenOf(name: ReadHook['hook'], value: unknown, faults: OptionFault[]): Written[] {
  if (value === undefined) return []
  const scopes: readonly ReadHook['per'][] = SCOPES[name]
  const advice = `Write a workflow (#login), a function, or { ${scopes.join(', ')} } with either.`
  const isHook = (hook: unknown): hook is Hook => typeof hook === 'function' || isText(hook)
  const around = new Fields({ [name]: value }, '', faults)
  if (isHook(value)) return [['run', value, around, name]]
  const own = around.within(name, advice)
  if (own === undefined) return []
  own.checkKeys(scopes)
  if (own.keys.length === 0) own.fault('', 'it is empty', advice)
  return scopes.flatMap((per): Written[] => {
    own.expect(per, isHook, advice)
    const hook = own.get(per)
    return isHook(hook) ? [[per, hook, own, per]] : []
  })
}

async function find(ref: string, known: ArazzoDocument, { read }: Pick<LoadOptions, 'read'>) {
  const { path, workflowId: asked } = splitRef(ref)
  const { document, workflowId } = await readRef(
    { document: path, ...(asked !== undefined && { workflowId: asked }) },
    read,
    path === known.file ? known : undefined,
  )
  const has = document.workflows.some(workflow => workflow.workflowId === workflowId)
  return { document, workflowId, fault: has ? undefined : `its document has no workflow "${workflowId}"` }
}

const nameOf = (ref: string, { file }: ArazzoDocument) =>
  ref.startsWith(`${file}#`)
    ? ref.slice(file.length)
    : ref.slice(Math.max(ref.lastIndexOf('/'), ref.lastIndexOf('\\')) + 1)

export const workflowOf = ({ document, workflowId }: HookWorkflow): Workflow => findWorkflow(document, workflowId)

/** Compiled for whom runs it. Throws ArazzoError where requests have nowhere to go. */
export function planOf({ document, workflowId, planOptions }: HookWorkflow): Plan {
  return compilePlan(document, workflowId, planOptions)
}
