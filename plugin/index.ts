import type {} from './matchers/types.ts'

export type * from '../src/index.ts'
export { ArazzoError, percentileOf } from '../src/index.ts'
export { type LoadTest, type LoadTestOptions, loadTest } from './load-test.ts'
export { readArazzo, runLoad, runWorkflow } from './run.ts'
