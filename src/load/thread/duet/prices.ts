import type { Milliseconds } from '../../../ground/units.ts'
import { Recorder } from '../recorder.ts'
import type { SliceUse } from './protocol.ts'

/** A recorder of a user alone that has CPU time looked at after each response: it is that of his last request. */
export class PriceRecorder extends Recorder {
  look: (step: number) => void = () => {}

  override onAttempt(...attempt: Parameters<Recorder['onAttempt']>): Milliseconds {
    const own = super.onAttempt(...attempt)
    this.look(attempt[0])
    return own
  }
}

/** CPU time of the requests to each step, by looks that follow one another. */
export class Prices {
  readonly uses: SliceUse[]
  #before: Milliseconds | undefined

  constructor(steps: number, before: Milliseconds | undefined) {
    this.uses = Array.from({ length: steps }, () => ({ asked: 0, cpuTime: 0 }))
    this.#before = before
  }

  add(step: number, cpuTime: Milliseconds | undefined): void {
    const use = this.uses[step]!
    use.asked++
    use.cpuTime! += (cpuTime ?? Number.NaN) - (this.#before ?? Number.NaN)
    this.#before = cpuTime
  }
}
