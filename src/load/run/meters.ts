import type { Budget } from '../../budget/budget.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { withDefaults } from '../../http/authority.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import { MachineWatch } from '../../measure/machine-watch.ts'
import type { TargetChange } from '../../measure/process-changes.ts'
import type { Interval, LoadReport, ResourceUsage } from '../../measure/report.ts'
import { createSelfProbe, type Metered, type Probe, ResourceMeter } from '../../measure/resources.ts'
import type { TargetOptions, Targets } from '../../measure/target.ts'
import { createTargetProbe } from '../../measure/target-probe.ts'

/** Resources used in the measured window, and other observations of the targets. */
export type Usage = Awaited<ReturnType<Meters['stop']>>

export type Meters = Awaited<ReturnType<typeof openMeters>>

/**
 * Watches the application, other targets, the generator, and the machine. Rejects if a target cannot be read that a
 * budget needs.
 */
export async function openMeters(
  { target, targets }: Targets,
  budgets: readonly Pick<Budget, 'of' | 'target'>[],
  ca?: string,
) {
  const trusted = ca && withDefaults(ca)
  const machine = new MachineWatch()
  const meterOf = (probe: Probe): ResourceMeter => new ResourceMeter(probe, undefined, () => meters.requests())
  const generator = meterOf(createSelfProbe())
  const application = target && meterOf(probeOf(target, trusted))
  const named = Object.entries(targets).map(([name, of]) => ({ name, meter: meterOf(probeOf(of, trusted)) }))
  const all = [...(application ? [{ name: undefined, meter: application }] : []), ...named]

  const byName = <T>(of: (meter: ResourceMeter) => T | undefined): Record<string, T> | undefined => {
    const found = named.flatMap(({ name, meter }) => {
      const value = of(meter)
      return value === undefined ? [] : [[name, value] as const]
    })
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }
  const stopAll = async () => {
    const health = machine.stop()
    const read = new Map<ResourceMeter, Metered>()
    await Promise.all(
      [generator, ...all.map(({ meter }) => meter)].map(async meter => read.set(meter, await meter.stop())),
    )
    const usage = (meter: ResourceMeter) => read.get(meter)!.usage ?? meter.unseen()
    // Processes of the application and of named targets that ended.
    const changed = all.flatMap(({ name, meter }): (TargetChange & { target?: string })[] => {
      const { changed } = read.get(meter)!
      return changed ? [{ ...changed, target: name }] : []
    })
    const own = application && usage(application)
    return { generator: usage(generator), target: own, targets: byName(usage), changed, machine: health }
  }
  let usage: ReturnType<typeof stopAll> | undefined

  const meters = {
    /** How many requests have got a response so far. */
    requests: () => 0,
    /** Targets that could not be read when the run began, and that no budget needs. */
    unread: [] as string[],
    /** The measured window begins. */
    mark(): void {
      for (const meter of [generator, ...all.map(({ meter }) => meter)]) void meter.mark()
      machine.mark()
    },
    /** The measured window ends; asked again it returns the same. */
    stop(): ReturnType<typeof stopAll> {
      if (usage === undefined) {
        usage = stopAll()
        usage.catch(() => {}) // the report, which reads it last, rejects
      }
      return usage
    },
    /** Current usage of the application and other targets. */
    latest: (): Pick<Interval, 'target' | 'targets'> => ({
      target: application?.latest(),
      targets: byName(meter => meter.latest()),
    }),
    latestOfGenerator: (): Interval['target'] => generator.latest(),
    /** Usage in the measured window so far. */
    soFar: (): { generator?: ResourceUsage } & Pick<LoadReport, 'target' | 'targets'> => ({
      generator: generator.soFar(),
      target: application?.soFar(),
      targets: byName(meter => meter.soFar()),
    }),
  }
  await Promise.all([generator, ...all.map(({ meter }) => meter)].map(meter => meter.start()))
  const seen = await Promise.all(all.map(async ({ name, meter }) => ({ name, error: (await meter.read()).error })))
  for (const { name, error } of seen) {
    if (error === undefined) continue
    if (budgets.some(budget => budget.of === 'target' && budget.target === name)) {
      await meters.stop()
      throw error
    }
    meters.unread.push(`${error.message} No budget needs it, so that the run went on.`)
  }
  return meters
}

/** Measures in the window of a plan that begins so much later; returns how to call that off. */
export function measureIn(
  { from, to }: { from: Milliseconds; to: Milliseconds },
  wait: Milliseconds,
  meters: Meters,
  clock: Clock = realClock,
): () => void {
  const begin = clock.after(Math.max(0, wait + from), () => meters.mark())
  const end = clock.after(Math.max(0, wait + to), () => void meters.stop())
  return () => {
    begin()
    end()
  }
}

/** A target that cannot be looked at at all fails in its first look, as others do. */
function probeOf(target: TargetOptions, ca: string | undefined): Probe {
  try {
    return createTargetProbe(target, ca)
  } catch (error) {
    return { subject: 'the target', sample: () => Promise.reject(error) }
  }
}
