import { type Location, type Problem, type ProblemCode, suggestion } from '../ground/errors.ts'
import { ended } from '../ground/fault.ts'
import type { ReadOptions } from './model.ts'

/** A problem as it is found. */
export interface Finding extends Readonly<Pick<Problem, 'code' | 'at' | 'hint'>> {
  readonly severity?: Problem['severity']
  /** `Failed to <verb> <thing>` … */
  readonly failed: string
  /** … `: <what was found>.` */
  readonly found: string
  /** `severities` cannot lower it, because nothing can run with this fault. */
  readonly firm?: boolean
}

/** Fault of a thing, as a report takes it. */
type Found = Pick<Finding, 'found' | 'hint' | 'severity' | 'firm'>

/** Collects problems. What adds one returns nothing, which is what its caller has found instead. */
export class Problems {
  readonly #severities: NonNullable<ReadOptions['severities']>
  readonly #problems = new Map<string, Problem>()
  #kept: Finding[] | undefined

  constructor(severities: ReadOptions['severities'] = {}) {
    this.#severities = severities
  }

  add(finding: Finding): undefined {
    if (this.#kept) {
      this.#kept.push(finding)
      return
    }
    const { code, severity = 'error', at, failed, found, hint = HINTS[code], firm = false } = finding
    const wanted = (firm ? undefined : this.#severities[code]) ?? severity
    if (wanted === 'off') return
    const message = ended(`Failed to ${failed}: ${found}`)
    const key = `${code} ${at.file}:${at.line}:${at.column} ${message}`
    if (this.#problems.get(key)?.severity === 'error') return
    this.#problems.set(key, { code, severity: wanted, message, at, ...(hint && { hint }) })
  }

  /** Takes the faults of one thing. @param failed `<verb> <thing>`. */
  about(failed: string): Report {
    return new Report(this, failed)
  }

  /** Runs a task; what it finds is put into `kept`, for its owner to add later. */
  keep<T>(kept: Finding[], task: () => T): T {
    const before = this.#kept
    this.#kept = kept
    try {
      return task()
    } finally {
      this.#kept = before
    }
  }

  /** Each once, sorted by file (`first` before others) and place. */
  sorted(first: string): Problem[] {
    return [...this.#problems.values()].sort((a, b) => compare(a, b, first))
  }
}

/** Reports faults of one thing. */
export class Report {
  readonly #problems: Problems
  readonly #failed: string

  constructor(problems: Problems, failed: string) {
    this.#problems = problems
    this.#failed = failed
  }

  error(code: ProblemCode, at: Location, found: Found): undefined {
    return this.#problems.add({ code, at, failed: this.#failed, ...found })
  }

  warn(code: ProblemCode, at: Location, found: Found): undefined {
    return this.error(code, at, { ...found, severity: 'warning' })
  }

  /** Adds an error that `severities` cannot lower, because nothing can run with this fault. */
  firm(code: ProblemCode, at: Location, found: Found): undefined {
    return this.error(code, at, { ...found, firm: true })
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
