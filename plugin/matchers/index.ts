import { expect } from 'vitest'
import {
  exact,
  toHoldPercentile,
  toKeepErrorRateUnder,
  toMeetItsBudgets,
  toPassWorkflow,
  toStayUnderCpu,
  toStayUnderMemory,
} from './to-meet-its-budgets.ts'
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
