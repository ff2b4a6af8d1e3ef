import { expect } from 'vitest'
import { exact } from './exact.ts'
import { toHoldPercentile } from './to-hold-percentile.ts'
import { toKeepErrorRateUnder } from './to-keep-error-rate-under.ts'
import { toMeetItsBudgets } from './to-meet-its-budgets.ts'
import { toPassWorkflow } from './to-pass-workflow.ts'
import { toStayUnderCpu } from './to-stay-under-cpu.ts'
import { toStayUnderMemory } from './to-stay-under-memory.ts'
import { toSustain } from './to-sustain.ts'
import { toSustainRps } from './to-sustain-rps.ts'

export type { SustainOptions } from './to-sustain.ts'
export type { ArazzoMatchers } from './types.ts'

expect.extend(
  exact({
    toSustain,
    toSustainRps,
    toHoldPercentile,
    toStayUnderMemory,
    toStayUnderCpu,
    toKeepErrorRateUnder,
    toMeetItsBudgets,
    toPassWorkflow,
  }),
)
