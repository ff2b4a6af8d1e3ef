import type { Workflow } from '../../document/model.ts'
import { bounded } from '../../expression/bounded.ts'
import { ArazzoError } from '../../ground/errors.ts'
import { failure } from '../../ground/fault.ts'
import { show } from '../../ground/show.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import { completeRow } from './rows.ts'
import type { InputFunction, InputRow, RunContext } from './source.ts'
import { Turns } from './source.ts'

/** Calls of the function at once. */
const AT_ONCE = 8
/** Maximum time for calls that begin together, before their thread is interrupted. */
const LONGEST: Milliseconds = 5_000
/** How long they may wait until they come back: a load that waits for its first inputs has no end of its own yet. */
const PATIENCE: Milliseconds = 60_000

type Around = Omit<RunContext, 'user'>

/** Calls the function that makes inputs, and checks its results. Rows go to the first request. */
export class InputCaller {
  readonly #call: InputFunction
  readonly #workflow: Workflow
  readonly #constants: InputRow
  /** Made before anybody asked for them. */
  readonly #ready: InputRow[] = []
  #calls = 0
  #isLast = false
  #turn: Promise<unknown> = Promise.resolve()
  readonly #clock: Clock
  readonly #context: Around
  readonly #turns = new Turns(AT_ONCE)
  /** Inputs of the first user, until that asks for them. */
  #ofFirst: InputRow | undefined

  /** @param context argument of its calls, without the user. */
  constructor(
    call: InputFunction,
    workflow: Workflow,
    constants: InputRow,
    clock: Clock = realClock,
    context: Around = { signal: new AbortController().signal },
  ) {
    this.#clock = clock
    this.#call = call
    this.#workflow = workflow
    this.#constants = constants
    this.#context = context
  }

  /**
   * Makes the first row, so that a function that cannot work is known before anything runs.
   *
   * @param per whom rows are for.
   */
  async open(per: 'iteration' | 'vu' = 'iteration'): Promise<void> {
    if (per === 'vu') this.#ofFirst = await this.#forUser(0)
    else this.#ready.push(...(await this.next(1)).rows)
    if (this.#ofFirst !== undefined || this.#ready.length > 0) return
    throw failure('feed', 'inputs', 'the function had none', 'Let it return names and values.')
  }

  /** Makes the inputs of a virtual user; undefined if there are no more. Rejects like `next`. */
  async forUser(user: number): Promise<InputRow | undefined> {
    const made = user === 0 ? this.#ofFirst : undefined
    if (made === undefined) return this.#turns.take(() => this.#forUser(user))
    this.#ofFirst = undefined
    return made
  }

  #forUser(user: number): Promise<InputRow | undefined> {
    const [begun] = this.#begin(user, 1, user)
    return this.#inTime(this.#rowOf(begun!, user), user)
  }

  #inTime<T>(made: Promise<T>, first: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.after(PATIENCE, () => {
        const found = `calls of the function from ${first} on have not come back within ${formatMs(PATIENCE)}`
        reject(failure('feed', 'inputs', found, 'Look what it waits for.'))
      })
      made.then(resolve, reject).finally(callOff)
    })
  }

  /**
   * Gives as many rows, or fewer and `isLast`. Rejects when the function does, or returns something other than inputs.
   */
  next(count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const turn = this.#turn.then(() => this.#next(count))
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #next(count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const rows = this.#ready.splice(0)
    while (rows.length < count && !this.#isLast) {
      const calls = Math.min(AT_ONCE, count - rows.length)
      const first = this.#calls
      this.#calls += calls
      const begun = this.#begin(first, calls).map((one, i) => this.#rowOf(one, first + i))
      const made = await this.#inTime(Promise.all(begun), first)
      const end = made.indexOf(undefined)
      this.#isLast = end >= 0
      rows.push(...(made.slice(0, end < 0 ? undefined : end) as InputRow[]))
    }
    return { rows, isLast: this.#isLast }
  }

  /** Makes calls at once. A loop without end within them is broken off; nothing else of this thread turns meanwhile. */
  #begin(first: number, calls: number, user?: number): Promise<unknown>[] {
    const context: RunContext = { ...this.#context, user }
    const begun: Promise<unknown>[] = []
    const begin = () => {
      while (begun.length < calls) begun.push(settled(this.#call, first + begun.length, context))
    }
    try {
      bounded(begin, LONGEST)
      return begun
    } catch (cause) {
      for (const one of begun) one.catch(() => {})
      const found = `call ${first + begun.length} of the function kept its thread busy for ${formatMs(LONGEST)}`
      const advice = 'Look for a loop without end in it, or let it wait with `await`.'
      throw failure('feed', 'inputs', found, advice, { cause })
    }
  }

  async #rowOf(made: Promise<unknown>, n: number): Promise<InputRow | undefined> {
    const values = await made
    if (values === undefined || values === null) return undefined
    const place = `what call ${n} of the inputs function gave`
    const { inputs, problems } = completeRow(this.#workflow, this.#constants, values, place)
    if (problems.length > 0) throw new ArazzoError(problems)
    return inputs
  }
}

/** Result of a function, also if it throws synchronously. The thrown value need not be an error. */
async function settled(call: InputFunction, n: number, context: RunContext): Promise<unknown> {
  try {
    return await call(n, context)
  } catch (error) {
    if (error instanceof Error) throw error
    throw failure('feed', 'inputs', `call ${n} of the function threw ${show(error)}`, 'Let it throw an Error.')
  }
}
