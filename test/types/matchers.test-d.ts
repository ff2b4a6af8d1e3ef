// Compiled by `npm run check`, never run: it fails there when a line below has other types than it says.

import { expect, expectTypeOf } from 'vitest'
import '../../plugin/matchers/index.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { WorkflowReport } from '../../src/workflow/outcome.ts'

declare const report: LoadReport
declare const workflow: WorkflowReport

// As assertions, negated, soft, and on promises.
expectTypeOf(expect(report).toSustainRps(1_000)).toEqualTypeOf<void>()
expectTypeOf(expect(report).toSustain('5000 rps')).toEqualTypeOf<void>()
expectTypeOf(expect('a.yaml#b').not.toSustain(5_000, { latency: 'p99 < 100ms' })).toEqualTypeOf<Promise<void>>()
expectTypeOf(expect(report).toHoldPercentile(99.9, '< 80ms')).toEqualTypeOf<void>()
expectTypeOf(expect(report.steps.search).not.toHoldPercentile(99, 80)).toEqualTypeOf<void>()
expectTypeOf(expect(report.target).toStayUnderMemory('200MB')).toEqualTypeOf<void>()
expectTypeOf(expect(report.generator).toStayUnderCpu('70% of machine')).toEqualTypeOf<void>()
expectTypeOf(expect.soft(report).toKeepErrorRateUnder('0.1%')).toEqualTypeOf<void>()
expectTypeOf(expect(report).toMeetItsBudgets()).toEqualTypeOf<void>()
expectTypeOf(expect(workflow).toPassWorkflow()).toEqualTypeOf<void>()
expectTypeOf(expect(Promise.resolve(report)).resolves.toSustainRps('1000/s')).toEqualTypeOf<Promise<void>>()
expectTypeOf(expect.poll(() => report).toMeetItsBudgets()).toEqualTypeOf<Promise<void>>()

// As asymmetric matchers.
expect({ report }).toEqual({ report: expect.toSustainRps(1_000) })
expect({ report }).toEqual({ report: expect.not.toHoldPercentile(99, '80ms') })

// @ts-expect-error a rate is missing
expect(report).toSustainRps()
// @ts-expect-error a latency is missing
expect('a.yaml#b').toSustain(5_000, { errorRate: '1%' })
// @ts-expect-error a percentile is a number
expect(report).toHoldPercentile('p99', '80ms')
// @ts-expect-error a bound is missing
expect(report).toHoldPercentile(99)
// @ts-expect-error a bound is a number or text
expect(report.target).toStayUnderMemory({ mb: 200 })
// @ts-expect-error its budgets are those of the run
expect(report).toMeetItsBudgets({ p99: '100ms' })
// @ts-expect-error there is no such matcher
expect(report).toBeFast()
