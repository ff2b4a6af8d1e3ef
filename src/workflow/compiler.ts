import type {
  Action,
  ArazzoDocument,
  Criterion as DocumentCriterion,
  Operation,
  Output,
  Parameter,
  Source,
  Step,
  Workflow,
  WorkflowReference,
} from '../document/model.ts'
import type { Template } from '../expression/ast.ts'
import {
  compileCriterion,
  compileTemplate,
  expressionsIn,
  type Pointer,
  pointerTo,
  type Reads,
  readsOf,
} from '../expression/index.ts'
import type { Location, Problem } from '../ground/errors.ts'
import type { Milliseconds } from '../ground/units.ts'
import { selectPointers } from '../http/select/index.ts'
import { compileChannel } from './channel/plan.ts'
import type { ChannelUse } from './channel/transport.ts'
import { OperationChecks } from './checks/operation-checks.ts'
import { CheckCost, StepChecks } from './checks/step-checks.ts'
import { compileEvents } from './events/watch.ts'
import { findWorkflow, stepKey } from './find.ts'
import { executionOrder, planParallel } from './parallel.ts'
import { arazzoOf, requestTimeoutOf } from './patience.ts'
import type { ActionPlan, CriterionPlan, OutputPlan, PlanOptions, StepPlan, WorkflowPlan } from './plan.ts'
import { FileRules } from './request/file-reference.ts'
import { compileRequest } from './request/request.ts'
import { SecurityPlanner } from './security/planner.ts'
import { baseOf, type NoBase } from './server.ts'

type ChannelTarget = Extract<Step['target'], { kind: 'channel' }>

/** Compiles workflows, each once, and collects what the whole of them needs. */
export class Compiler {
  readonly names: StepName[] = []
  readonly origins = new Set<string>()
  readonly channels: ChannelUse[] = []
  readonly problems: Problem[] = []
  readonly security: SecurityPlanner
  readonly files = new FileRules()
  keepsBodies = false
  readonly #root: Workflow
  readonly #options: PlanOptions
  readonly #requestTimeout: Milliseconds
  readonly #checks = new Map<Operation, OperationChecks>()
  readonly #cost = new CheckCost()
  readonly #known = new Map<Workflow, WorkflowPlan>()
  readonly #reads = new Map<StepPlan, Reads>()
  readonly #complained = new Set<string>()

  constructor(root: Workflow, options: PlanOptions) {
    this.#root = root
    this.#options = options
    this.#requestTimeout = requestTimeoutOf(options)
    this.security = new SecurityPlanner(options.security ?? {})
  }

  /** Registered before its steps are compiled: workflows may refer to one another in circles. */
  workflow(document: ArazzoDocument, workflow: Workflow): WorkflowPlan {
    const known = this.#known.get(workflow)
    if (known) return known
    const plan: WorkflowPlan = {
      workflow,
      document,
      steps: [],
      byId: new Map(),
      noOutputs: [],
      outputs: workflow.outputs.map(compileOutput),
      dependencies: [],
    }
    this.#known.set(workflow, plan)
    for (const step of executionOrder(workflow)) {
      const compiled = this.#step(plan, step)
      plan.steps.push(compiled)
      plan.noOutputs.push(undefined)
      plan.byId.set(step.stepId, compiled)
    }
    for (const reference of workflow.dependsOn) {
      const dependency = this.#reference(document, reference)
      for (const first of [...dependency.dependencies, dependency]) {
        if (!plan.dependencies.includes(first)) plan.dependencies.push(first)
      }
    }
    return plan
  }

