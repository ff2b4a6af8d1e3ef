import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import type { HookFigures } from '../../measure/report.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { compilePlan, type Plan, type PlanOptions } from '../../workflow/plan.ts'
import type { InputRow, RunContext } from '../feed/source.ts'

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

export const hookOf = (hooks: Hooks, hook: ReadHook['hook'], per: ReadHook['per']): ReadHook | undefined =>
  hooks.find(one => one.hook === hook && one.per === per)

export const workflowOf = ({ document, workflowId }: HookWorkflow): Workflow => findWorkflow(document, workflowId)

/** Compiled for whom runs it. Throws ArazzoError where requests have nowhere to go. */
export function planOf({ document, workflowId, planOptions }: HookWorkflow): Plan {
  return compilePlan(document, workflowId, planOptions)
}
