import type { Budget } from '../../budget/budget.ts'
import { verdictFor } from '../../budget/judge.ts'
import { measured } from '../../budget/measured.ts'
import { assertNoFaults, fieldsOf, keysOf } from '../../ground/fields.ts'
import type { Bytes, Milliseconds, Share } from '../../ground/units.ts'
import type { AnswerGroup, LoadReport, RoundTrips, Verdict } from '../../measure/report.ts'
import type { Naming } from './registry.ts'

/** Data of metrics: a run at a moment, or after its end. */
export interface RunFigures {
  workflow: string
  /** How it ended, once it has. */
  state?: LoadReport['state']
  /** Milliseconds since the epoch. */
  startedAt: Milliseconds
  responses: readonly AnswerGroup[]
  /** Response times of iterations. */
  iterationTimes: LoadReport['iterationTimes']
  /** Iterations of the whole run. */
  arrivals: LoadReport['arrivals']
  /** Virtual users allowed. */
  limit: number
  /** Usage of targets by name. */
  targets: Readonly<Record<string, Used>>
  generator?: Used & { eventLoopUtilization?: Share }
  /** Hosts that run the load together; absent where it runs in one process. */
  hosts?: readonly { host: string; started: number; isLost: boolean }[] | undefined
  budgets: readonly { budget: Budget; value?: number; verdict?: Verdict['verdict'] }[]
}

/** Usage at the moment; of a run that has ended: the most memory, and the mean CPU, of the measured window. */
interface Used {
  memory?: Bytes
  /** Share of one core. */
  cpu?: Share
  /** Round trips to other services; of a run that has ended only. */
  roundTrips?: RoundTrips | undefined
}

/** Name of the application among targets. */
export const APPLICATION = 'application'

export function figuresOf(report: LoadReport, budgets: readonly Budget[] = report.budgets): RunFigures {
  const { state, target, targets = {}, generator, series, verdicts } = report
  const used = ({ memoryPeak, cpu, node, missing }: NonNullable<LoadReport['target']>): Used => ({
    memory: missing?.memory ? undefined : memoryPeak,
    cpu: missing?.cpu ? undefined : cpu,
    roundTrips: node?.roundTrips,
  })
  const limit = series.at(-1)?.limit ?? report.maxVus
  return {
    workflow: report.workflow.workflowId,
    state,
    startedAt: Date.parse(report.startedAt),
    responses: report.answers,
    iterationTimes: report.iterationTimes,
    arrivals: report.arrivals,
    limit,
    targets: Object.fromEntries(
      Object.entries({ ...(target && { [APPLICATION]: target }), ...targets })
        .filter(([, { samples }]) => samples > 0)
        .map(([name, usage]) => [name, used(usage)]),
    ),
    ...(generator.samples > 0 && {
      generator: { ...used(generator), eventLoopUtilization: generator.eventLoopUtilization },
    }),
    hosts: report.hosts?.map(({ host, started, lostAt }) => ({ host, started, isLost: lostAt !== undefined })),
    budgets: budgets.map(budget => {
      const verdict = verdictFor(budget, verdicts)
      if (verdict === undefined) return { budget }
      const { value } = measured(report, budget)
      return { budget, verdict: verdict.verdict, value }
    }),
  }
}

interface RenderMetricsOptions extends Naming {
  /** Budgets to show. Default: those of the run. */
  budgets?: readonly Budget[]
}

const KEYS = keysOf<RenderMetricsOptions>({ budgets: true, prefix: true, labels: true, commit: true })

/**
 * A run as metrics, in the text format of Prometheus: what the page for scrapes would have shown at its end.
 * Throws a TypeError for options that there are not.
 */
export async function renderMetrics(report: LoadReport, options: RenderMetricsOptions = {}): Promise<string> {
  const fields = fieldsOf(options, "Write an object: { prefix: 'load_' }.")
  fields.checkKeys(KEYS)
  assertNoFaults(fields.faults)
  const { budgets, ...naming } = options
  const { expose, textOf } = await import('./registry.ts')
  return textOf(expose(figuresOf(report, budgets), naming))
}
