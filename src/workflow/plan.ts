import type {
  Action,
  ArazzoDocument,
  Criterion as DocumentCriterion,
  Operation,
  Output,
  Parameter,
  Step,
  Workflow,
  WorkflowReference,
} from '../document/model.ts'
import { ArazzoError, didYouMean, type Location, type Problem } from '../errors.ts'
import type { Template } from '../expression/ast.ts'
import {
  type Criterion,
  compileCriterion,
  compileTemplate,
  type Evaluate,
  readsOf,
} from '../expression/index.ts'
import { executionOrder } from './order.ts'
import { compileRequest, type RequestPlan } from './request/request.ts'
import { baseOf, type ServerOverride } from './server.ts'

export interface PlanOptions {
  /** Base URL of all sources, or by the source's name. */
  servers?: string | Record<string, string>
  /** Step visits per run after which a run is given up as runaway. Default 10,000. */
  maxVisits?: number
  /** Names of inputs whose values are secrets, besides those with `format: password`. */
  secretInputs?: readonly string[]
}

/** A workflow compiled: the same plan serves a functional run and load. Made once per thread; holds functions. */
export interface Plan {
  readonly document: ArazzoDocument
  readonly workflowId: string
  readonly workflow: Workflow
  readonly root: WorkflowPlan
  /** Operation steps that a run can reach, nested workflows included: `login`, `workflowId.stepId`. The index is the step's number. */
  readonly steps: readonly StepName[]
  /** `http://127.0.0.1:3000`, each once. */
  readonly origins: readonly string[]
  /** Requests of one run in which every step passes in order; a first guess for `rps`. */
  readonly requestsPerRun: number
  readonly maxVisits: number
  readonly secretInputs: ReadonlySet<string>
  /** A step that runs a workflow reads the last response within it, so whole bodies are kept. */
  readonly keepsBodies: boolean
}

export interface StepName {
  readonly key: string
  readonly stepId: string
  readonly workflowId: string
  readonly at: Location
}

export interface WorkflowPlan {
  readonly workflow: Workflow
  readonly document: ArazzoDocument
  /** Steps in the order of execution: the document's, unless `dependsOn` asks for another. */
  readonly steps: StepPlan[]
  readonly byId: Map<string, StepPlan>
  readonly outputs: OutputPlan[]
  /** Workflows to be completed first, in order; prerequisites of prerequisites come before them. */
  readonly dependencies: WorkflowPlan[]
}

export interface StepPlan {
  readonly step: Step
  readonly position: number
  /** Number in `Plan.steps`; -1 for a step that runs a workflow. */
  readonly number: number
  readonly operation?: Operation
  readonly request?: RequestPlan
  readonly workflow?: WorkflowPlan
  /** Inputs of the workflow that the step runs. */
  readonly inputs: OutputPlan[]
  readonly criteria: CriterionPlan[]
  readonly onSuccess: ActionPlan[]
  readonly onFailure: ActionPlan[]
  readonly outputs: OutputPlan[]
}

export interface OutputPlan {
  readonly name: string
  readonly evaluate: Evaluate
}

export interface CriterionPlan extends Criterion {
  readonly source: DocumentCriterion
}

export interface ActionPlan {
  readonly action: Action
  readonly criteria: CriterionPlan[]
  readonly inputs: OutputPlan[]
  /** The workflow of a `goto` or `retry`. */
  readonly workflow?: WorkflowPlan
}

/**
 * Compiles a workflow and all that it can reach.
 * Throws ArazzoError for an unknown workflow or a source without an absolute server URL.
 */
export function compilePlan(document: ArazzoDocument, workflowId: string, options: PlanOptions = {}): Plan {
  const workflow = findWorkflow(document, workflowId)
  const compiler = new Compiler(workflow, options.servers)
  const root = compiler.workflow(document, workflow)
  if (compiler.problems.length > 0) throw new ArazzoError(compiler.problems)
  return {
    document,
    workflowId,
    workflow,
    root,
    steps: compiler.names,
    origins: [...compiler.origins],
    requestsPerRun: Math.max(1, countRequests(root, new Set())),
    maxVisits: options.maxVisits ?? 10_000,
    secretInputs: new Set([...passwordInputs(workflow), ...(options.secretInputs ?? [])]),
    keepsBodies: compiler.keepsBodies,
  }
}

export function findWorkflow(document: ArazzoDocument, workflowId: string): Workflow {
  const workflow = document.workflows.find(candidate => candidate.workflowId === workflowId)
  if (workflow) return workflow
  const names = document.workflows.map(candidate => candidate.workflowId)
  const guess = didYouMean(workflowId, names)
  throw new ArazzoError([
    {
      code: 'undefined-workflow',
      severity: 'error',
      message: `Failed to find workflow "${workflowId}": the document has ${names.map(name => `"${name}"`).join(', ')}.`,
      at: document.workflows[0]!.at,
      hint: guess ? `Did you mean "${guess}"?` : 'Name one of them after the #.',
    },
  ])
}

