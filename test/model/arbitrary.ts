import fc from 'fast-check'
import { arazzoOf } from './document.ts'
import type { Action, Flow, Named, Program, Step, Value } from './program.ts'

/** A program with the statuses that its steps are answered with, by path. */
export interface Case {
  program: Program
  answers: Record<string, number[]>
}

/* Drawn first without names: numbers that are taken modulo what there is, so that shrinking never leaves a reference to
   something that is gone. */

interface DrawnAction {
  name: number
  type: 'end' | 'goto' | 'retry'
  when: number[][]
  to: number
  toFlow: boolean | undefined
  limit: number | undefined
  sends: DrawnValue | undefined
}
type DrawnValue = { kind: 'const' | 'body' | 'input' | 'step' | 'flow' | 'inputOf'; of: number }
interface DrawnStep {
  runs: number | undefined
  accepts: number[] | undefined
  sends: DrawnValue[]
  onSuccess: DrawnAction[]
  onFailure: DrawnAction[]
  needs: number[]
  answers: number[]
}
interface DrawnFlow {
  steps: DrawnStep[]
  onSuccess: DrawnAction[]
  onFailure: DrawnAction[]
  needs: number[]
  default: number | undefined
}

const number = fc.nat({ max: 5 })
/** As a number: to go back rather than on. */
const BACK = 5
/** Not so often. */
const none: fc.Arbitrary<never[]> = fc.constant([])
const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) => fc.option(arbitrary, { nil: undefined, freq })
const statuses = [200, 201, 404, 500, 503]
const answer = fc.oneof(
  { weight: 3, arbitrary: fc.constant(200) },
  { weight: 6, arbitrary: fc.constantFrom(...statuses) },
  { weight: 1, arbitrary: fc.constant(0) },
)

const last = fc.oneof({ weight: 4, arbitrary: fc.constant(200) }, { weight: 1, arbitrary: answer })

const value: fc.Arbitrary<DrawnValue> = fc.record({
  kind: fc.constantFrom('const', 'input', 'step', 'flow', 'inputOf'),
  of: number,
})
const criteria = fc.array(fc.uniqueArray(fc.constantFrom(...statuses), { minLength: 1, maxLength: 3 }), {
  maxLength: 2,
})

const action = (types: Action['type'][]): fc.Arbitrary<DrawnAction> =>
  fc.record({
    name: fc.nat({ max: 2 }),
    type: fc.constantFrom(...types),
    when: criteria,
    to: number,
    toFlow: maybe(fc.boolean()),
    limit: maybe(fc.nat({ max: 3 }), 3),
    sends: maybe(fc.oneof(value, fc.constant<DrawnValue>({ kind: 'body', of: 0 })), 1),
  })

const some = <T>(arbitrary: fc.Arbitrary<T>, maxLength: number) => fc.array(arbitrary, { maxLength, size: 'max' })
/** Mostly empty: else nearly every program would go round and round. */
const seldom = <T>(arbitrary: fc.Arbitrary<T[]>, freq = 3) =>
  fc.oneof({ weight: freq, arbitrary: none }, { weight: 1, arbitrary })
const onSuccess = seldom(some(action(['end', 'goto', 'goto']), 2), 2)
const onFailure = some(action(['retry', 'retry', 'retry', 'goto', 'end']), 3)

const drawnStep: fc.Arbitrary<DrawnStep> = fc.record({
  runs: maybe(number, 2),
  accepts: maybe(fc.constantFrom([200], [200, 201], [200, 404], [200, 404, 503]), 4),
  sends: some(value, 2),
  onSuccess,
  onFailure,
  needs: seldom(some(number, 2), 6),
  answers: fc.tuple(some(answer, 3), last).map(([before, last]) => [...before, last]),
})

const drawnFlow: fc.Arbitrary<DrawnFlow> = fc.record({
  steps: fc.array(drawnStep, { minLength: 1, maxLength: 4, size: 'max' }),
  onSuccess: seldom(onSuccess),
  onFailure: seldom(onFailure, 2),
  needs: seldom(some(number, 2)),
  default: maybe(fc.nat({ max: 99 }), 1),
})

/** Programs of up to three workflows. A counterexample prints as the document and what was answered. */
export const cases: fc.Arbitrary<Case> = fc
  .record({ flows: fc.array(drawnFlow, { minLength: 1, maxLength: 3, size: 'max' }), p: maybe(fc.nat({ max: 99 }), 1) })
  .map(({ flows, p }) => {
    const namer = new Namer(flows)
    const program: Program = {
      root: namer.flowId(0),
      flows: flows.map((flow, index) => namer.flow(flow, index)),
      inputs: p === undefined ? {} : { p },
      maxVisits: 25,
    }
    return printable({ program, answers: namer.answers })
  })

