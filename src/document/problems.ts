import { type Location, type Problem, type ProblemCode, suggestion } from '../ground/errors.ts'
import { ended } from '../ground/fault.ts'
import type { ReadOptions } from './model.ts'

/** A problem as it is found. */
export interface Finding {
  readonly code: ProblemCode
  readonly severity?: 'error' | 'warning'
  readonly at: Location
  /** `Failed to <verb> <thing>` … */
  readonly failed: string
  /** … `: <what was found>.` */
  readonly found: string
  readonly hint?: string
  /** `severities` cannot lower it, because nothing can run with this fault. */
  readonly firm?: boolean
}

/** Finding without a severity, which is given by the method. */
type Found = Omit<Finding, 'severity' | 'firm'>

/** Collects problems. What adds one returns nothing, which is what its caller has found instead. */
export interface Problems {
  add(finding: Finding): undefined
  warn(finding: Found): undefined
  /** Adds an error that `severities` cannot lower, because nothing can run with this fault. */
  addFirm(finding: Found): undefined
  /** Runs a task; what it finds is put into `kept`, for its owner to add later. */
  keep<T>(kept: Finding[], task: () => T): T
  /** Each once, sorted by file (`first` before others) and place. */
  sorted(first: string): Problem[]
}

export function collectProblems(severities: ReadOptions['severities'] = {}): Problems {
  const problems = new Map<string, Problem>()
  let keeping: Finding[] | undefined
  const add = (finding: Finding): undefined => {
    if (keeping) {
      keeping.push(finding)
      return
    }
    const { code, severity = 'error', at, failed, found, hint = HINTS[code], firm = false } = finding
    const wanted = (firm ? undefined : severities[code]) ?? severity
    if (wanted === 'off') return
    const message = ended(`Failed to ${failed}: ${found}`)
    const key = `${code} ${at.file}:${at.line}:${at.column} ${message}`
    if (problems.get(key)?.severity === 'error') return
    problems.set(key, { code, severity: wanted, message, at, ...(hint && { hint }) })
  }
  return {
    add,
    warn: finding => add({ ...finding, severity: 'warning' }),
    addFirm: finding => add({ ...finding, firm: true }),
    keep(kept, task) {
      const before = keeping
      keeping = kept
      try {
        return task()
      } finally {
        keeping = before
      }
    },
    sorted(first) {
      return [...problems.values()].sort((a, b) => compare(a, b, first))
    },
  }
}

function compare({ at: a, message }: Problem, { at: b, message: other }: Problem, first: string): number {
  if (a.file !== b.file) {
    if (a.file === first || b.file === first) return a.file === first ? -1 : 1
    return a.file < b.file ? -1 : 1
  }
  return a.line - b.line || a.column - b.column || (message < other ? -1 : 1)
}

/** Default advice for a problem, if the check has no specific advice. Every message has advice. */
const HINTS: Readonly<Partial<Record<ProblemCode, string>>> = {
  'unreadable-file': 'Correct the path.',
  'invalid-yaml': 'Correct the YAML or JSON there.',
  'invalid-source': 'An Arazzo document begins with `arazzo: 1.1.0`.',
  'invalid-value': 'Correct it.',
  'invalid-expression':
    'An expression is `$inputs.<name>`, `$steps.<stepId>.outputs.<name>`, `$response.body#/<pointer>` or the like.',
  'invalid-openapi': 'Correct the description.',
  'unresolved-reference': 'Correct the reference, or add what it names.',
  'undefined-source': 'Add it to `sourceDescriptions`, or correct the name.',
  'undefined-workflow': 'Correct the name.',
  'undefined-step': 'Correct the name.',
  'undefined-component': 'Add it there, or correct the reference.',
  'undefined-input': 'Declare it in the `inputs` of that workflow, or leave it out.',
  'unknown-parameter': 'It is sent as written: declare it in the description, or remove it.',
  'unavailable-value': 'Use a value that is there by then.',
}

/** Suggests a similar name, or lists the existing ones. */
export function suggest(name: string, names: Iterable<string>, word: string): string | undefined {
  const known = [...names]
  const meant = suggestion(name, known)
  if (meant !== undefined || known.length === 0) return meant
  const shown = known.slice(0, 8).join(', ')
  return `Its ${word} are ${shown}${known.length > 8 ? ` and ${known.length - 8} more` : ''}.`
}
