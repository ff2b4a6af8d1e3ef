import { formatMs, type Milliseconds } from '../../ground/units.ts'
import type { CookieKeep } from '../../http/cookies.ts'
import type { Transport } from '../../http/transport.ts'
import { realClock } from '../../measure/clock.ts'
import { addFailure, noFigures } from '../../measure/report/hook-counts.ts'
import type { HookFigures } from '../../measure/report.ts'
import type { Channels } from '../../workflow/channel/connect.ts'
import { misfitsOf, missingInputs, withDefaults } from '../../workflow/inputs.ts'
import type { Plan } from '../../workflow/plan.ts'
import { User } from '../../workflow/user.ts'
import type { Observer } from '../../workflow/virtual-user.ts'
import { fitting, type InputRow } from '../feed/source.ts'
import { HOOK_LIMITS, planOf } from '../plan/hooks.ts'
import type { Returned, ThreadHooks } from './protocol.ts'

/** Dependencies of the hooks of a thread. */
export interface HookMeans {
  transport: Transport
  channels: Channels | undefined
  /** How long a setup may take, if not a minute. */
  patience?: Milliseconds
  /** Has the main thread call the function of a hook. */
  call(hook: Pick<HookFigures, 'hook' | 'per'>, user: number, inputs: InputRow): Promise<Returned>
}

/** Result of a hook: its outputs, or the reason of its failure. */
type HookEnd = { outputs: InputRow; failure?: undefined } | { failure: string; isCalledOff?: boolean }

const CALLED_OFF = 'the run ended before it'

/** A hook of users or of iterations: it runs in the thread of the user, and is not measured. */
export class ThreadHook {
  readonly figures: HookFigures
  readonly #hook: ThreadHooks['list'][number]
  readonly #means: HookMeans
  readonly #plan: Plan | undefined
  /** Ends each that runs. */
  readonly #running = new Set<(why: string) => void>()
  #ended: string | undefined
  #isCalledOff = false

  constructor(hook: ThreadHooks['list'][number], means: HookMeans) {
    this.figures = noFigures(hook)
    this.#hook = hook
    this.#means = means
    this.#plan = hook.workflow && planOf(hook.workflow)
  }

  /** Runs it for a user; what goes wrong is counted. Never rejects. */
  async run(user: number, known: InputRow, keep: CookieKeep): Promise<HookEnd> {
    if (this.#isNeedless(known)) {
      this.figures.skipped++
      return { outputs: {} }
    }
    if (this.#isCalledOff) return { failure: CALLED_OFF }
    this.figures.runs++
    const ending = new AbortController()
    const ended = new Promise<HookEnd>(resolve => {
      ending.signal.addEventListener('abort', () => resolve({ failure: ending.signal.reason }), { once: true })
    })
    const giveUp = (why: string) => ending.abort(why)
    if (this.#ended !== undefined) giveUp(this.#ended)
    this.#running.add(giveUp)
    const callOff = this.#limit(giveUp)
    try {
      const end = await Promise.race([
        this.#plan ? this.#runWorkflow(this.#plan, known, keep, ending.signal) : this.#call(user, known),
        ended,
      ])
      if (end.failure !== undefined && !end.isCalledOff && !this.#isCalledOff) addFailure(this.figures, end.failure)
      return end
    } finally {
      callOff()
      this.#running.delete(giveUp)
    }
  }

  /** Gives a setup up that does not come back; teardowns are given up together. Returns how to call that off. */
  #limit(giveUp: (why: string) => void): () => void {
    const { patience = HOOK_LIMITS.setup } = this.#means
    if (this.#hook.hook !== 'setup') return () => {}
    return realClock.after(patience, () => giveUp(`it had not ended after ${formatMs(patience)}`))
  }

  /** Counts its last run as failed, because of its outputs. */
  blame(why: string): void {
    addFailure(this.figures, why)
  }

  /** It is not needed any more: running calls are released, which is not a failure. */
  callOff(): void {
    this.#isCalledOff = true
    this.end(CALLED_OFF)
  }

  /** Releases all running and waiting calls. */
  end(why: string): void {
    this.#ended = why
    for (const end of this.#running) end(why)
  }

  /** An iteration that came to nothing which is to be cleaned up. */
  #isNeedless(known: InputRow): boolean {
    if (this.#hook.per !== 'iteration' || this.#plan === undefined) return false
    return missingInputs(this.#plan.workflow, known).length > 0
  }

  async #call(user: number, inputs: InputRow): Promise<HookEnd> {
    const { outputs, failure, isCalledOff } = await this.#means.call(this.#hook, user, inputs)
    return failure === undefined ? { outputs } : { failure, isCalledOff }
  }

  async #runWorkflow(plan: Plan, known: InputRow, keep: CookieKeep, signal: AbortSignal): Promise<HookEnd> {
    if (signal.aborted) return { failure: signal.reason }
    const { workflow } = plan
    const inputs = withDefaults(workflow.inputs, fitting(workflow, known))
    const misfits = misfitsOf(workflow, inputs)
    if (misfits.length > 0) return { failure: misfits.join('; ') }
    let failure: string | undefined
    const observer: Observer = {
      onAttempt(step, _sent, _ended, failed) {
        failure = failed && `step "${plan.steps[step]!.key}": ${failed.message}`
        return undefined
      },
      onCallFailed(key, _at, failed) {
        failure = `step "${key}": ${failed.message}`
      },
    }
    const { transport, channels } = this.#means
    const user = new User(plan, transport, realClock, observer, undefined, channels, keep)
    const abort = () => user.abort()
    signal.addEventListener('abort', abort, { once: true })
    await new Promise<unknown>(resolve => user.start(inputs, resolve))
    signal.removeEventListener('abort', abort)
    this.figures.requests += user.requests
    const { state, outputs, because } = user.report()
    if (state === 'passed') return { outputs }
    return { failure: failure ?? because ?? 'a step failed' }
  }
}
