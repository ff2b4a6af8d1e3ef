/** Whether it is a reporter of Vitest, or a subclass of it: by the name of its class, the same in all versions. */
export function isReporter(reporter: unknown, name: 'JUnitReporter' | 'GithubActionsReporter'): reporter is object {
  if (typeof reporter !== 'object') return false
  for (let of = reporter; of !== null; of = Object.getPrototypeOf(of)) if (of.constructor?.name === name) return true
  return false
}
