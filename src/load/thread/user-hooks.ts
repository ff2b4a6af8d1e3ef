import { asUserError } from '../../ground/fault.ts'
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
import type { Observer, VirtualUser } from '../../workflow/virtual-user.ts'
import type { Feed, Readiness } from '../feed/feed.ts'
import { fitting, type InputRow, inTurns } from '../feed/source.ts'
import { CalledOff, failureOf, HOOK_LIMITS, type HookEnd, inTime, planOf, TEARDOWN_GRACE } from '../plan/hooks.ts'
import type { ThreadHooks } from './protocol.ts'

/** Dependencies of the hooks of a thread. */
interface HookMeans {
  transport: Transport
  channels: Channels | undefined
  /** How long a setup may take, if not a minute. */
  patience?: Milliseconds
  /** Has the main thread call the function of a hook. */
  call(hook: Pick<HookFigures, 'hook' | 'per'>, user: number, inputs: InputRow): Promise<HookEnd>
}

type ThreadHook = ReturnType<typeof threadHook>

/** A hook of users or of iterations: it runs in the thread of the user, and is not measured. */
function threadHook(hook: ThreadHooks['list'][number], means: HookMeans) {
  const figures = noFigures(hook)
  const plan = hook.workflow && planOf(hook.workflow)
  /** Aborted when it is not needed any more, or has no more time. */
  const over = new AbortController()
  // Teardowns are given up together.
  const limit = hook.hook === 'setup' ? (means.patience ?? HOOK_LIMITS.setup) : Number.POSITIVE_INFINITY
  return {
    figures,
    /** Runs it for a user; what goes wrong is counted. Never rejects. */
    async run(user: number, known: InputRow, keep: CookieKeep): Promise<HookEnd> {
      // An iteration that came to nothing which is to be cleaned up.
      if (hook.per === 'iteration' && plan !== undefined && missingInputs(plan.workflow, known).length > 0) {
        figures.skipped++
        return { outputs: {} }
      }
      if (over.signal.reason instanceof CalledOff) return failureOf(over.signal.reason)
      figures.runs++
      const action = async (signal: AbortSignal) =>
        plan ? runWorkflow(plan, known, keep, signal, means, figures) : means.call(hook, user, known)
      const end = await inTime(action, limit, over.signal).catch(failureOf)
      if (end.failure !== undefined && !end.isCalledOff) addFailure(figures, end.failure)
      return end
    },
    /** Counts its last run as failed, because of its outputs. */
    blame: (why: string) => addFailure(figures, why),
    /** It is not needed any more: running calls are released, which is not a failure. */
    callOff: () => over.abort(asUserError(new CalledOff('the run ended before it'))),
    /** Releases all running and waiting calls. */
    end: (why: string) => over.abort(asUserError(new Error(why))),
  }
}

async function runWorkflow(
  plan: Plan,
  known: InputRow,
  keep: CookieKeep,
  signal: AbortSignal,
  { transport, channels }: HookMeans,
  figures: HookFigures,
): Promise<HookEnd> {
  const { workflow } = plan
  const inputs = withDefaults(workflow.inputs, fitting(workflow, known))
  const misfits = misfitsOf(workflow, inputs)
  if (misfits.length > 0) return { outputs: {}, failure: misfits.join('; ') }
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
  const user = new User(plan, transport, realClock, observer, undefined, channels, keep)
  const abort = () => user.abort()
  signal.addEventListener('abort', abort, { once: true })
  await new Promise<unknown>(resolve => user.start(inputs, resolve))
  signal.removeEventListener('abort', abort)
  figures.requests += user.requests
  const { state, outputs, because } = user.report()
  return state === 'passed' ? { outputs } : { outputs: {}, failure: failure ?? because ?? 'a step failed' }
}

/** Users that are set up at once before a load begins, and torn down at its end. */
const AT_ONCE = 16

interface HookedUser {
  number: number
  /** Its own inputs, or those that all have. */
  row: InputRow
  /** Outputs of its setup. */
  outputs: InputRow
  /** Inputs of its current or last iteration. */
  inputs: InputRow
  keep: CookieKeep
  isReady: boolean
  /** Whether its inputs were validated against the workflow's schema. */
  isChecked: boolean
}

interface UserHooksOptions {
  plan: Plan
  hooks: ThreadHooks
  means: HookMeans
  /** Inputs of users or iterations, as they are without hooks. */
  feed: Feed
  /** The setup of a user failed: the run is to end. */
  onSetupFailed(cause: string): void
}

/**
 * The inputs of a thread's iterations where users are set up before their first one, and what is done after iterations
 * and users. What hooks send is in no figure but their own.
 */
export class UserHooks implements Feed {
  readonly per: Feed['per']
  readonly #options: UserHooksOptions
  readonly #users = new Map<number, HookedUser>()
  readonly #keeps = new Map<number, CookieKeep>()
  readonly #setup: ThreadHook | undefined
  readonly #afterIteration: ThreadHook | undefined
  readonly #teardown: ThreadHook | undefined
  /** Clean-ups that have not ended. */
  readonly #inHand = new Set<Promise<unknown>>()
  #isOver = false
  #wake = () => {}

