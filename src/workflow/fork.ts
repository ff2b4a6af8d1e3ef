import type { Frame } from './frame.ts'
import type { StepPlan } from './plan.ts'

/** End of a step that ran at the same time as others: `given up` with the whole run, as a runaway. */
export type BranchEnd = 'passed' | 'failed' | 'aborted' | 'given up'

/**
 * Workflow whose steps run at the same time: steps that may begin, and the states of the others. After a failure no
 * step begins any more, and running ones complete.
 */
export class Fork {
  readonly frame: Frame
  /** Steps that run. */
  running = 0
  readonly #waits: number[]
  #ready: StepPlan[]
  readonly #because = new Map<number, string | undefined>()
  #end: BranchEnd = 'passed'

  constructor(frame: Frame) {
    const { steps, parallel } = frame.plan
    this.frame = frame
    this.#waits = parallel!.waits.slice()
    this.#ready = steps.filter(({ position }) => this.#waits[position] === 0)
  }

  /** Steps that may begin now, each returned once, in their order. */
  takeReady(): readonly StepPlan[] {
    const ready = this.#ready
    if (ready.length > 0) this.#ready = []
    return ready
  }

  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  get isOver(): boolean {
    return this.running === 0 && this.#ready.length === 0
  }

  /** A step has ended; those that waited for nothing else may begin. @param because why it failed. */
  ended({ position }: StepPlan, end: BranchEnd, because: string | undefined): void {
    this.running--
    if (end !== 'passed') return this.#fail(position, end, because)
    if (this.#end !== 'passed') return
    const { steps, parallel } = this.frame.plan
    for (const follower of parallel!.followers[position]!)
      if (--this.#waits[follower]! === 0) this.#ready.push(steps[follower]!)
  }

  #fail(position: number, end: BranchEnd, because: string | undefined): void {
    this.#ready = []
    this.#because.set(position, because)
    const isFirm = this.#end === 'aborted' || this.#end === 'given up'
    if (!isFirm) this.#end = end
  }

  /** How it ended. */
  get end(): BranchEnd {
    return this.#end
  }

  /** Why it failed: of several failures all, in the order of their steps. */
  get because(): string | undefined {
    const [first] = this.#because.values()
    if (this.#end === 'given up') return first
    const reasons = [...this.#because].sort(([a], [b]) => a - b).map(([, because]) => because ?? 'a step failed')
    return reasons.length === 0 ? undefined : reasons.join('; ')
  }
}
