export type { Bound, Bounded, Budget, BudgetRule, Budgets, LatencyBudgets } from './budget/budget.ts'
export type { ArazzoDocument, ReadOptions, Step, Workflow } from './document/model.ts'
export { readArazzo } from './document/read.ts'
export { ArazzoError, type Location, type Problem, type ProblemCode } from './ground/errors.ts'
export type { Bytes, Milliseconds, PerSecond, Share } from './ground/units.ts'
export { runLoad } from './hosts/run.ts'
export type { FailureCause } from './http/transport.ts'
export type { ConnectionOptions } from './http/transport-options.ts'
export { type Application, application } from './load/applications.ts'
export type { InputFeed, InputFunction, InputRow, InputSource, RunContext, StaticInputs } from './load/feed/source.ts'
export { renderMetrics } from './load/metrics/figures.ts'
export type { Hook, HookContext, HookFunction, Setup, Setups, Teardown, Teardowns } from './load/plan/hooks.ts'
export type { LoadOptions, Progress } from './load/plan/options.ts'
export { percentileOf } from './measure/histogram.ts'
export type {
  AnswerGroup,
  Doubt,
  ErrorGroup,
  Growth,
  HookFigures,
  Interval,
  LatencySummary,
  LoadReport,
  NodeUsage,
  ResourceUsage,
  SeriesUsage,
  StepStatistics,
  Verdict,
  WindowFigure,
} from './measure/report.ts'
export type { LoadShape } from './measure/shape.ts'
export type { ProcessTarget, PrometheusTarget, TargetOptions } from './measure/target.ts'
export { type NamedReport, renderHtmlReport } from './report/html/page.ts'
export { renderLoadReport } from './report/table.ts'
export { renderWorkflowReport } from './report/workflow.ts'
export {
  createMemoryChannels,
  type MemoryChannels,
  type MemoryChannelsOptions,
} from './workflow/channel/memory.ts'
export type {
  ChannelConnection,
  ChannelContext,
  ChannelMessage,
  ChannelsOption,
  ChannelTransport,
  ChannelUse,
  ExpectedMessage,
  ReceivedMessage,
} from './workflow/channel/transport.ts'
export type { CheckMode } from './workflow/checks/check-rule.ts'
export { type RunOptions, runWorkflow, type WorkflowRef } from './workflow/functional.ts'
export type {
  Check,
  Delivery,
  Exchange,
  HttpRequest,
  HttpResponse,
  Next,
  StepOutcome,
  StepRun,
  WorkflowReport,
} from './workflow/outcome.ts'
export type { Credentials, Secret, SecurityOptions } from './workflow/security/options.ts'
