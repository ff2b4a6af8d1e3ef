import { relative } from 'node:path'
import process from 'node:process'
import type { TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { testNameOf } from '../../src/budget/bound.ts'
import type { RelativeBudget } from '../../src/budget/relative.ts'
import type { Comparison } from '../../src/compare/comparison.ts'
import { comparedVerdict } from '../../src/compare/markdown.ts'
import { suggestion } from '../../src/ground/errors.ts'
import { grouped } from '../../src/ground/group.ts'
import type { Budget, LoadReport } from '../../src/measure/report.ts'
import type { History } from '../../src/report/history.ts'
import { verdictOf } from '../../src/report/overall.ts'
import { isOfJob, SETUP_VARIABLE } from '../compare/options.ts'
import { NOT_COMPARED, UNDECIDED } from '../runtime/notes.ts'
import { groupsOf, isLeftOpen, isOfLoad, nameOf, type obstaclesOf } from './tests-of-load.ts'

type Obstacle = ReturnType<typeof obstaclesOf>[number]
type Group = ReturnType<typeof groupsOf>[number]

export const STATES = ['failed', 'undecided', 'passed'] as const

export type RunState = (typeof STATES)[number]

/** Load test of a Vitest run, for summaries. */
export interface RunTest {
  /** Its own name; with its project and its file where others of the run have the same. */
  name: string
  state: RunState
  report?: LoadReport
  history?: History
  comparison?: Comparison
  /** When it was compared. */
  at?: string
  /** Path of its page, from the folder in which Vitest runs. */
  page?: string
  /** Messages of failures of which neither a report nor a comparison tells. */
  errors: string[]
  /** Comparisons that were not made, with reasons. */
  notCompared: string[]
  /** Why its comparison passes without one. */
  unaffected?: string
  /** How it is run again. */
  again: Again
}

/** How one load test is run by itself. */
interface Again {
  /** Path from the folder in which Vitest runs. */
  file: string
  name: string
  /** Whether the environment names the base, as in a job that finds it. */
  isBaseOfJob: boolean
  /** Whether the configuration says how base is made ready, and the environment does not. */
  hasSetup?: boolean
}

/** Result of a Vitest run for load tests. Plain data. */
export interface LoadRun {
  state: RunState
  tests: RunTest[]
  /** Problems outside of tests: files that could not run, uncaught errors. */
  problems: string[]
  isInterrupted: boolean
  /** Faults of trailers that accept changes. */
  remarks: string[]
  /** Whether what is undecided fails no test. */
  isNeutral: boolean
  /** `1/2`, where it is a part of all tests. */
  shard?: string
}

/** The end of a run, as Vitest tells reporters. */
interface RunEnd {
  vitest: Pick<Vitest, 'config'>
  modules: readonly TestModule[]
  errors: readonly { message: string }[]
  reason: string
  /** Obstacles of projects. */
  obstacles: readonly Obstacle[]
  /** Takes secrets out of a text. */
  mask: (text: string) => string
}

/** Load tests that ran; undefined if none ran and there is no obstacle. */
export function loadRunOf({ vitest, modules, errors, reason, obstacles, mask }: RunEnd): LoadRun | undefined {
  const groups = groupsOf(modules).filter(group => group.some(wasRun))
  const broken = modules.flatMap(brokenIn)
  if (groups.length === 0 && obstacles.length === 0 && !broken.some(holdsLoad)) return undefined
  const tests = groups.map(group => runTestOf(group, { mask, obstacles }))
  const ofHooks = broken.flatMap(part => part.errors().map(({ message }) => `${placeOf(part)}: ${message}`))
  const problems = [...obstacles.map(({ whole }) => whole), ...ofHooks, ...errors.map(({ message }) => message)].map(
    mask,
  )
  const isInterrupted = reason === 'interrupted'
  const { shard } = vitest.config
  return {
    state: worst([
      ...tests.map(({ state }) => state),
      ...problems.map(() => 'failed' as const),
      isInterrupted ? 'undecided' : 'passed',
    ]),
    tests: withNamesOfTheirOwn(tests, groups),
    problems,
    isInterrupted,
    remarks: strangersIn(tests, new Set(groupsOf(modules).map(([test]) => nameOf(test)))),
    isNeutral: tests.some(({ state }) => state === 'undecided') && groups.flat().every(test => !isUndecided(test)),
    shard: shard && `${shard.index}/${shard.count}`,
  }
}

/** Trailers that name no load test, once each: other load tests may be there that were not run. */
function strangersIn(tests: readonly RunTest[], names: ReadonlySet<string>): string[] {
  const all = tests.flatMap(({ comparison }) => comparison?.acceptedElsewhere ?? [])
  const remarks = all.flatMap(({ commit, text, test }) => {
    const what = `Load-Accept of ${commit}, "${text}"`
    if (test === undefined) return [`${what}: it is not the name of a load test, a budget and a bound such as +12%`]
    if (names.has(test)) return []
    const guess = suggestion(test, names)
    return [`${what}: there is no load test "${test}"${guess === undefined ? '' : `. ${guess}`}`]
  })
  return [...new Set(remarks)]
}

type Part = TestModule | TestSuite

/** A file and its suites, if they failed outside of their tests: by hooks, for which Vitest skips the tests. */
function brokenIn(module: TestModule): Part[] {
  return [module, ...module.children.allSuites()].filter(part => part.errors().length > 0)
}

const holdsLoad = (part: Part) => [...part.children.allTests()].some(isOfLoad)

function placeOf(part: Part): string {
  return part.type === 'module' ? part.relativeModuleId : `${part.module.relativeModuleId} > ${part.fullName}`
}

/** Load tests that ran, each with its tests. */
export const runTestsOf = (modules: readonly TestModule[], how: Pick<RunEnd, 'mask' | 'obstacles'>): RunTest[] =>
  groupsOf(modules)
    .filter(group => group.some(wasRun))
    .map(group => runTestOf(group, how))

const wasRun = (test: TestCase) => ['passed', 'failed'].includes(test.result().state) || isLeftOpen(test)

function runTestOf(tests: Group, { mask, obstacles }: Pick<RunEnd, 'mask' | 'obstacles'>): RunTest {
  const metas = tests.map(test => test.meta())
  // Its histograms were left behind, and no summary has a use for them.
  const report = metas.find(({ load }) => load)?.load as LoadReport | undefined
  const { comparison, at } = metas.find(({ comparison }) => comparison)?.comparison ?? {}
  const { html, history } = metas.find(({ loadFiles }) => loadFiles)?.loadFiles ?? {}
  const ofComparison = metas.find(({ budget }) => budget?.report)?.budget?.report
  const unreportedObstacles = tests.filter(test => !isTold(test, report, comparison))
  return {
    name: nameOf(tests[0]),
    state: worst([
      ...tests.map(stateOf),
      report ? OF_TONES[verdictOf(report).tone] : 'passed',
      ...statesOf(comparison),
    ]),
    report,
    history,
    comparison,
    at,
    page: html === undefined ? ofComparison : relative(process.cwd(), html),
    errors: messagesOf(unreportedObstacles, obstacles).map(mask),
    notCompared: tests.flatMap(test => {
      const result = test.result()
      const note = result.state === 'skipped' ? result.note?.replace(UNDECIDED, '') : undefined
      return note?.startsWith(NOT_COMPARED) ? [`${test.name}: ${note}`] : []
    }),
    unaffected: metas.find(({ unaffected }) => unaffected)?.unaffected,
    again: againOf(tests[0]),
  }
}

function againOf(test: TestCase): Again {
  const { module, project } = test
  const [options] = project.getProvidedContext()['vitest-arazzo:comparison']?.sides ?? []
  const base = options?.base
  return {
    file: relative(process.cwd(), module.moduleId).replaceAll('\\', '/'),
    name: nameOf(test),
    isBaseOfJob: base !== undefined && isOfJob(base),
    hasSetup: base?.from === 'git' && base.setup !== undefined && !process.env[SETUP_VARIABLE],
  }
}

/** Whether a test fails because its run has decided nothing. */
function isUndecided(test: TestCase): boolean {
  const result = test.result()
  return result.state === 'failed' && result.errors.every(({ name }) => name === 'InconclusiveError')
}

function stateOf(test: TestCase): RunState {
  const result = test.result()
  if (isLeftOpen(test)) return 'undecided'
  if (result.state !== 'failed') return 'passed'
  return isUndecided(test) ? 'undecided' : 'failed'
}

const OF_TONES = { fail: 'failed', unsure: 'undecided', pass: 'passed', none: 'passed' } as const
const OF_VERDICTS = { fail: 'failed', inconclusive: 'undecided', pass: 'passed' } as const

const statesOf = (comparison: Comparison | undefined): RunState[] =>
  comparison === undefined ? [] : [OF_VERDICTS[comparedVerdict(comparison)]]

/** Whether a report or a comparison says of a test what its failure would. */
function isTold(test: TestCase, report?: LoadReport, comparison?: Comparison): boolean {
  const result = test.result()
  if (result.state !== 'failed') return true
  const isOf = (budget: Budget | RelativeBudget) => testNameOf(budget) === test.name
  const missed = report?.verdicts.filter(({ verdict }) => verdict !== 'pass').map(({ budget }) => budget)
  if (report?.budgets?.some(budget => missed!.includes(budget.key) && isOf(budget))) return true
  if (comparison?.budgets.some(({ budget, verdict }) => verdict !== 'pass' && isOf(budget))) return true
  return report !== undefined && result.errors.every(({ name }) => name === 'LoadError' || name === 'InconclusiveError')
}

/** Each once, with the tests that have it; without those of the run as a whole. */
function messagesOf(tests: readonly TestCase[], obstacles: readonly Obstacle[]): string[] {
  const all = tests.flatMap(test => (test.result().errors ?? []).map(({ message }) => ({ name: test.name, message })))
  const own = all.filter(({ message }) => !obstacles.some(obstacle => obstacle.message === message))
  const groups = grouped(own, ({ message }) => message)
  return [...groups].map(([message, some]) => `${some.map(({ name }) => name).join(', ')}: ${message}`)
}

function worst(states: readonly RunState[]): RunState {
  return (['failed', 'undecided'] as const).find(state => states.includes(state)) ?? 'passed'
}

/** Load tests of the same name are distinguished by project and file. */
function withNamesOfTheirOwn(tests: readonly RunTest[], groups: readonly Group[]): RunTest[] {
  const count = (name: string) => tests.filter(test => test.name === name).length
  return tests.map((test, index) => {
    if (count(test.name) === 1) return test
    const { module, project } = groups[index]![0]
    const where = [project.name, module.relativeModuleId].filter(Boolean).join(', ')
    return { ...test, name: `${test.name} (${where})` }
  })
}
