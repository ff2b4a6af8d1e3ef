import { CapacityModel } from '../capacity/model.ts'
import { AdaptiveModel } from '../limit/adaptive-model.ts'
import { ClosedModel } from '../pace/closed-model.ts'
import type { Model, ModelHost } from '../pace/model.ts'
import { OpenModel } from '../pace/open-model.ts'
import type { ExecutorOptions } from './executor-options.ts'

export function modelOf(host: ModelHost, { plan, requestsPerRun, limit, search }: ExecutorOptions): Model {
  if (plan.kind === 'capacity') {
    if (search === undefined) throw new TypeError('Failed to run a capacity plan: it has no schedule.')
    return new CapacityModel(host, plan, search, requestsPerRun)
  }
  if (plan.model === 'open') return OpenModel.of(host, plan, requestsPerRun)
  if (plan.kind !== 'adaptive') return new ClosedModel(host, plan)
  if (limit === undefined) throw new TypeError('Failed to run an adaptive plan: it has no limit.')
  return new AdaptiveModel(host, limit)
}
