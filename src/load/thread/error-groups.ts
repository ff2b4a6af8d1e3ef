import { isOfRest, KEPT, KeyPrefixes, keyOfRest, MOST_CAUSES, restOf, worstFirst } from '../../measure/report/bounds.ts'
import type { ErrorGroup, FailureExemplar } from '../../measure/report.ts'
import type { FailedAttempt } from '../../workflow/virtual-user.ts'

/** Failures by cause, in bounded memory: a run of a million failures costs what one of fifty does. */
export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>()
  /** By step, kind and place. */
  readonly #stems = new Map<string, KeyPrefixes>()
  /** Steps and kinds of failures beyond the maximum number of separate causes. */
  readonly #rest = new Set<string>()
  #isNew = false

  /** @param when of an exemplar, if one is wanted. */
  add(step: string, failure: FailedAttempt, when: () => Pick<FailureExemplar, 'at' | 'latency' | 'thread'>): void {
    const { kind, message } = failure
    this.#isNew = true
    const known = this.#groups.get(keyOf(step, kind, message))
    const group = known ?? this.#newGroup(step, kind, this.#stemOf(step, failure, message))
    // Failures that are counted together may have several places.
    if (!isOfRest(group)) group.at ??= { file: failure.at.file, line: failure.at.line, column: failure.at.column }
    group.count++
    if (failure.isRetried) group.retried = (group.retried ?? 0) + 1
    if (group.exemplars.length < KEPT) group.exemplars.push({ ...when(), ...failure.exemplar() })
  }

  /** Groups, the worst first. */
  list(): ErrorGroup[] {
    return worstFirst([...this.#groups.values()])
  }

  /** Copies of them without exemplars; undefined where none was added since it was last asked. */
  news(): ErrorGroup[] | undefined {
    if (!this.#isNew) return undefined
    this.#isNew = false
    return this.list().map(group => ({ ...group, exemplars: [] }))
  }

  #stemOf(step: string, { kind, at }: FailedAttempt, message: string): string {
    const place = keyOf(step, kind, `${at.file}:${at.line}:${at.column}`)
    const stems = this.#stems.get(place) ?? new KeyPrefixes()
    this.#stems.set(place, stems)
    return stems.of(message)
  }

  #newGroup(step: string, kind: string, message: string): ErrorGroup {
    const isKnown = this.#groups.has(keyOf(step, kind, message))
    if (isKnown || this.#groups.size - this.#rest.size < MOST_CAUSES) return this.#group(step, kind, message)
    const rest = restOf({ step, kind }, this.#rest)
    this.#rest.add(keyOfRest(rest))
    return this.#group(rest.step, rest.kind, rest.message)
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

const keyOf = (step: string, kind: string, message: string): string => `${step}\n${kind}\n${message}`
