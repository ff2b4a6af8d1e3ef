import { formatCount, formatMs, type Milliseconds, type Share } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { LoadReport } from '../../measure/report.ts'
import { type CountedPlan, type LoadPlan, lengthOf, windowOf } from '../plan/load-plan.ts'
import type { ThreadResult } from '../thread/protocol.ts'
import type { Ledgers } from './ledgers.ts'
import type { Prepared } from './prepare.ts'

/** A load that has waited for inputs for so long, and such a share of its length, when it ends is not whole. */
const LEAST_STALL: Milliseconds = 500
const STALLED: Share = 0.25

/** How a run ended: by its plan, or before it and why. The first reason counts. */
export class Outcome {
  /** Fields of a report about the end. */
  ended: Pick<LoadReport, 'state' | 'cause' | 'endedBy'> = { state: 'completed' }

  /** @param endedBy the budget that ended it. */
  end(state: LoadReport['state'], cause?: string, endedBy?: LoadReport['endedBy']): void {
    if (this.ended.state === 'completed') this.ended = { state, cause, endedBy }
    // It is only known by now why there was no response.
    else this.ended.cause ??= cause
  }

  /** Adds what only shows at the end: no response at all, inputs that were used up, a plan that took too long. */
  settle(
    { plan, inputs }: Pick<Prepared, 'plan' | 'inputs'>,
    load: LoadPlan,
    ledgers: Ledgers,
    results: readonly ThreadResult[],
    measured: Pick<LoadReport['measuredArrivals'], 'started' | 'dropped'>,
  ): void {
    const stalled = Math.max(0, ...results.map(({ ended }) => ended.stalled ?? 0))
    const withoutRow = results.reduce((sum, { ended }) => sum + (ended.withoutRow ?? 0), 0)
    if (ledgers.isWithoutResponse && (ledgers.isFailed || this.ended.state === 'completed')) {
      const failure = results.find(({ recorded }) => recorded.firstFailure)?.recorded.firstFailure?.message
      const found = `no request to ${plan.origins.join(', ')} got a response in ${formatMs(lengthOf(load))}`
      const cause = failure ?? this.ended.cause ?? `${found}. Check that the application is not stuck.`
      this.ended = { ...this.ended, state: 'not run', cause }
    } else if (this.ended.state === 'not run' && this.ended.cause === undefined) {
      // The first response came when the run was being stopped.
      this.ended = { ...this.ended, state: 'cut short', cause: 'no request had got a response, and several had failed' }
    } else if (inputs.kind !== 'fixed' && results.some(({ ended }) => ended.isUsedUp)) {
      const { started } = measured
      if (load.kind === 'iterations' ? started >= iterationsOf(load) : hasWholeWindow(load, results)) return
      const after =
        load.kind === 'iterations'
          ? ` after ${formatCount(started)} of ${formatCount(iterationsOf(load))} iterations`
          : ''
      const isError = inputs.whenExhausted === 'error'
      this.end('cut short', `all rows of inputs were used${after}${isError ? ' (whenExhausted: error)' : ''}`)
    } else if (withoutRow > 0 && (load.model === 'closed' || measured.dropped > 0)) {
      const users = `${formatCount(withoutRow)} of ${counted(load.maxVus, 'virtual user')}`
      const isNumberKnown = load.model === 'closed' && load.kind !== 'adaptive'
      this.end('cut short', `${isNumberKnown ? users : 'further virtual users'} had no row of inputs (per: vu)`)
    } else if (stalled > Math.max(LEAST_STALL, STALLED * lengthOf(load))) {
      this.end('cut short', `the function of inputs had returned none for ${formatMs(stalled)}. Look what it waits for`)
    } else if (results.some(({ ended }) => ended.reason === 'cut short')) {
      const longest = load.kind === 'capacity' ? load.limit : load.duration
      this.end('cut short', `it took longer than its ${formatMs(longest)} (maxDuration)`)
    }
  }
}

const iterationsOf = ({ iterations, shared, vus }: CountedPlan) => (shared ? iterations : iterations * vus)

const hasWholeWindow = (load: LoadPlan, results: readonly ThreadResult[]) =>
  results.every(({ recorded }) => recorded.window.to >= windowOf(load).to)