function printable(drawn: Case): Case {
  const text = () =>
    `\n${arazzoOf(drawn.program)}\ninputs: ${JSON.stringify(drawn.program.inputs)}\nanswers: ${JSON.stringify(drawn.answers)}\n`
  return Object.defineProperty(drawn, fc.toStringMethod, { value: text, enumerable: false })
}

class Namer {
  readonly answers: Record<string, number[]> = {}
  readonly #flows: readonly DrawnFlow[]

  constructor(flows: readonly DrawnFlow[]) {
    this.#flows = flows
  }

  flowId = (index: number) => ['main', 'other', 'third'][index % this.#flows.length]!

  flow(drawn: DrawnFlow, index: number): Flow {
    const { steps } = drawn
    const stepId = (step: number) => 'abcd'[step % steps.length]!
    // Prerequisites come later in the document, so that none waits for itself.
    const later = this.#flows.length - index - 1
    const needs = later > 0 ? unique(drawn.needs.map(need => this.flowId(index + 1 + (need % later)))) : []
    return {
      id: this.flowId(index),
      needs,
      inputs: { p: drawn.default, q: undefined },
      onSuccess: this.#actions(drawn.onSuccess, stepId, steps.length, 0),
      onFailure: this.#actions(drawn.onFailure, stepId, steps.length, 0),
      steps: steps.map((step, position) => this.#step(step, index, position, stepId)),
      gives: [
        ...steps.map((_, step): Named => ({ name: stepId(step), value: { step: stepId(step), output: 'n' } })),
        { name: 'p', value: { input: 'p' } },
        { name: 'q', value: { input: 'q' } },
      ],
    }
  }

  #step(drawn: DrawnStep, flow: number, position: number, stepId: (step: number) => string): Step {
    const { steps } = this.#flows[flow]!
    const ordered = steps.some(({ needs }) => needs.length > 0)
    // Steps that wait or read must not do so in a circle: where the order is not the document's, only backwards.
    const readable = ordered ? position : steps.length
    const runs = drawn.runs === undefined ? undefined : this.#runs(flow, drawn.runs)
    if (runs === undefined) this.answers[`/${this.flowId(flow)}/${stepId(position)}`] = drawn.answers
    return {
      id: stepId(position),
      ...(runs !== undefined && { runs }),
      ...(drawn.accepts && { accepts: drawn.accepts }),
      needs: position > 0 ? unique(drawn.needs.map(need => stepId(need % position))) : [],
      sends: drawn.sends.map((value, index) => ({ name: 'pq'[index]!, value: this.#value(value, stepId, readable) })),
      onSuccess: this.#actions(drawn.onSuccess, stepId, steps.length, position),
      onFailure: this.#actions(drawn.onFailure, stepId, steps.length, position),
      gives: [{ name: 'n', value: runs === undefined ? 'body' : { child: 'a' } }],
    }
  }

  /** Seldom itself or an earlier workflow: most of those that do are runaways. */
  #runs(flow: number, of: number): string | undefined {
    const later = this.#flows.length - flow - 1
    if (of === BACK) return this.flowId(flow - (flow % 2))
    return later === 0 ? undefined : this.flowId(flow + 1 + (of % later))
  }

  #actions(drawn: readonly DrawnAction[], stepId: (step: number) => string, steps: number, position: number): Action[] {
    const ahead = (of: number) => (position + 1 < steps ? position + 1 + (of % (steps - position - 1)) : position)
    const actions = new Map<string, Action>()
    for (const { name, type, when, to, toFlow, limit, sends } of drawn) {
      const goes = type === 'goto' || (type === 'retry' && toFlow !== undefined)
      const flow = toFlow === true
      actions.set('xyz'[name]!, {
        name: 'xyz'[name]!,
        type,
        when,
        ...(goes && {
          to: flow ? { flow: this.flowId(to) } : { step: stepId(type === 'retry' || to === BACK ? to : ahead(to)) },
        }),
        ...(type === 'retry' && limit !== undefined && { limit }),
        sends: goes && flow && sends ? [{ name: 'q', value: this.#value(sends, stepId, steps) }] : [],
      })
    }
    return [...actions.values()]
  }

  #value({ kind, of }: DrawnValue, stepId: (step: number) => string, readable: number): Value {
    if (kind === 'body') return 'body'
    if (kind === 'step' && readable > 0) return { step: stepId(of % readable), output: 'n' }
    if (kind === 'flow') return { flow: this.flowId(of), output: 'a' }
    if (kind === 'inputOf') return { flow: this.flowId(of), inputOf: 'pq'[of % 2]! }
    return kind === 'input' ? { input: 'pq'[of % 2]! } : of
  }
}

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)]
