import process from 'node:process'
import type { TestProject, Vitest } from 'vitest/node'
import { targetOf } from '../../src/compare/base/default-branch.ts'
import { type EnvironmentFiles, environment as withFiles } from '../../src/ground/environment.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { isHttp } from '../../src/load/plan/addresses.ts'
import { shareOf } from '../coordinator/server.ts'
import type { ArazzoOptions } from '../options.ts'
import { isCi } from '../server/options.ts'
import { type ApplicationPlan, readServers } from '../server/several.ts'
import {
  compareWithItself,
  isWithoutBase,
  onInconclusiveIn,
  type ResolvedCompareOptions,
  readCompareOptions,
} from './options.ts'
import { nameRoom, removeRoom, sweepRooms } from './room.ts'
import { type CompareSettings, causeSettings } from './settings.ts'

/** Base that load tests compare the application with. */
export interface ProvidedComparison {
  /** Whether the environment switches comparisons off. */
  isNone?: boolean
  /** Whether this is the job of a pull request. */
  isProposal?: boolean
  /** Result of undecided budgets by the environment; it holds for absolute budgets too. */
  onInconclusive?: ResolvedCompareOptions['onInconclusive']
  /** How the application is started once more to find the cause of a missed budget; absent if it is not looked for. */
  application?: CompareSettings
  /** The two arguments of `openSides`; absent where there is no base. */
  sides?: readonly [options: ResolvedCompareOptions, settings: CompareSettings]
  /** Folder for comparisons of a build with itself, and their length. */
  calibration?: { folder: string; duration: Milliseconds }
}

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-arazzo:comparison': ProvidedComparison
  }
}

/** Tells the tests of a project what to compare with, and sees to it that nothing of it outlives this Vitest. */
export function provideComparison(project: TestProject, all: ArazzoOptions, files?: EnvironmentFiles): void {
  const { compare, server, servers } = all
  const { root } = project.config
  const calibration = process.env.VITEST_ARAZZO_CALIBRATE
  const options = calibration ? compareWithItself(compare, root) : readCompareOptions(compare, root)
  const isProposal = isCi() && targetOf(process.env) !== undefined
  const isNone = isWithoutBase(process.env)
  const known: ProvidedComparison = { isNone, isProposal, onInconclusive: onInconclusiveIn(process.env) }
  const [started, ...others] = server ? readServers(server, root) : []
  const isAlone = started !== undefined && others.length === 0 && isHttp(started.options.url)
  const isLookedFor = isAlone && all.cause !== false && calibration === undefined
  if (options === undefined && !isLookedFor) return project.provide('vitest-arazzo:comparison', known)
  const room = roomOf(project.vitest)
  const settings: CompareSettings = {
    root,
    room,
    environment: withFiles(files),
    configuration: configurationOf(project),
    ...alone(started, servers),
    cause: causeSettings(all),
    confidential: all,
  }
  const reporters = project.vitest.config.reporters as unknown[]
  if (options !== undefined)
    reporters.push({ onTestRunStart: async () => (await import('./tree.ts')).forgetFailures(room) })
  project.provide('vitest-arazzo:comparison', {
    ...known,
    ...(isLookedFor && { application: settings }),
    ...(options && { sides: [options, settings] }),
    ...(calibration && { calibration: JSON.parse(calibration) }),
  })
}

function configurationOf({ vite, vitest }: TestProject): string[] {
  const files = [vite, vitest.vite].flatMap(({ config }) => [config.configFile, ...config.configFileDependencies])
  return [...new Set(files.filter(file => typeof file === 'string'))]
}

/** An application that has a name, and `servers` in which that stands, as if it had none. */
function alone(
  plan: ApplicationPlan | undefined,
  servers: CompareSettings['servers'],
): Pick<CompareSettings, 'server' | 'servers'> {
  if (plan?.name === undefined) return { server: plan?.options, servers }
  const { name, options } = plan
  const origin = /^https?:\/\/[^/]*/i.exec(options.url)![0]
  const moved = (text: string) =>
    text === name ? origin : text.replaceAll(`{${name}.url}`, origin).replaceAll(`{${name}.port}`, '{port}')
  const each = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, moved(text)]))
  const server = { ...options, command: moved(options.command), env: each(options.env) }
  return { server, servers: typeof servers === 'object' ? each(servers) : servers && moved(servers) }
}

/** The room of a Vitest, however many projects it has: what one of them sets up is there for all. */
function roomOf(vitest: Vitest): string {
  return shareOf(vitest, 'room', () => {
    const room = nameRoom()
    // Not awaited: leftovers of another Vitest do not disturb.
    const swept = sweepRooms()
    vitest.onClose(async () => {
      await swept
      await removeRoom(room)
    })
    return room
  })
}
