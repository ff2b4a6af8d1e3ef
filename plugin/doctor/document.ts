import type { ArazzoDocument, Operation, Step } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import { ArazzoError, type Problem } from '../../src/ground/errors.ts'
import { failed, isForeseen } from '../../src/ground/fault.ts'
import { type Suite, suitesOf } from '../../src/load/suites/parts.ts'
import { isForOthers, untestedProblems } from '../../src/load/suites/untested.ts'
import type { Hindrance, WantedOption } from '../../src/report/diagnosis.ts'
import { connectedBy } from '../../src/workflow/channel/connect.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import type { ServerOverride } from '../../src/workflow/server.ts'
import { problemsOf } from '../document-problems.ts'
import { suiteHooksOf } from '../options.ts'
import { isOneTested, neighboursOf } from '../transform/neighbours.ts'
import { credentialHindrances, expects, unsetCredentials } from './credentials.ts'
import { hindranceOf, inputHindrances } from './inputs.ts'
import type { DoctorProject } from './project.ts'
import type { Served } from './served.ts'
import { elsewhere } from './sources.ts'

/** A document that can be read, and what is known of it before anybody is asked. */
export interface ReadDocument {
  document: ArazzoDocument
  suites: readonly Suite[]
}

/** Reads a document as the plugin does; with what keeps it from being run at all. */
export async function readDocument(
  file: string,
  { options, documents, root }: DoctorProject,
): Promise<{ read?: ReadDocument; hindrances: Hindrance[] }> {
  const { sources, severities, inputs } = options
  const { document, problems } = await readArazzo(file, { sources, severities })
  const hooks = suiteHooksOf(options, root)
  const all = document ? [...problems, ...(await problemsOf(document, options, hooks)).problems] : problems
  const hindrances = all.map(problem => withPlace(problem, file))
  if (document === undefined || all.some(({ severity }) => severity === 'error')) return { hindrances }
  const neighbours = await neighboursOf(file, documents, { sources, severities })
  const suites = suitesOf(document, inputs, neighbours, hooks)
  const areOthersTested = isForOthers(suites) && (await isOneTested(file, documents, options, hooks))
  const untested = untestedProblems(document, suites, areOthersTested)
  if (untested.length > 0) return { hindrances: [...hindrances, ...untested.map(hindranceOf)] }
  return { read: { document, suites }, hindrances }
}

/** A file that is not there may be elsewhere. */
function withPlace(problem: Problem, document: string): Hindrance {
  const found = problem.code === 'unreadable-file' ? elsewhere(problem, document) : undefined
  return found === undefined ? hindranceOf(problem) : { ...hindranceOf(problem), hint: found }
}

/** An operation that a step calls. */
export interface CalledOperation {
  source: string
  operation: Operation
  step: Step
}

/** The operations of the workflows that are run, each once for its first step. */
export function calledIn({ suites }: ReadDocument): CalledOperation[] {
  const called = new Map<Operation, CalledOperation>()
  for (const { workflow, options } of suites) {
    if (options.skip === true) continue
    for (const step of workflow.steps) {
      if (step.target.kind !== 'operation' || called.has(step.target.operation)) continue
      called.set(step.target.operation, { ...step.target, step })
    }
  }
  return [...called.values()]
}

/** What stands in the way of a document that can be read. */
export function documentHindrances(
  { document, suites }: ReadDocument,
  project: DoctorProject,
  servers: ServerOverride,
  served: ReadonlyMap<Operation, Served>,
): Hindrance[] {
  const isOpen = (operation: Operation) => {
    const known = served.get(operation)
    return known?.is === 'served' && known.status < 400 && operation.method === 'GET'
  }
  const unset = unsetCredentials(project)
  const plans = unset.length > 0 ? {} : { security: project.options.security }
  return [
    ...suites.flatMap(suite => inputHindrances(document, suite, project)),
    ...unset,
    ...credentialHindrances(document, project, servers, isOpen),
    ...suites.flatMap(({ workflow }) => planHindrances(document, workflow.workflowId, project, { servers, ...plans })),
  ]
}

/** What keeps a workflow from being made ready to run: no base address, and options that do not fit the document. */
function planHindrances(
  document: ArazzoDocument,
  workflowId: string,
  { options }: DoctorProject,
  given: Parameters<typeof compilePlan>[2],
): Hindrance[] {
  try {
    compilePlan(document, workflowId, { ...given, checks: options.checks, connected: connectedBy(options.channels) })
    return []
  } catch (error) {
    if (error instanceof ArazzoError) return error.problems.map(withServer)
    if (!isForeseen(error)) throw error
    return [{ severity: 'error', message: error.message }]
  }
}

function withServer(problem: Problem): Hindrance {
  if (problem.code !== 'no-server') return hindranceOf(problem)
  const option: WantedOption = {
    path: ['servers'],
    code: "'http://127.0.0.1:3000'",
    isKnown: false,
    question: 'Where does the application listen?',
  }
  return { ...hindranceOf(problem), option }
}

/** An operation that the server does not serve, unless its step is about that. */
export function missingHindrance({ operation, step }: CalledOperation, base: string, served: Served): Hindrance[] {
  if (served.is !== 'missing' || expects(step, /\b(40[45]|501)\b/)) return []
  const { method, path } = operation
  const message = failed('find', `${method} ${path} at ${base}`, served.found)
  const hint = 'Correct the path, or the base address (servers); or have it served.'
  return [{ severity: 'error', message, hint, at: step.at }]
}
