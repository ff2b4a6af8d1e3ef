import type { LoadedDocument, LoadedStep, LoadedWorkflow } from './loaded.ts'

/** Where in a document something is said, and so what it may refer to. */
export interface Context {
  readonly document: LoadedDocument
  /** Workflow; absent while a component is read that nobody may use. */
  readonly workflow?: LoadedWorkflow
  readonly step?: LoadedStep
  /** The workflow that the step runs. */
  readonly called?: LoadedWorkflow
  /** Whether the step sends or receives a message. */
  readonly onChannel?: boolean
  /** Moment: before the step's request, after its response, or when the workflow ends. */
  readonly moment: 'before' | 'after' | 'end'
  /** The output that is being read. */
  readonly output?: string
}
