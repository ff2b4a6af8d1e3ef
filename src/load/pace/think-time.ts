import { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { drawPause, type Pause } from '../plan/pause.ts'

/** The times that one user thinks. Those of an iteration are the same on whatever thread it runs. */
export class ThinkTime {
  readonly draw: () => Milliseconds
  readonly #random: Random
  readonly #seed: number

  constructor(pause: Pause, seed: number) {
    const random = new Random(seed, 'thinkTime')
    this.#seed = seed
    this.#random = random
    this.draw = () => drawPause(pause, random)
  }

  begin(iteration: number): void {
    this.#random.seed(this.#seed, 'thinkTime', iteration)
  }
}
