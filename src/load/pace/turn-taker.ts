import type { Milliseconds } from '../../ground/units.ts'

/** A run that takes turns with others: out of its turn it begins nothing, and its time stands still. */
export interface TurnTaker {
  /** Iterations that have not ended. */
  readonly inFlight: number
  /** Its turn begins. What is measured of it lies between the two moments, from now. */
  resume(measured: { from: Milliseconds; to: Milliseconds }): void
  /** Its turn is over. @param onRest called once, when nothing of it is in flight any more. */
  hold(onRest: () => void): void
}