  #reference(document: ArazzoDocument, { source, workflowId }: WorkflowReference): WorkflowPlan {
    const home = (source !== undefined && arazzoOf(document, source)) || document
    return this.workflow(home, findWorkflow(home, workflowId))
  }

  #step(plan: WorkflowPlan, step: Step): StepPlan {
    const { workflow, document } = plan
    const parameters = mergeParameters(workflow.parameters, step.parameters, step.target)
    const onSuccess = this.#actions(document, workflow.successActions, step.onSuccess)
    const ofSuccess = onSuccess.flatMap(({ criteria }) => criteria)
    const shared = {
      step,
      position: plan.steps.length,
      criteria: step.successCriteria.map(compileCheck),
      onSuccess,
      chosenBy: readOfBody(ofSuccess, workflow),
      onFailure: this.#actions(document, workflow.failureActions, step.onFailure),
      outputs: step.outputs.map(compileOutput),
    }
    if (step.target.kind === 'workflow') {
      this.#noteReads(step)
      return {
        ...shared,
        number: -1,
        workflow: this.#reference(document, step.target.workflow),
        inputs: parameters.map(compileOutput),
      }
    }
    const name = this.#name(workflow, step)
    const { target } = step
    const checks =
      target.kind === 'channel' ? undefined : this.#checksOf(shared, target.operation, document.sources[target.source])
    const number = this.names.push({ ...name, checks }) - 1
    if (step.target.kind === 'channel') {
      const channel = compileChannel(step, step.target, parameters)
      this.#use(document, step, step.target)
      return { ...shared, number, channel, inputs: [] }
    }
    const { operation, source } = step.target
    const compiled: StepPlan = {
      ...shared,
      number,
      operation,
      ...this.#request(document, step, operation, source, parameters),
      events: compileEvents(step, compileCheck, this.#requestTimeout),
      checks,
      inputs: [],
      reads: undefined,
      checkedReads: undefined,
    }
    this.#reads.set(compiled, this.#readsOf(step, workflow))
    return compiled
  }

  #use(document: ArazzoDocument, step: Step, { source, action, channel, at }: ChannelTarget): void {
    const { servers, connected } = this.#options
    if (connected !== 'all' && !connected?.includes(source)) {
      const way = action === 'send' ? 'sends to' : 'receives from'
      const none = connected === undefined ? 'no channels are connected' : 'that source has no transport'
      this.problems.push({
        code: 'channels-not-connected',
        severity: 'error',
        message:
          `Failed to connect step "${step.stepId}": it ${way} channel "${channel.name}" of source "${source}", and ` +
          `${none}.`,
        at,
        hint:
          `Give a transport in the option \`channels\`, as in channels: { ` +
          `${/^\w+$/.test(source) ? source : `'${source}'`}: './channels.js' }.`,
      })
      return
    }
    const known = this.channels.some(
      one => one.source === source && one.channel === channel.name && one.action === action,
    )
    if (known) return
    const owner = document.sources[source]
    const server = typeof servers === 'string' ? servers : servers?.[source]
    this.channels.push({
      source,
      channel: channel.name,
      address: channel.address,
      action,
      servers: owner?.type === 'asyncapi' ? owner.asyncapi.servers : [],
      server,
    })
  }

  #checksOf(
    { criteria, onSuccess }: Pick<StepPlan, 'criteria' | 'onSuccess'>,
    operation: Operation,
    source: Source | undefined,
  ): StepChecks | undefined {
    const { checks: mode = 'error' } = this.#options
    if (mode === 'off' || source?.type !== 'openapi') return undefined
    const checks = this.#checks.get(operation) ?? new OperationChecks(operation, source.openapi)
    this.#checks.set(operation, checks)
    const ofSuccess = [criteria, ...onSuccess.map(action => action.criteria)].flat().map(({ source }) => source)
    return new StepChecks(ofSuccess, checks, mode, this.#cost)
  }

  #name(workflow: Workflow, step: Step): StepName {
    const key = stepKey(this.#root, workflow, step.stepId)
    const readsEvents = step.events !== undefined
    const { workflowId } = workflow
    const { stepId, target, at } = step
    const operation = target.kind === 'operation' ? target.operation : undefined
    const method = target.kind === 'channel' ? target.action.toUpperCase() : (operation?.method ?? 'none')
    return { key, stepId, workflowId, method, path: operation?.path, at, readsEvents }
  }

  /** To be called once everything is compiled: a workflow's outputs may ask for the last response of any step. */
  planReads(): void {
    const values = [...this.#known.keys()].map(({ outputs }) => outputs.map(({ value }) => value))
    const late = values.map(all => readsOf(all, []))
    for (const [step, own] of this.#reads) {
      const all = [own, ...late]
      const isParsed = this.keepsBodies || all.some(reads => reads.parsed)
      // If a value is created anyway, skipping unused parts of it saves nothing.
      const pointers = new Set(all.flatMap(({ pointers }) => pointers).filter(({ chain }) => !(isParsed && chain)))
      const whole = this.keepsBodies || all.some(reads => reads.whole)
      const hold = step.checks !== undefined
      if (step.checks) step.checks.isUnread = !whole && pointers.size === 0
      const reads = { selection: selectPointers([...pointers]), whole, hold }
      Object.assign(step, { reads, checkedReads: { ...reads, whole: true } })
    }
  }

  /** To be called once everything is compiled: which steps may run at the same time depends on what others run. */
  planOrders(): void {
    const plans = [...this.#known.values()]
    for (const plan of plans) if (plan.workflow.parallel) plan.parallel = planParallel(plan, plans)
  }

  #request(
    document: ArazzoDocument,
    step: Step,
    operation: Operation,
    source: string,
    parameters: Parameter[],
  ): Pick<StepPlan, 'request' | 'auth'> {
    const base = baseOf(operation, source, this.#options.servers)
    if ('found' in base) {
      this.#complain(source, base, step.at)
      return {}
    }
    this.origins.add(base.origin)
    const owner = document.sources[source]
    const description = owner?.type === 'openapi' ? owner.openapi : undefined
    return {
      request: compileRequest(step, operation, parameters, base, {
        description,
        file: document.file,
        files: this.files,
        report: problem => this.problems.push(problem),
        traceparent: this.#options.traceparent,
        requestTimeout: this.#requestTimeout,
      }),
      auth: description && this.security.plan({ source, description, operation, parameters, base }),
    }
  }

  /** Once a source: all its steps share the fault. */
  #complain(source: string, { found, at, hint }: NoBase, step: Location): void {
    if (this.#complained.has(source)) return
    this.#complained.add(source)
    const way =
      `Pass servers: { ${/^\w+$/.test(source) ? source : `'${source}'`}: 'http://127.0.0.1:3000' }, or let the ` +
      'plugin start the application (server). For run and load: --server http://127.0.0.1:3000.'
    this.problems.push({
      code: 'no-server',
      severity: 'error',
      message: `Failed to find the server of source "${source}": ${found}.`,
      at: at ?? step,
      hint: hint ?? way,
    })
  }

  /**
   * Step actions come first; a workflow's action of the same name is overridden. Source: Arazzo 1.1.0, "Step Object".
   */
  #actions(document: ArazzoDocument, ofWorkflow: readonly Action[], ofStep: readonly Action[]): ActionPlan[] {
    const names = new Set(ofStep.map(action => action.name))
    return [...ofStep, ...ofWorkflow.filter(action => !names.has(action.name))].map(action => {
      const to = action.type === 'end' ? undefined : action.to
      return {
        action,
        criteria: action.criteria.map(compileCheck),
        inputs: action.parameters.map(compileOutput),
        workflow: to?.kind === 'workflow' ? this.#reference(document, to.workflow) : undefined,
      }
    })
  }

  /** Parts of a response that a step reads. */
  #readsOf(step: Step, { successActions, failureActions }: Pick<Workflow, 'successActions' | 'failureActions'>): Reads {
    const actions = [...step.onSuccess, ...step.onFailure, ...successActions, ...failureActions]
    const criteria = [step.successCriteria, ...actions.map(action => action.criteria)].flat()
    const tests = criteria.map(criterion => criterion.test)
    const templates = [
      ...step.outputs.map(output => output.value),
      ...actions.flatMap(action => action.parameters.map(({ value }) => value)),
    ]
    return readsOf(templates, tests)
  }

  #noteReads(step: Step): void {
    const reads = this.#readsOf(step, { successActions: [], failureActions: [] })
    if (reads.whole || reads.pointers.length > 0) this.keepsBodies = true
  }
}

