import type { Action, Answer, Flow, Inputs, Named, Program, Script, Step, Value } from './program.ts'
import { pathOf } from './program.ts'

/** What is to happen when a program runs. */
export interface Expected {
  state: 'passed' | 'failed'
  /** Path and query, in order. */
  requests: string[]
  /** Attempts at steps, in order: `main/login passed`. A step that runs a workflow comes after that workflow's. */
  trail: string[]
  outputs: Inputs
}

type Values = Record<string, number | undefined>

/** A workflow in the middle of its run. */
interface Scene {
  flow: Flow
  inputs: Values
  /** Outputs of the steps that have passed. */
  steps: Record<string, Values>
  /** Outputs of the workflow that the step in hand has run. */
  child?: Values
}

interface Ending {
  passed: boolean
  outputs: Values
}

/** What follows a step. */
type Then = 'on' | { end: boolean } | { step: string } | { flow: string; inputs: Values }

class Runaway extends Error {}

/**
 * Follows a program by the rules of the specification, as plainly as they can be written down: a workflow is a function
 * that returns when it has ended, and a visit to a step is a loop over its attempts. No time, no network.
 *
 * Sources: Arazzo 1.1.0, "Workflow Object" (dependsOn), "Step Object" (onSuccess, onFailure, dependsOn), "Success
 * Action Object", "Failure Action Object", "Multiple Criteria"; where they are silent, docs/decisions.md.
 */
export function follow(program: Program, script: Script): Expected {
  const run = new Run(program, script)
  try {
    const { passed, outputs } = run.perform(program.root, program.inputs)
    return { ...run.seen, state: passed ? 'passed' : 'failed', outputs: defined(outputs) }
  } catch (error) {
    if (!(error instanceof Runaway)) throw error
    return { ...run.seen, state: 'failed', outputs: {} }
  }
}

class Run {
  readonly seen: Pick<Expected, 'requests' | 'trail'> = { requests: [], trail: [] }
  readonly #program: Program
  readonly #script: Script
  readonly #counts = new Map<string, number>()
  readonly #completed = new Set<string>()
  readonly #ended = new Map<string, { inputs: Values; outputs: Values }>()
  readonly #scenes: Scene[] = []
  #visits = 0
  #last: { status: number; body: number } | undefined

  constructor(program: Program, script: Script) {
    this.#program = program
    this.#script = script
  }

