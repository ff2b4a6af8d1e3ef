import { expect } from 'vitest'
import { exact } from './exact.ts'
import { toHoldPercentile, toKeepErrorRateUnder } from './to-hold-percentile.ts'
import { toMeetItsBudgets } from './to-meet-its-budgets.ts'
import { toPassWorkflow } from './to-pass-workflow.ts'
import { toStayUnderCpu, toStayUnderMemory } from './to-stay-under-cpu.ts'
import { toSustain, toSustainRps } from './to-sustain.ts'

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
