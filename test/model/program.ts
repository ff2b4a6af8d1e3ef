/**
 * Workflows reduced to what decides their control flow. A program says the same as an Arazzo document (`document.ts`
 * writes it as one), in a form that the model can follow without knowing the language.
 */
export interface Program {
  /** The workflow that is run. */
  root: string
  flows: Flow[]
  /** Given to the root. */
  inputs: Inputs
  /** Step visits after which a run is a runaway. */
  maxVisits: number
}

export type Inputs = Record<string, number>

export interface Flow {
  id: string
  /** `dependsOn` */
  needs: string[]
  /** Declared inputs, and their defaults. */
  inputs: Record<string, number | undefined>
  /** Of the workflow: for all its steps. */
  onSuccess: Action[]
  onFailure: Action[]
  steps: Step[]
  /** `outputs` */
  gives: Named[]
}

export interface Step {
  id: string
  /** The workflow that it runs; without one it calls `GET /<flow>/<step>`. */
  runs?: string
  /** `dependsOn` (1.1) */
  needs: string[]
  /** Query parameters of the request, inputs of the workflow. */
  sends: Named[]
  /** Statuses with which its success criterion is met; without them it has no criteria. */
  accepts?: number[]
  onSuccess: Action[]
  onFailure: Action[]
  /** `outputs` */
  gives: Named[]
}

export interface Action {
  name: string
  type: 'end' | 'goto' | 'retry'
  /** Criteria: each is met by any of its statuses. */
  when: number[][]
  to?: { step: string } | { flow: string }
  /** `retryLimit` */
  limit?: number
  /** `retryAfter` in seconds. */
  after?: number
  /** Inputs of the workflow it goes to. */
  sends: Named[]
}

export interface Named {
  name: string
  value: Value
}

export type Value =
  | number
  /** The number in the body of the last response. */
  | 'body'
  | { input: string }
  | { step: string; output: string }
  | { flow: string; output: string }
  | { flow: string; inputOf: string }
  /** An output of the workflow that the step has run. */
  | { child: string }

/** What the server says: a status, or 0 where it cuts the connection. The body is the number of the request. */
export interface Answer {
  status: number
  /** `Retry-After` in seconds. */
  retryAfter?: number
}

/** Answers the nth request (from 0) for the path of `url`. */
export type Script = (url: string, nth: number) => Answer

/** Statuses by path, one after another, the last again and again; 200 for other paths. */
export function byPath(answers: Readonly<Record<string, readonly number[]>>): Script {
  return (url, nth) => {
    const statuses = answers[pathOf(url)] ?? [200]
    return { status: statuses[Math.min(nth, statuses.length - 1)] ?? 200 }
  }
}

export const pathOf = (url: string): string => url.split('?', 1)[0]!

/* ---- writing programs by hand ---- */

export function program(flows: Flow[], more: Partial<Program> = {}): Program {
  return { root: flows[0]!.id, flows, inputs: {}, maxVisits: 10_000, ...more }
}

export function flow(id: string, steps: Step[], more: Partial<Flow> = {}): Flow {
  return { id, steps, needs: [], inputs: {}, onSuccess: [], onFailure: [], gives: [], ...more }
}

/** Accepts 200 and gives the number it gets. */
export function step(id: string, more: Partial<Step> = {}): Step {
  const gives: Named[] = [{ name: 'n', value: more.runs === undefined ? 'body' : { child: 'n' } }]
  return { id, needs: [], sends: [], accepts: [200], onSuccess: [], onFailure: [], gives, ...more }
}

export function action(type: Action['type'], more: Partial<Action> = {}): Action {
  return { name: type, type, when: [], sends: [], ...more }
}
