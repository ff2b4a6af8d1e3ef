import type { TestProject, Vitest } from 'vitest/node'
import { didYouMean, failed } from '../src/errors.ts'

// Each project of a configuration may have a plugin instance, and even a copy of this module, of its own.
const key = Symbol.for('vitest-arazzo.claims')
const global = globalThis as { [key]?: WeakMap<Vitest, string> }
global[key] ??= new WeakMap()
const claims = global[key]

/**
 * Whether a project is the one that runs the documents. Every project that has the plugin would find the same files, so
 * one claims them: the one that is asked for by name, or else the first that does not run in a browser.
 */
export function claimsDocuments(vitest: Vitest, project: TestProject, wanted: string | undefined): boolean {
  const owner = wanted ?? claims.get(vitest) ?? project.name
  if (owner !== project.name || project.isBrowserEnabled()) return false
  claims.set(vitest, owner)
  return true
}

/** Throws when the project that is asked for has not come to claim the documents. With `--project` it may have been left out. */
export function checkClaim(vitest: Vitest, wanted: string): void {
  if (vitest.config.project.length > 0 || claims.get(vitest) === wanted) return
  const names = vitest.projects.map(project => project.name)
  if (names.includes(wanted)) {
    const advice = "Add arazzo() to that project's plugins, or `extends: true` to the project."
    throw new Error(
      failed('give the documents', `to project "${wanted}"`, 'it does not have the plugin', advice),
    )
  }
  const guess = didYouMean(wanted, names)
  const advice = guess
    ? `Did you mean "${guess}"?`
    : `The projects are ${names.map(name => `"${name}"`).join(', ')}.`
  throw new Error(
    failed('give the documents', `to project "${wanted}"`, 'Vitest has no such project', advice),
  )
}
