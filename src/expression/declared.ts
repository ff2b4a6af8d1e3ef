import type { Cursor } from './cursor.ts'

/**
 * Names of the document that hold characters which end a name in an expression. Version 1.0 lets names be any text
 * (`name = *( CHAR )`; their pattern is a SHOULD), so that only what is declared tells where such a name ends.
 */
export interface DeclaredNames {
  readonly inputs: readonly string[]
  readonly steps: readonly string[]
  readonly workflows: readonly string[]
  /** Inputs of all workflows of the document. */
  readonly workflowInputs: readonly string[]
  readonly sources: readonly string[]
}

/** Those of the names that an expression could not end rightly without knowing them, the longest first. */
export function unusualNames(names: Iterable<string>): string[] {
  return [...names]
    .filter(name => !/^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u.test(name) && name !== '')
    .sort((a, b) => b.length - a.length)
}

/** Passes over the longest declared name that stands at the cursor, where what follows it cannot be more of a name. */
export function takeDeclared(cursor: Cursor, of: keyof DeclaredNames): string | undefined {
  const name = cursor.names?.[of].find(
    one => cursor.starts(one) && !/^[\p{L}\p{N}_-]/u.test(cursor.text.slice(cursor.at + one.length)),
  )
  if (name !== undefined) cursor.at += name.length
  return name
}