class Compiler {
  readonly names: StepName[] = []
  readonly origins = new Set<string>()
  readonly problems: Problem[] = []
  keepsBodies = false
  readonly #root: Workflow
  readonly #servers: ServerOverride
  readonly #known = new Map<Workflow, WorkflowPlan>()
  readonly #complained = new Set<string>()

  constructor(root: Workflow, servers: ServerOverride) {
    this.#root = root
    this.#servers = servers
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
      outputs: workflow.outputs.map(compileOutput),
      dependencies: [],
    }
    this.#known.set(workflow, plan)
    for (const step of executionOrder(workflow)) {
      const compiled = this.#step(plan, step)
      plan.steps.push(compiled)
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
    const owner = source === undefined ? undefined : document.sources[source]
    const home = owner?.type === 'arazzo' ? owner.arazzo : document
    return this.workflow(home, findWorkflow(home, workflowId))
  }

  #step(plan: WorkflowPlan, step: Step): StepPlan {
    const { workflow, document } = plan
    const parameters = mergeParameters(workflow.parameters, step.parameters)
    const shared = {
      step,
      position: plan.steps.length,
      criteria: step.successCriteria.map(compileCheck),
      onSuccess: this.#actions(document, workflow.successActions, step.onSuccess),
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
    const { operation, source } = step.target
    const number = this.names.push(this.#name(workflow, step)) - 1
    return {
      ...shared,
      number,
      operation,
      request: this.#request(step, operation, source, parameters),
      inputs: [],
    }
  }

  #name(workflow: Workflow, step: Step): StepName {
    const key = workflow === this.#root ? step.stepId : `${workflow.workflowId}.${step.stepId}`
    return { key, stepId: step.stepId, workflowId: workflow.workflowId, at: step.at }
  }

  #request(
    step: Step,
    operation: Operation,
    source: string,
    parameters: Parameter[],
  ): RequestPlan | undefined {
    const base = baseOf(operation, source, this.#servers)
    if ('found' in base) {
      this.#complain(source, base.found, step.at)
      return undefined
    }
    this.origins.add(base.origin)
    return compileRequest(step, operation, parameters, base)
  }

  /** Once a source: all its steps share the fault. */
  #complain(source: string, found: string, at: Location): void {
    if (this.#complained.has(source)) return
    this.#complained.add(source)
    this.problems.push({
      code: 'no-server',
      severity: 'error',
      message: `Failed to find the server of source "${source}": "${found}" is no absolute http or https URL.`,
      at,
      hint: `Pass servers: { ${/^\w+$/.test(source) ? source : `'${source}'`}: 'http://127.0.0.1:3000' }, or let the plugin start the application (server).`,
    })
  }

  /** Step actions come first; a workflow's action of the same name is overridden. Source: Arazzo 1.1.0, "Step Object". */
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

  #noteReads(step: Step): void {
    const criteria = [
      step.successCriteria,
      ...[...step.onSuccess, ...step.onFailure].map(action => action.criteria),
    ].flat()
    const templates = [
      ...step.outputs.map(output => output.value),
      ...[...step.onSuccess, ...step.onFailure].flatMap(action => action.parameters.map(p => p.value)),
    ]
    const reads = readsOf(
      templates,
      criteria.map(criterion => criterion.test),
    )
    if (reads.whole || reads.pointers.length > 0) this.keepsBodies = true
  }
}

const compileOutput = ({ name, value }: Output | { name: string; value: Template }): OutputPlan => ({
  name,
  evaluate: compileTemplate(value),
})

function compileCheck(source: DocumentCriterion): CriterionPlan {
  const { test, explain } = compileCriterion(source.test)
  return { source, test, explain }
}

/** A step's parameter replaces the workflow's of the same name and place. */
function mergeParameters(ofWorkflow: readonly Parameter[], ofStep: readonly Parameter[]): Parameter[] {
  const isOverridden = (parameter: Parameter) =>
    ofStep.some(own => own.name === parameter.name && (own.in ?? parameter.in) === (parameter.in ?? own.in))
  return [...ofWorkflow.filter(parameter => !isOverridden(parameter)), ...ofStep]
}

function countRequests(plan: WorkflowPlan, within: Set<WorkflowPlan>): number {
  if (within.has(plan)) return 0
  within.add(plan)
  let count = 0
  for (const dependency of plan.dependencies) count += countRequests(dependency, within)
  for (const step of plan.steps) count += step.workflow ? countRequests(step.workflow, within) : 1
  within.delete(plan)
  return count
}

function passwordInputs(workflow: Workflow): string[] {
  const schema = workflow.inputs
  if (typeof schema !== 'object' || typeof schema.properties !== 'object' || schema.properties === null)
    return []
  return Object.entries(schema.properties as Record<string, { format?: unknown }>)
    .filter(([, property]) => property?.format === 'password')
    .map(([name]) => name)
}
