import type { Plan } from './plan.ts'
import type { Secrets } from './secrets.ts'

/**
 * Keeps the secrets of a plan, and those among the inputs of the run in hand: what changes with every run must not be
 * remembered for ever.
 */
export class SecretInputs {
  readonly #secrets: Secrets
  readonly #plan: Pick<Plan, 'secrets' | 'secretInputs'>
  /** Whose secrets are known. */
  #known: Record<string, unknown> | undefined

  constructor(secrets: Secrets, plan: Pick<Plan, 'secrets' | 'secretInputs'>) {
    this.#secrets = secrets
    this.#plan = plan
    this.#addOwn()
  }

  note(inputs: Record<string, unknown>): void {
    const { secretInputs } = this.#plan
    if (secretInputs.size === 0 || inputs === this.#known) return
    if (this.#known) this.#secrets.clear()
    this.#known = inputs
    this.#addOwn()
    for (const name of secretInputs) this.#secrets.add(inputs[name])
  }

  #addOwn(): void {
    for (const secret of this.#plan.secrets) this.#secrets.add(secret)
  }
}
