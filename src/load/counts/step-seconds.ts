import { given } from '../../ground/given.ts'
import type { Interval } from '../../measure/report.ts'
import type { ResponseCounts } from './response-counts.ts'

/** What an interval of all threads saw of each step. */
export class StepSeconds {
  readonly #requests = new Map<string, number>()
  readonly #times = new Map<string, number>()
  readonly #kinds = new Map<string, number>()

  add(counted: readonly ResponseCounts[] | undefined): void {
    for (const { step, requests, durations, errors } of counted ?? []) {
      add(this.#requests, step, requests)
      add(this.#times, step, durations)
      for (const [kind, count] of Object.entries(errors)) add(this.#kinds, kind, count)
    }
  }

  /** Absent what there was nothing of. */
  get figures(): Pick<Interval, 'stepRequests' | 'stepTimes' | 'errorKinds'> {
    return given({
      stepRequests: byName(this.#requests),
      stepTimes: byName(this.#times),
      errorKinds: byName(this.#kinds),
    })
  }
}

function add(to: Map<string, number>, name: string, value: number): void {
  if (value > 0) to.set(name, (to.get(name) ?? 0) + value)
}

/** Five digits are enough of times, of which thousands are kept. */
function byName(values: ReadonlyMap<string, number>): Record<string, number> | undefined {
  if (values.size === 0) return undefined
  const short = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(5)))
  return Object.fromEntries([...values].map(([name, value]) => [name, short(value)]))
}
