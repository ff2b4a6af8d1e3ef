import type { InputFeed } from '../src/load/feed/source.ts'
import type { LoadOptions } from '../src/load/plan/options.ts'
import type { WorkflowRef } from '../src/workflow/functional.ts'
import type { WorkflowReport } from '../src/workflow/outcome.ts'

/**
 * Types of workflows, by the file name of the document and the workflow: `'shop.arazzo.yaml#checkout'`. Empty unless
 * `npx vitest-arazzo types` has written a file that extends it. Other documents can be run as well.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the file that is written adds to it
export interface ArazzoWorkflows {}

/** Types of one workflow. */
interface Known {
  inputs: object
  outputs: object
}

type Keys = keyof ArazzoWorkflows & string

type BaseName<Path extends string> = Path extends `${string}/${infer Rest}` ? BaseName<Rest> : Path
type KeyOf<Ref extends string> = Ref extends `${infer Path}#${infer Id}` ? `${BaseName<Path>}#${Id}` : BaseName<Ref>
type PathOf<Ref extends string> = Ref extends `${infer Path}#${string}` ? Path : Ref

/** Keys of the workflows of a document: one that is alone in its document is called by the document, too. */
type KeysIn<File extends string> = Extract<Keys, File | `${File}#${string}`>

/** References that lead to those, by the path that was written. */
type RefOf<Path extends string, Key extends string> = Key extends `${string}#${infer Id}` ? `${Path}#${Id}` : Path

/** Type for a reference: itself, unless its document is known and has no such workflow. */
export type CheckedRef<Ref> = Ref extends string
  ? KeyOf<Ref> extends Keys
    ? Ref
    : [KeysIn<BaseName<PathOf<Ref>>>] extends [never]
      ? Ref
      : RefOf<PathOf<Ref>, KeysIn<BaseName<PathOf<Ref>>>>
  : Ref

/** Types of the referenced workflow; never if it is unknown. */
type KnownOf<Ref> = Ref extends string ? (KeyOf<Ref> extends Keys ? ArazzoWorkflows[KeyOf<Ref>] & Known : never) : never

/** Each input by its value, or by the name of a variable of the environment. */
type Given<Inputs> = { [Name in keyof Inputs]: Inputs[Name] | { env: string } }

type NeedsInputs<Ref> = [KnownOf<Ref>] extends [never]
  ? false
  : Record<never, never> extends KnownOf<Ref>['inputs']
    ? false
    : true

/** Options with the inputs of the workflow, which are needed where the workflow needs some. */
type WithInputs<Options, Inputs, IsNeeded> = Omit<Options, 'inputs'> &
  (IsNeeded extends true ? { inputs: Inputs } : { inputs?: Inputs })

type OptionsFor<Ref, Options> = [KnownOf<Ref>] extends [never]
  ? Options
  : WithInputs<Options, Given<KnownOf<Ref>['inputs']>, NeedsInputs<Ref>>

/** Arguments after the reference in a call of `runWorkflow`. */
export type RunArguments<Ref, Options> =
  NeedsInputs<Ref> extends true ? [options: OptionsFor<Ref, Options>] : [options?: OptionsFor<Ref, Options>]

/** A report whose outputs are those of the workflow. */
export type ReportOf<Ref> = [KnownOf<Ref>] extends [never]
  ? WorkflowReport
  : Omit<WorkflowReport, 'outputs'> & { outputs: KnownOf<Ref>['outputs'] }

type Row<Inputs> = Readonly<Partial<Inputs>>
type Call<Inputs> = (n: number) => Row<Inputs> | undefined | null | Promise<Row<Inputs> | undefined | null>
type Feed<Inputs> = Omit<InputFeed, 'rows'> & { rows: string | URL | readonly Row<Inputs>[] | Call<Inputs> }

/** Inputs of a load test: the same for all, or a feed, whose rows and the plugin's inputs have what is needed. */
type LoadInputs<Inputs> = Given<Inputs> | readonly Row<Inputs>[] | Call<Inputs> | Feed<Inputs>

/** Options of a load test, by the reference in its `workflow`. */
export type LoadOptionsFor<Ref extends WorkflowRef, Options extends Pick<LoadOptions, 'workflow' | 'inputs'>> = ([
  KnownOf<Ref>,
] extends [never]
  ? Omit<Options, 'workflow'>
  : WithInputs<Omit<Options, 'workflow'>, LoadInputs<KnownOf<Ref>['inputs']>, NeedsInputs<Ref>>) & {
  /** `path#workflowId`, relative to the test file; a document with one workflow needs no `#`. */
  workflow: CheckedRef<Ref>
}
