import { counted } from '../../ground/words.ts'
import type { AnswerGroup } from '../../measure/report.ts'
import type { Plan } from '../../workflow/plan.ts'

/**
 * Responses that passed though OpenAPI does not document their status: a warning for each step and status. Where
 * redirects are followed it is not known which responses are of the operation's own resource, and nothing is said.
 */
export function undocumentedPasses(
  { steps, followRedirects }: Pick<Plan, 'steps' | 'followRedirects'>,
  groups: readonly AnswerGroup[],
): string[] {
  if (followRedirects) return []
  return groups.flatMap(({ step, status, requests, errors }) => {
    const checks = steps.find(({ key }) => key === step)?.checks
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
    const passed = requests - failed
    if (checks === undefined || passed <= 0 || !/^\d+$/.test(status)) return []
    const documented = checks.documentedBeside(Number(status))
    if (documented === undefined) return []
    return [
      `${counted(passed, 'response')} of ${step} passed with status ${status}, which OpenAPI does not document ` +
        `(only ${documented})`,
    ]
  })
}