  /** Runs a workflow to its end, and those that it hands over to. */
  perform(id: string, given: Values): Ending {
    let carried: Values = {}
    for (let next = { id, given }; ; ) {
      const flow = this.#program.flows.find(candidate => candidate.id === next.id)!
      const scene: Scene = { flow, inputs: { ...flow.inputs, ...defined(next.given) }, steps: {} }
      this.#scenes.push(scene)
      const then = this.#stepsOf(scene)
      scene.child = undefined
      const outputs = { ...carried, ...defined(this.#evaluate(flow.gives, scene)) }
      this.#scenes.pop()
      this.#ended.set(flow.id, { inputs: scene.inputs, outputs })
      if ('end' in then) {
        if (then.end) this.#completed.add(flow.id)
        return { passed: then.end, outputs }
      }
      // Control is handed over for good; whoever waits for the first workflow now waits for the other.
      this.#completed.add(flow.id)
      carried = outputs
      next = { id: then.flow, given: then.inputs }
    }
  }

  /** Prerequisites, then step after step, until the workflow ends or hands over. */
  #stepsOf(scene: Scene): { end: boolean } | { flow: string; inputs: Values } {
    for (const id of this.#prerequisites(scene.flow)) {
      if (!this.#completed.has(id) && !this.perform(id, scene.inputs).passed) return { end: false }
    }
    const steps = inOrder(scene.flow.steps)
    let index = 0
    while (index < steps.length) {
      const then = this.#visit(scene, steps[index]!)
      if (then === 'on') index++
      else if ('step' in then) index = steps.findIndex(step => step.id === then.step)
      else return then
    }
    return { end: true }
  }

  /** All workflows that must have been completed, each after its own. */
  #prerequisites(flow: Flow): Set<string> {
    const all = new Set<string>()
    for (const id of flow.needs) {
      for (const before of this.#prerequisites(this.#program.flows.find(flow => flow.id === id)!)) all.add(before)
      all.add(id)
    }
    return all
  }

  /** One visit to a step: the first attempt and its retries. Each visit may make all of them. */
  #visit(scene: Scene, step: Step): Then {
    const retries = new Map<Action, number>()
    for (;;) {
      const passed = this.#attempt(scene, step)
      const action = this.#actionAfter(scene, step, passed, retries)
      if (action === undefined) return passed ? 'on' : { end: false }
      if (action.type === 'end') return { end: passed }
      if (action.type === 'goto') return this.#whither(scene, action)
      retries.set(action, (retries.get(action) ?? 0) + 1)
      this.#runReference(scene, action)
    }
  }

  /** The first action that applies: the step's own, then the workflow's that it has none of the same name for. */
  #actionAfter({ flow }: Scene, step: Step, passed: boolean, retries: ReadonlyMap<Action, number>): Action | undefined {
    const own = passed ? step.onSuccess : step.onFailure
    const shared = passed ? flow.onSuccess : flow.onFailure
    const all = [...own, ...shared.filter(({ name }) => own.every(action => action.name !== name))]
    return all.find(
      action =>
        action.when.every(statuses => this.#last !== undefined && statuses.includes(this.#last.status)) &&
        (action.type !== 'retry' || (retries.get(action) ?? 0) < (action.limit ?? 1)),
    )
  }

  #whither(scene: Scene, { to, sends }: Action): Then {
    if ('step' in to!) return to
    return { flow: to!.flow, inputs: { ...scene.inputs, ...defined(this.#evaluate(sends, scene)) } }
  }

  /** "The reference is executed and the context is returned, after which the current step is retried." */
  #runReference(scene: Scene, { to, sends }: Action): void {
    if (to === undefined) return
    if ('step' in to) this.#attempt(scene, scene.flow.steps.find(step => step.id === to.step)!)
    else this.perform(to.flow, { ...scene.inputs, ...defined(this.#evaluate(sends, scene)) })
  }

  #attempt(scene: Scene, step: Step): boolean {
    scene.child = undefined
    const name = `${scene.flow.id}/${step.id}`
    if (++this.#visits > this.#program.maxVisits) {
      this.seen.trail.push(`${name} skipped`)
      throw new Runaway()
    }
    const state = this.#try(scene, step, name)
    if (state === 'passed') scene.steps[step.id] = this.#evaluate(step.gives, scene)
    this.seen.trail.push(`${name} ${state}`)
    return state === 'passed'
  }

  #try(scene: Scene, step: Step, name: string): 'passed' | 'failed' | 'unanswered' {
    if (step.needs.some(id => !(id in scene.steps))) {
      this.#last = undefined
      return 'failed'
    }
    const sent = this.#evaluate(step.sends, scene)
    if (step.runs === undefined) {
      this.#last = this.#request(`/${name}`, sent)
      if (this.#last === undefined) return 'unanswered'
      const met = step.accepts?.includes(this.#last.status) ?? this.#last.status < 400
      return met ? 'passed' : 'failed'
    }
    const child = this.perform(step.runs, sent)
    scene.child = child.outputs
    const met = step.accepts?.includes(this.#last?.status ?? 0) ?? true
    return child.passed && met ? 'passed' : 'failed'
  }

  #request(path: string, sent: Values): { status: number; body: number } | undefined {
    const query = Object.entries(defined(sent)).map(([name, value]) => `${name}=${value}`)
    const url = path + (query.length > 0 ? `?${query.join('&')}` : '')
    const nth = this.#counts.get(pathOf(url)) ?? 0
    this.#counts.set(pathOf(url), nth + 1)
    const body = this.seen.requests.push(url)
    const { status }: Answer = this.#script(url, nth)
    return status === 0 ? undefined : { status, body }
  }

  #evaluate(named: readonly Named[], scene: Scene): Values {
    return Object.fromEntries(named.map(({ name, value }) => [name, this.#valueOf(value, scene)]))
  }

  #valueOf(value: Value, scene: Scene): number | undefined {
    if (typeof value === 'number') return value
    if (value === 'body') return this.#last?.body
    if ('input' in value) return scene.inputs[value.input]
    if ('child' in value) return scene.child?.[value.child]
    if ('step' in value) return scene.steps[value.step]?.[value.output]
    if ('output' in value) return this.#ended.get(value.flow)?.outputs[value.output]
    const inHand = this.#scenes.findLast(({ flow }) => flow.id === value.flow)
    return (inHand ?? this.#ended.get(value.flow))?.inputs[value.inputOf]
  }
}

/** Each step after those that it waits for or reads from; otherwise as written. Without any `dependsOn`: as written. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  if (steps.every(step => step.needs.length === 0)) return steps
  const placed: Step[] = []
  const place = (step: Step): void => {
    if (placed.includes(step)) return
    const read = step.sends.flatMap(({ value }) => (isRead(value) ? [value.step] : []))
    for (const id of [...step.needs, ...read]) place(steps.find(candidate => candidate.id === id)!)
    placed.push(step)
  }
  steps.forEach(place)
  return placed
}

const isRead = (value: Value): value is { step: string; output: string } => typeof value === 'object' && 'step' in value

function defined(values: Values): Inputs {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined))
}
