import type { ErrorGroup, FailureExemplar } from '../../measure/report.ts'
import type { FailedAttempt } from '../../workflow/virtual-user.ts'

/** Causes kept apart by one thread; what comes after them is counted as one. */
const MOST_GROUPS = 50
const MOST_EXEMPLARS = 3
const OTHER = 'other'

/** Failures by cause, in bounded memory: a run of a million failures costs what one of fifty does. */
export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>()

  /** @param when of an exemplar, if one is wanted. */
  add(
    step: string,
    failure: FailedAttempt,
    when: () => Pick<FailureExemplar, 'at' | 'latency' | 'thread'>,
  ): void {
    const { kind, message } = failure
    const known = this.#groups.get(keyOf(step, kind, message))
    if (known === undefined && this.#groups.size >= MOST_GROUPS) {
      this.#group('', OTHER, 'failures of further kinds').count++
      return
    }
    const group = known ?? this.#group(step, kind, message)
    group.at ??= { file: failure.at.file, line: failure.at.line, column: failure.at.column }
    group.count++
    if (group.exemplars.length < MOST_EXEMPLARS) group.exemplars.push({ ...when(), ...failure.exemplar() })
  }

  /** Most frequent first. */
  list(): ErrorGroup[] {
    return sorted([...this.#groups.values()])
  }

  #group(step: string, kind: string, message: string): ErrorGroup {
    const key = keyOf(step, kind, message)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { step, kind, message, count: 0, exemplars: [] }
      this.#groups.set(key, group)
    }
    return group
  }
}

/** The groups of several threads as those of one run. */
export function mergeErrorGroups(lists: readonly (readonly ErrorGroup[])[]): ErrorGroup[] {
  const merged = new Map<string, ErrorGroup>()
  for (const group of lists.flat()) {
    const key = keyOf(group.step, group.kind, group.message)
    const known = merged.get(key)
    if (known === undefined) merged.set(key, { ...group, exemplars: [...group.exemplars] })
    else {
      known.count += group.count
      known.exemplars = [...known.exemplars, ...group.exemplars].slice(0, MOST_EXEMPLARS)
    }
  }
  return bounded(sorted([...merged.values()]))
}

function bounded(groups: ErrorGroup[]): ErrorGroup[] {
  const named = groups.filter(group => group.kind !== OTHER)
  const rest = [...groups.filter(group => group.kind === OTHER), ...named.slice(MOST_GROUPS)]
  if (rest.length === 0) return named
  const count = rest.reduce((sum, group) => sum + group.count, 0)
  const other = { step: '', kind: OTHER, message: 'failures of further kinds', count, exemplars: [] }
  return [...named.slice(0, MOST_GROUPS), other]
}

function sorted(groups: ErrorGroup[]): ErrorGroup[] {
  return groups.sort((a, b) => b.count - a.count)
}

function keyOf(step: string, kind: string, message: string): string {
  return `${step}\n${kind}\n${message}`
}
