import type { Context } from '../loaded/context.ts'
import type { LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import type { Finding } from '../problems.ts'

type Owner = LoadedStep | LoadedWorkflow

interface Outputs {
  /** Names of outputs that something reads, by whose they are. */
  readonly read: Map<Owner, Set<string>>
  readonly undeclared: { readonly owner: Owner; readonly name: string; readonly finding: Finding }[]
}

const ofReadings = new WeakMap<Reading, Outputs>()

function outputsOf(reading: Reading): Outputs {
  const known = ofReadings.get(reading) ?? { read: new Map(), undeclared: [] }
  ofReadings.set(reading, known)
  return known
}

/** Remembers that an expression reads an output of a step or a workflow. */
export function noteOutput(owner: Owner, name: string, reading: Reading): void {
  const { read } = outputsOf(reading)
  read.set(owner, (read.get(owner) ?? new Set()).add(name))
}

/**
 * Reports that an output is read which nobody declares. In an output that nobody reads itself, that does no harm and is
 * a warning; which these are is known when all has been read.
 */
export function addUndeclared(finding: Finding, { workflow, step, output }: Context, reading: Reading): void {
  const owner = step ?? workflow
  if (owner === undefined || output === undefined) reading.problems.add(finding)
  else outputsOf(reading).undeclared.push({ owner, name: output, finding })
}

/** Adds what was kept, once everything that may read an output has been read. */
export function settleOutputs(reading: Reading): void {
  const { read, undeclared } = outputsOf(reading)
  for (const { owner, name, finding } of undeclared) {
    const isRead = read.get(owner)?.has(name)
    reading.problems.add(isRead ? finding : { ...finding, severity: 'warning' })
  }
}
