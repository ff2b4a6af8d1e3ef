import type { Workflow } from '../../document/model.ts'
import { ArazzoError, failed } from '../../errors.ts'
import { completeRow } from './rows.ts'
import type { InputFunction, InputRow } from './source.ts'

/** Calls of the function at once. */
const AT_ONCE = 8

/** Calls the function that makes inputs, and checks what it answers. Rows go to whoever asks first. */
export class InputCaller {
  readonly #call: InputFunction
  readonly #workflow: Workflow
  readonly #constants: InputRow
  /** Made before anybody asked for them. */
  readonly #ready: InputRow[] = []
  #calls = 0
  #isLast = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(call: InputFunction, workflow: Workflow, constants: InputRow) {
    this.#call = call
    this.#workflow = workflow
    this.#constants = constants
  }

  /** Makes the first row, so that a function that cannot work is known before anything runs. */
  async open(): Promise<void> {
    const { rows, isLast } = await this.next(1)
    this.#ready.push(...rows)
    if (!isLast || rows.length > 0) return
    throw new Error(failed('feed', 'inputs', 'the function had none', 'Let it answer with names and values.'))
  }

  /** As many rows, or fewer and `isLast`. Rejects when the function does, or answers with what is no inputs. */
  next(count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const turn = this.#turn.then(() => this.#next(count))
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #next(count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const rows = this.#ready.splice(0)
    while (rows.length < count && !this.#isLast) {
      const calls = Math.min(AT_ONCE, count - rows.length)
      const made = await Promise.all(Array.from({ length: calls }, () => this.#one(this.#calls++)))
      const end = made.indexOf(undefined)
      this.#isLast = end >= 0
      rows.push(...(made.slice(0, end < 0 ? undefined : end) as InputRow[]))
    }
    return { rows, isLast: this.#isLast }
  }

  async #one(n: number): Promise<InputRow | undefined> {
    const values = await this.#call(n)
    if (values === undefined || values === null) return undefined
    const place = `what call ${n} of the inputs function gave`
    const { inputs, problems } = completeRow(this.#workflow, this.#constants, values, place)
    if (problems.length > 0) throw new ArazzoError(problems)
    return inputs
  }
}
