import type { Plan } from './plan.ts'
import type { Secrets } from './secrets.ts'

/** What may be noted of runs besides, such as tokens and headers of failed attempts, before it is forgotten. */
const MOST_NOTED = 32

/**
 * Keeps the secrets of a plan, and those among the inputs of the run in hand: what changes with every run must not be
 * remembered for ever, and neither must what runs note besides, for a load may last for days.
 */
export class SecretInputs {
  readonly #secrets: Secrets
  readonly #plan: Pick<Plan, 'secrets' | 'secretInputs'>
  /** Whose secrets are known. */
  #known: Record<string, unknown> | undefined
  /** Number of secrets from which on they are reduced to those of the plan and of the inputs. */
  #most = 0

  constructor(secrets: Secrets, plan: Pick<Plan, 'secrets' | 'secretInputs'>) {
    this.#secrets = secrets
    this.#plan = plan
    this.#addOwn({})
  }

  /** A run begins. */
  note(inputs: Record<string, unknown>): void {
    const isNew = this.#plan.secretInputs.size > 0 && inputs !== this.#known
    if (!isNew && this.#secrets.size < this.#most) return
    if (this.#known || !isNew) this.#secrets.clear()
    if (isNew) this.#known = inputs
    this.#addOwn(inputs)
  }

  #addOwn(inputs: Record<string, unknown>): void {
    for (const secret of this.#plan.secrets) this.#secrets.add(secret)
    for (const name of this.#plan.secretInputs) this.#secrets.add(inputs[name])
    this.#most = this.#secrets.size + MOST_NOTED
  }
}
