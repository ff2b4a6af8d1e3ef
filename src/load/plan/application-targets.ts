import type { TargetFacts } from '../../budget/read.ts'
import { Fields, type OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import type { ProcessTarget } from '../../measure/target.ts'
import { addressFaults, isHttp, type Place, unknownApplication, withAddresses } from './addresses.ts'
import type { LoadOptions } from './options.ts'

/** An application that the plugin starts, as a target. */
export interface StartedApplication extends Place {
  /** Its process; absent where that is not known, or not yet. */
  process?: ProcessTarget
  /** Whether its Node processes report figures. */
  node: boolean
}

/** Stands for the address of an application until it runs. */
export const ANY_ORIGIN = 'http://127.0.0.1:1'
/** Stands for that of one that does not speak HTTP. */
export const ANY_TCP = 'tcp://127.0.0.1:1'

/** Targets in which applications were named. */
interface ChosenTargets {
  /** With processes in the place of names, as far as they are known; what is wrong otherwise stays as it is. */
  options: { target: LoadOptions['target']; targets: LoadOptions['targets'] }
  /** Facts of the applications among them. */
  facts: { target: false | TargetFacts; targets: Record<string, TargetFacts> }
  faults: OptionFault[]
}

/**
 * Puts applications in the place of their names, and their addresses into those of endpoints. The target is the only
 * application, or the only one that speaks HTTP, unless another is said. Of several, each is a target by its name, but
 * for the one that is the target.
 */
export function chooseTargets(
  { target, targets }: { target?: unknown; targets?: unknown },
  applications: readonly StartedApplication[],
): ChosenTargets {
  const fields = new Fields({ target, targets }, '')
  const main = target === undefined ? onlyOf(applications) : choose(fields, 'target', applications)
  const chosen: ChosenTargets = {
    options: { target: optionOf(main) as LoadOptions['target'], targets: targets as LoadOptions['targets'] },
    facts: { target: isApplication(main) ? factsOf(main) : false, targets: {} },
    faults: fields.faults,
  }
  if (targets !== undefined && !isObject(targets)) return chosen
  const written = fields.part('targets', targets ?? {})
  const isFree = (one: StartedApplication) => one !== main && !written.has(one.name!)
  const all = new Map([
    ...written.keys.map(name => [name, choose(written, name, applications)] as const),
    ...(applications.length > 1 ? applications.filter(isFree) : []).map(one => [one.name!, one] as const),
  ])
  for (const [name, one] of all) if (isApplication(one)) chosen.facts.targets[name] = factsOf(one)
  const known = [...all].flatMap(([name, one]) => (optionOf(one) === undefined ? [] : [[name, optionOf(one)] as const]))
  if (all.size > 0) chosen.options.targets = Object.fromEntries(known) as LoadOptions['targets']
  return chosen
}

/** The application, if the target names one; else the target as written, with addresses in that of an endpoint. */
function choose(fields: Fields, key: string, applications: readonly StartedApplication[]): unknown {
  const target = fields.get(key)
  const names = applications.flatMap(({ name }) => name ?? [])
  if (typeof target === 'string') {
    const found = applications.find(({ name }) => name === target)
    if (found !== undefined) return found
    const wrong = unknownApplication(target, names)
    return fields.fault(key, wrong.found, wrong.advice)
  }
  // Other faults stay as they are.
  const url = isObject(target) ? target.prometheus : undefined
  if (typeof url !== 'string') return target
  const [first, second] = names
  if (second !== undefined && url.includes('{port}'))
    fields.fault(`${key}.prometheus`, 'several applications have a port', `Write which: {${first}.port}.`)
  if (first !== undefined)
    for (const { found, advice } of addressFaults(url, names)) fields.fault(`${key}.prometheus`, found, advice)
  return { ...(target as object), prometheus: withAddresses(url, applications) }
}

function onlyOf(applications: readonly StartedApplication[]): StartedApplication | undefined {
  const http = applications.filter(({ origin }) => isHttp(origin))
  return [http, applications].find(({ length }) => length === 1)?.[0]
}

const isApplication = (one: unknown): one is StartedApplication => isObject(one) && 'origin' in one && 'node' in one

const optionOf = (one: unknown): unknown => (isApplication(one) ? one.process : one)

const factsOf = ({ node }: StartedApplication): TargetFacts => ({ kind: 'process', node, series: [] })
