import { suggestion } from '../../src/ground/errors.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { Fields, isText } from '../../src/ground/fields.ts'
import { isObject } from '../../src/ground/object.ts'
import { show } from '../../src/ground/show.ts'
import { APPLICATION_NAME, addressFaults, isHttp, namedIn, unknownApplication } from '../../src/load/plan/addresses.ts'
import {
  checkServer,
  type ResolvedServerOptions,
  resolveServer,
  SERVER_KEYS,
  type ServerOptions,
  type ServerWithReady,
  type ServerWithUrl,
} from './options.ts'

interface Dependent {
  /**
   * Names of the applications that have to respond before this one is started; it is ended before they are. One whose
   * address stands in `command` or `env` (`{db.url}`, `{db.port}`) counts without being named here.
   * @default none
   * @example ['db']
   */
  dependsOn?: readonly string[]
}

/** One of several applications. */
interface DependentWithReady extends Dependent, ServerWithReady {}
interface DependentWithUrl extends Dependent, ServerWithUrl {}
export type OneOfServers = DependentWithReady | DependentWithUrl

/** Applications by their names. */
export interface SeveralServers {
  readonly [name: string]: OneOfServers | undefined
  /** A key of a single application cannot be a name. */
  readonly command?: undefined
}

/** An application that is to be started. */
export interface ApplicationPlan {
  /** Absent for the only one, where it is written without a name. */
  name?: string
  options: ResolvedServerOptions
  /** Names of applications that must respond first. */
  dependsOn: readonly string[]
}

/** An application that will be started. */
export interface ExpectedApplication {
  /** Absent for the only one, where it has no name. */
  name?: string
  /** Whether its Node processes report figures. */
  probe: boolean
  /** Whether it speaks HTTP, so that requests may go to it. */
  isHttp: boolean
}

const KEYS_OF_ONE = [...SERVER_KEYS, 'dependsOn']
const FORM_OF_SEVERAL = "Write { api: { command: 'node api.js', url: 'http://127.0.0.1:{port}/', dependsOn: ['db'] } }."

/** Whether `server` is several applications by their names: none of its keys is a key of one application. */
function isByName(server: unknown): server is Record<string, unknown> {
  if (!isObject(server)) return false
  const keys = Object.keys(server)
  return keys.some(key => isObject(server[key])) && !keys.some(key => KEYS_OF_ONE.includes(key))
}

/** The names of the applications in `server`, which may be wrong otherwise; none for one without a name. */
export function applicationNames(server: unknown): string[] {
  return isByName(server) ? Object.keys(server) : []
}

/** The options of each application in `server`, as they are written. */
export function optionsIn(server: ServerOptions | SeveralServers | undefined): readonly ServerOptions[] {
  if (server === undefined) return []
  return isByName(server) ? (Object.values(server) as ServerOptions[]) : [server as ServerOptions]
}

/** Everything that is wrong with `server` as users write it. */
export function checkServers(around: Fields): void {
  const server = around.get('server')
  if (isByName(server)) return checkByName(around.within('server', FORM_OF_SEVERAL)!)
  const fields = around.within('server', Array.isArray(server) ? FORM_OF_SEVERAL : SERVER_FORM)
  if (fields === undefined) return
  const several = fields.keys.filter(key => !SERVER_KEYS.includes(key) && isObject(fields.get(key)))
  const [first] = several
  if (first !== undefined && suggestion(first, SERVER_KEYS) === undefined)
    return fields.fault(
      first,
      'an application with a name does not go with one without',
      `Give each a name: { api: { command, url }, ${first}: { … } }.`,
    )
  checkServer(fields)
}

/** Throws one error that lists everything that is wrong with `server`. */
function assertNoServerFaults({ faults }: Fields): void {
  const problems = faults.map(fault => sentenceOf({ ...fault, thing: `option ${fault.thing}` }))
  if (problems.length === 1) throw new TypeError(problems[0])
  if (problems.length > 1) throw new TypeError([`${problems.length} problems`, ...problems].join('\n\n'))
}

const SERVER_FORM = "Write { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }."

