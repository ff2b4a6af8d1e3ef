import type { Flags, FlagTable } from './flags.ts'

/** Exit codes. */
export const PASSED = 0
export const FAILED = 1
/** The command line, or a file that it names, is at fault, and nothing was run. */
export const MISUSED = 2
export const INCONCLUSIVE = 3

/** A word after `vitest-arazzo`. */
export interface Command {
  /** `run <file#workflow>` */
  usage: string
  text: string
  flags: FlagTable
  /** Flags in groups, if there are many. */
  groups?: Readonly<Record<string, FlagTable>>
  /** How it may be called, without the name of the program. */
  examples?: readonly string[]
  /** Resolves with the exit code. */
  run(flags: Flags): Promise<number>
}
