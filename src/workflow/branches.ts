import type { Milliseconds } from '../ground/units.ts'
import { type BranchEnd, Fork } from './fork.ts'
import type { Frame } from './frame.ts'
import type { Lane } from './lane.ts'
import type { LaneOwner } from './lane-tools.ts'
import type { StepPlan } from './plan.ts'
import type { RecordedRuns } from './run-record.ts'
import type { Thought } from './thought.ts'

/** Step that runs at the same time as others. */
export interface Branch {
  /** The lane that came to its workflow. */
  readonly parent: Lane
  readonly step: StepPlan
  readonly frame: Frame
  /** Place of the record for its attempts, where they are recorded. */
  readonly place: RecordedRuns | undefined
  /** Time to think before its first request. */
  readonly pause: Milliseconds
}

/** The lanes that a lane has forked into, one for each step that runs. */
export class Branches {
  readonly #lane: Lane
  readonly #owner: LaneOwner
  readonly #thought: Thought
  readonly #lanes = new Set<Lane>()
  /** Lanes that were ended early. They have the outputs of their workflows so far. */
  #broken: Lane[] = []
  #fork: Fork | undefined
  #places: RecordedRuns[] | undefined

  constructor(lane: Lane, owner: LaneOwner, thought: Thought) {
    this.#lane = lane
    this.#owner = owner
    this.#thought = thought
  }

  /** Its lane begins anew. */
  begin(): void {
    this.#fork = undefined
    if (this.#lanes.size > 0) this.#lanes.clear()
    if (this.#broken.length > 0) this.#broken = []
  }

  /** Whether there is a step that may begin. */
  get hasReady(): boolean {
    return this.#fork?.hasReady === true
  }

  /** Whether all of them have ended, and no step may begin any more. */
  get areOver(): boolean {
    return this.#fork?.isOver === true
  }

  split(frame: Frame): void {
    this.#places = this.#lane.log.leave(frame.plan.steps.length)
    this.#fork = new Fork(frame)
    this.#thought.rests()
  }

  /** Steps begin. Users think once before all that begin together. */
  beginReady(pause: Milliseconds): void {
    const fork = this.#fork!
    const parent = this.#lane
    // The clock reading was made for the first of them.
    let at = parent.newsAt
    for (const step of fork.takeReady()) {
      const lane = this.#owner.takeLane()
      fork.running++
      this.#lanes.add(lane)
      const place = this.#places?.[step.position]
      lane.beginBranch({ parent, step, frame: fork.frame.branch(), place, pause }, at)
      at = 0
      this.#owner.drive(lane)
    }
  }

  ended(lane: Lane, step: StepPlan, end: BranchEnd): void {
    this.#fork!.ended(step, end, lane.flow.because)
    this.#rest(lane)
    if (end === 'aborted' || end === 'given up') this.#broken.push(lane)
    else this.#owner.giveBack(lane)
  }

  /** All have ended: their lane goes on. */
  join(): Pick<Fork, 'frame' | 'end' | 'because'> {
    const fork = this.#fork!
    this.#fork = undefined
    this.#thought.starts()
    return fork
  }

  /** This lane, and all that perform what it has forked into. */
  all(): Lane[] {
    const all = [this.#lane]
    for (const { branches } of all) all.push(...branches.#lanes, ...branches.#broken)
    return all
  }

  /** The exchanges of other lanes are not needed any more and were abandoned. */
  leave(): void {
    for (const lane of this.all().reverse()) {
      const { branches } = lane
      for (const branch of [...branches.#lanes]) {
        branch.leaveBranch()
        branches.#rest(branch)
        this.#owner.giveBack(branch)
      }
      if (branches.#fork !== undefined) branches.join()
    }
  }

  #rest(lane: Lane): void {
    lane.rest()
    this.#thought.rests()
    this.#lanes.delete(lane)
  }
}
