import { relative } from 'node:path'
import type { TestProject, TestSpecification, Vitest } from 'vitest/node'
import { suggestion } from '../src/ground/errors.ts'
import { failed, failure } from '../src/ground/fault.ts'
import { quoted } from '../src/ground/words.ts'
import { documents, isDocument } from './files.ts'
import type { ArazzoOptions } from './options.ts'

/** Options of a project's plugin about the documents below the project's root. */
interface ProjectClaim {
  /** The only projects that may run them; undefined for every project that has the plugin. */
  wanted: readonly string[] | undefined
  runs: boolean
}

// Each project of a configuration may have a plugin instance, and even a copy of this module, of its own.
const key = Symbol.for('vitest-arazzo.claims')
const global = globalThis as { [key]?: WeakMap<TestProject, ProjectClaim> }
global[key] ??= new WeakMap()
const claims = global[key]

/**
 * Whether a project runs the documents below its root. As with test files, each project that has the plugin does, also
 * when another one runs the same; unless the option `project` names those that do. In a browser none does.
 */
export function claimDocuments(project: TestProject, { project: wanted }: Pick<ArazzoOptions, 'project'>): boolean {
  const names = typeof wanted === 'string' ? [wanted] : wanted
  const runs = !project.isBrowserEnabled() && (names === undefined || names.includes(project.name))
  claims.set(project, { wanted: names, runs })
  return runs
}

/** Whether a file is a document that the plugin gave to its project, which shares its worker with others. */
export function sharesWorker({ moduleId, project }: TestSpecification): boolean {
  const claim = claims.get(project)
  return claim?.runs === true && isDocument(moduleId)
}

/**
 * Throws when no project has the plugin, though the configuration of all projects has. By then all have been set up.
 */
export function checkInherited(vitest: Vitest): void {
  if (isFiltered(vitest) || vitest.projects.some(project => claims.has(project))) return
  const found = 'none of its projects has the plugin'
  const advice = 'Add arazzo() to the plugins of a project, or `extends: true`, which takes over those of the root.'
  throw failure('run', 'the documents of the root configuration', found, advice)
}

/** Throws, with every reason, when documents would be run by no project. By then all projects have been set up. */
export async function checkClaims(vitest: Vitest): Promise<void> {
  const named = new Set(vitest.projects.flatMap(project => claims.get(project)?.wanted ?? []))
  const problems = [...named].flatMap(name => problemOf(name, vitest) ?? [])
  if (problems.length === 0 && !isFiltered(vitest)) problems.push(...(await leftOut(vitest)))
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** With `--project`, other projects are not there to be looked at. */
const isFiltered = ({ config }: Vitest): boolean => config.project.length > 0

/** Reason why the project in the option `project` does not run documents. */
function problemOf(name: string, vitest: Vitest): string | undefined {
  if (!vitest.matchesProjectFilter(name)) return undefined
  const toProject = (found: string, advice: string) =>
    failed('give the documents', `to project "${name}"`, found, advice)
  const { projects } = vitest
  const project =
    projects.find(project => project.name === name) ??
    projects.find(project => project.isBrowserEnabled() && project.name.startsWith(`${name} (`))
  if (!project) {
    const names = projects.map(project => project.name)
    return toProject('Vitest has no such project', suggestion(name, names) ?? `The projects are ${quoted(names)}.`)
  }
  const claim = claims.get(project)
  if (!claim) {
    const advice = "Add arazzo() to that project's plugins, or `extends: true` to the project."
    return toProject('it does not have the plugin', advice)
  }
  if (project.isBrowserEnabled()) return toProject('it runs in a browser', 'Name a project that runs in Node.js.')
  if (claim.runs) return undefined
  const others = quoted(claim.wanted!)
  const advice = 'Name the same project everywhere, or leave "project" out, so that each runs its own.'
  return toProject(`its own option project names ${others}`, advice)
}

/** A line for each project that leaves its documents to others, of which none has them. */
async function leftOut(vitest: Vitest): Promise<string[]> {
  const withPlugin = vitest.projects.filter(project => claims.has(project))
  const leaving = withPlugin.filter(project => !claims.get(project)!.runs)
  if (leaving.length === 0) return []
  const running = vitest.projects.filter(project => !leaving.includes(project))
  const run = new Set((await Promise.all(running.map(filesOf))).flat())
  const lines = await Promise.all(
    leaving.map(async project => {
      const left = (await documentsOf(project)).filter(file => !run.has(file)).sort()
      return left.length > 0 ? lineOf(project, left) : []
    }),
  )
  return lines.flat()
}

function lineOf(project: TestProject, [first, ...others]: readonly string[]): string {
  const { wanted } = claims.get(project)!
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  const which = `${relative(project.vitest.config.root, first!)}${more}`
  const why = project.isBrowserEnabled() ? 'it runs in a browser' : `option project gives them to ${quoted(wanted!)}`
  const advice = project.isBrowserEnabled()
    ? 'Add a project that runs in Node.js, with arazzo() among its plugins.'
    : 'Leave "project" out, so that each project runs the documents below its own root.'
  const found = `${why}, and no project runs ${which}`
  return failed('run', `the documents of project "${project.name}"`, found, advice)
}

async function filesOf(project: TestProject): Promise<string[]> {
  return (await project.globTestFiles()).testFiles
}

/** The documents that a project would run, by its own root, `dir` and `exclude`: Vitest looks for them. */
function documentsOf(project: TestProject): Promise<string[]> {
  const { config } = project
  const { exclude, root, dir } = config
  const looking = { exclude, root, dir, include: [documents], includeSource: [], typecheck: { enabled: false } }
  return filesOf(
    Object.create(project, {
      config: { value: looking },
      testFilesList: { value: null, writable: true },
      typecheckFilesList: { value: null, writable: true },
    }),
  )
}
