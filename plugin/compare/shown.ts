import type { ComparedBudget, Comparison } from '../../src/compare/comparison.ts'
import { given } from '../../src/ground/given.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { addSecretsOf } from '../server/secrets.ts'
import type { BaseSource } from './options.ts'
import type { CompareSettings } from './settings.ts'

/** Where base comes from, for everybody to read: commands hold tokens, and URLs passwords. */
export function whereFrom(base: BaseSource): string {
  if (base.from === 'git') return `git ${base.ref}`
  if (base.from === 'folder') return base.folder
  if (base.from === 'command') return 'another command'
  const { origin, pathname } = new URL(base.url)
  return `${origin}${pathname}`
}

/** What is shown nowhere of a comparison with these settings. */
export function secretsOf({ confidential = {} }: CompareSettings): Secrets {
  const secrets = new Secrets()
  addSecretsOf(confidential, secrets)
  return secrets
}

/** A comparison without its secrets: subjects of commits, causes and reasons may hold them. */
export function maskedComparison(comparison: Comparison, secrets: Secrets): Comparison {
  const finding = (found: ComparedBudget) => ({ ...found, why: secrets.maskAll(found.why) })
  const { base, head, notes, cause, budgets, beside } = comparison
  return given<Comparison>({
    ...comparison,
    ...{ base: secrets.maskAll(base), head: secrets.maskAll(head), notes: secrets.maskAll(notes) },
    cause: cause === undefined ? undefined : secrets.mask(cause),
    budgets: budgets.map(finding),
    beside: beside.map(finding),
  })
}