function checkByName(map: Fields): void {
  const all = map.keys.flatMap(name => {
    if (!APPLICATION_NAME.test(name))
      map.fault(name, 'its name is not a letter, and then letters, digits, _ and -', 'Rename it.')
    const fields = map.within(name, SERVER_FORM)
    return fields === undefined ? [] : [[name, fields] as const]
  })
  for (const [, fields] of all) checkOne(fields, map.keys)
  checkCycles(all)
}

function checkOne(fields: Fields, names: readonly string[]): void {
  checkServer(fields, ['dependsOn'])
  for (const [key, text] of textsIn(asWritten(fields)))
    for (const { found, advice } of addressFaults(text, names)) fields.fault(key, found, advice)
  const dependsOn = fields.get('dependsOn') ?? []
  if (!Array.isArray(dependsOn) || !dependsOn.every(isText))
    return fields.fault('dependsOn', `it is ${show(dependsOn)}`, "Write a list of names: ['db'].")
  for (const name of dependsOn)
    if (!names.includes(name)) {
      const { found, advice } = unknownApplication(name, names)
      fields.fault('dependsOn', found, advice)
    }
}

/** Finds applications that wait for one another. */
function checkCycles(all: readonly (readonly [name: string, fields: Fields])[]): void {
  const next = new Map(all.map(([name, fields]) => [name, waitsFor(name, asWritten(fields))]))
  const done = new Set<string>()
  const visit = (name: string, way: readonly string[]): void => {
    const begin = way.indexOf(name)
    if (begin >= 0) {
      const cycle = [...way.slice(begin), name].join(' -> ')
      const [, fields] = all.find(([one]) => one === name)!
      return fields.fault('dependsOn', `applications wait for one another: ${cycle}`, 'Take one of these out.')
    }
    if (done.has(name)) return
    for (const before of next.get(name) ?? []) visit(before, [...way, name])
    done.add(name)
  }
  for (const [name] of all) visit(name, [])
}

const asWritten = (fields: Fields) =>
  Object.fromEntries(['command', 'env', 'ready', 'dependsOn'].map(key => [key, fields.get(key)])) as Written

type Written = Partial<OneOfServers>

/** Texts that may name other applications, by their keys. */
function textsIn({ command, ready, env }: Written): [key: string, text: string][] {
  const ofEnv = Object.entries(isObject(env) ? env : {}).map(([name, text]) => [`env.${name}`, text] as const)
  const all = [['command', command], ['ready', ready], ...ofEnv] as const
  return all.flatMap(([key, text]): [string, string][] => (typeof text === 'string' ? [[key, text]] : []))
}

/** Names of the applications that have to be there before one: those that it names, or whose address it is given. */
function waitsFor(name: string | undefined, server: Written): string[] {
  const { dependsOn } = server
  const named = textsIn(server).flatMap(([, text]) => namedIn(text).filter(other => other !== name))
  return [...new Set([...(Array.isArray(dependsOn) ? dependsOn : []), ...named])]
}

/**
 * Reads `server`: one application or several, in an order in which each comes after those that it depends on. Throws
 * one error that lists everything that is wrong with it.
 */
export function readServers(server: unknown, root = process.cwd()): ApplicationPlan[] {
  const around = new Fields({ server: server ?? null }, '')
  checkServers(around)
  assertNoServerFaults(around)
  if (!isByName(server)) return [{ options: resolveServer(server as ServerOptions, root), dependsOn: [] }]
  const plans = Object.entries(server as Record<string, OneOfServers>).map(
    ([name, one]): ApplicationPlan => ({ name, options: resolveServer(one, root), dependsOn: waitsFor(name, one) }),
  )
  return inOrder(plans)
}

/** Applications that tests can expect before they run. */
export function expectedOf(server: unknown): ExpectedApplication[] {
  return readServers(server).map(
    ({ name, options: { probe, url } }): ExpectedApplication => ({ name, probe, isHttp: isHttp(url) }),
  )
}

function inOrder(plans: readonly ApplicationPlan[]): ApplicationPlan[] {
  const ordered = new Set<ApplicationPlan>()
  const add = (plan: ApplicationPlan): void => {
    for (const name of plan.dependsOn) add(plans.find(other => other.name === name)!)
    ordered.add(plan)
  }
  for (const plan of plans) add(plan)
  return [...ordered]
}
