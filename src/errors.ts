export type ProblemCode = string

/** A place in a file. `line` and `column` count from 1. */
export interface Location {
  file: string
  line: number
  column: number
}

/** A fault in a file, collected with its position. */
export interface Problem {
  code: ProblemCode
  severity: 'error' | 'warning'
  message: string
  at: Location
  hint?: string
}