  constructor(options: UserHooksOptions) {
    const { hooks, means, feed } = options
    const find = (hook: HookFigures['hook'], per: HookFigures['per']) => {
      const found = hooks.list.find(one => one.hook === hook && one.per === per)
      return found && threadHook(found, means)
    }
    this.#options = options
    this.per = feed.per
    this.#setup = find('setup', 'vu')
    this.#afterIteration = find('teardown', 'iteration')
    this.#teardown = find('teardown', 'vu')
  }

  /* ---- inputs ---- */

  get isOver(): boolean {
    return this.#options.feed.isOver
  }

  get stalled(): Milliseconds | undefined {
    return this.#options.feed.stalled
  }

  listen(wake: () => void): void {
    this.#wake = wake
    this.#options.feed.listen?.(wake)
  }

  claim(number: number, place?: number): Readiness {
    const { feed } = this.#options
    let user = this.#users.get(number)
    if (user === undefined) {
      const claim = this.per === 'vu' ? feed.claim(number) : 'ready'
      if (claim !== 'ready') return claim
      user = this.#join(number)
      if (!user.isReady) this.#setUp(user).catch((error: Error) => this.#fail({ number }, error.message))
    }
    if (!user.isReady) return 'waiting'
    return this.per === 'vu' ? 'ready' : feed.claim(number, place)
  }

  take(place: number, number: number): InputRow {
    const user = this.#users.get(number)!
    const row = this.per === 'vu' ? user.row : this.#options.feed.take(place, number)
    user.inputs = this.#setup === undefined ? row : { ...user.outputs, ...row }
    if (this.#setup !== undefined && !user.isChecked) this.#isRight(user, user.inputs)
    return user.inputs
  }

  /** Cookies that a user has in each of its iterations. */
  keepOf(number: number): CookieKeep {
    const keep = this.#keeps.get(number) ?? { isOpen: false }
    this.#keeps.set(number, keep)
    return keep
  }

  /* ---- setup ---- */

  /** Sets up the users who are there from the start. */
  async setUpAll(numbers: readonly number[]): Promise<void> {
    if (this.#setup === undefined) return
    const turns = inTurns(AT_ONCE)
    await Promise.all(
      numbers.map(number =>
        turns(async () => {
          const isThere = this.per !== 'vu' || this.#options.feed.claim(number) === 'ready'
          if (isThere && !this.#users.has(number)) await this.#setUp(this.#join(number))
        }),
      ),
    )
  }

  #join(number: number): HookedUser {
    const { hooks, feed } = this.#options
    const row = this.per === 'vu' ? feed.take(number, number) : hooks.inputs
    const isReady = this.#setup === undefined
    const user: HookedUser = {
      number,
      row,
      outputs: {},
      inputs: row,
      keep: this.keepOf(number),
      isReady,
      isChecked: false,
    }
    this.#users.set(number, user)
    return user
  }

  async #setUp(user: HookedUser): Promise<void> {
    user.keep.isOpen = true
    const end = await this.#setup!.run(user.number, user.row, user.keep)
    user.keep.isOpen = false
    if (this.#isOver) return
    if (end.failure !== undefined) return this.#fail(user, end.failure)
    user.outputs = fitting(this.#options.plan.workflow, { ...end.outputs })
    if (this.per === 'vu' && !this.#isRight(user, { ...user.outputs, ...user.row })) return
    user.isReady = true
    this.#wake()
  }

  /** Whether its inputs fit the workflow, now that they are all there; else its setup has failed. */
  #isRight(user: HookedUser, inputs: InputRow): boolean {
    user.isChecked = true
    const misfits = misfitsOf(this.#options.plan.workflow, inputs)
    if (misfits.length === 0) return true
    const why = `with what it gave, ${misfits.join('; ')}`
    this.#setup!.blame(why)
    this.#fail(user, why)
    return false
  }

  #fail({ number }: Pick<HookedUser, 'number'>, why: string): void {
    this.#options.onSetupFailed(`setup of virtual user ${number}: ${why}`)
  }

  /* ---- teardown ---- */

  /** Clean-up after each iteration; undefined without one. */
  get cleanUp(): ((number: number, user: VirtualUser) => Promise<unknown>) | undefined {
    const hook = this.#afterIteration
    if (hook === undefined) return undefined
    return (number, user) => {
      const { inputs, keep } = this.#users.get(number)!
      const done = hook.run(number, { ...inputs, ...user.known?.() }, keep)
      this.#inHand.add(done)
      return done.finally(() => this.#inHand.delete(done))
    }
  }

  /** Tears down all users after the clean-ups. Calls that take too long are released. */
  async tearDown(grace: Milliseconds = TEARDOWN_GRACE): Promise<void> {
    this.#isOver = true
    this.#setup?.callOff()
    const hook = this.#teardown
    const late = `it had not ended after ${formatMs(grace)}`
    const callOff = realClock.after(grace, () => {
      this.#afterIteration?.end(late)
      hook?.end(late)
    })
    const turns = inTurns(AT_ONCE)
    try {
      await Promise.all(this.#inHand)
      if (hook === undefined) return
      const users = [...this.#users.values()]
      await Promise.all(
        users.map(user => turns(() => hook.run(user.number, { ...user.outputs, ...user.inputs }, user.keep))),
      )
    } finally {
      callOff()
    }
  }

  get figures(): HookFigures[] {
    return [this.#setup, this.#afterIteration, this.#teardown].flatMap(hook => hook?.figures ?? [])
  }
}