export interface StepName {
  readonly key: string
  readonly stepId: string
  readonly workflowId: string
  /** `GET`; of a message `SEND` or `RECEIVE`. */
  readonly method: string
  /** `/items/{id}`; absent of a message. */
  readonly path?: string
  readonly at: Location
  /** Checks as in `StepPlan`. */
  readonly checks?: StepChecks
  /** Whether it reads an event stream. */
  readonly readsEvents: boolean
}

const compileOutput = ({ name, value }: Output | { name: string; value: Template }): OutputPlan => ({
  name,
  evaluate: compileTemplate(value),
})

function compileCheck(source: DocumentCriterion): CriterionPlan {
  const { test, explain } = compileCriterion(source.test)
  return { source, test, explain }
}

/** First value of the body that criteria read, possibly the whole, or through the workflow's outputs. */
function readOfBody(criteria: readonly CriterionPlan[], { outputs }: Workflow): Pointer | undefined {
  const tests = criteria.map(({ source }) => source.test)
  const readsOutputs = tests.flatMap(expressionsIn).some(({ expression }) => expression.kind === 'outputs')
  const { pointers, whole } = readsOf(readsOutputs ? outputs.map(({ value }) => value) : [], tests)
  return pointers[0] ?? (whole ? pointerTo([]) : undefined)
}

/**
 * A step's parameter replaces the workflow's of the same name and place; names of headers have no case. Where a
 * workflow is run all parameters are its inputs, so that places do not matter. An operation gets none that does not say
 * its place.
 */
function mergeParameters(
  ofWorkflow: readonly Parameter[],
  ofStep: readonly Parameter[],
  { kind }: Step['target'],
): Parameter[] {
  const key = (parameter: Parameter) => {
    if (kind === 'workflow') return parameter.name
    const { name, in: place } = parameter
    return `${place} ${place === 'header' ? name.toLowerCase() : name}`
  }
  const own = new Set(ofStep.map(key))
  const shared = ofWorkflow.filter(parameter => kind === 'workflow' || parameter.in !== undefined)
  return [...shared.filter(parameter => !own.has(key(parameter))), ...ofStep]
}
