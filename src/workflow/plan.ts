import type {
  Action,
  ArazzoDocument,
  Criterion as DocumentCriterion,
  Operation,
  Step,
  Workflow,
} from '../document/model.ts'
import type { Criterion, Evaluate, Pointer } from '../expression/index.ts'
import { ArazzoError } from '../ground/errors.ts'
import type { Milliseconds } from '../ground/units.ts'
import { authorityOf, withDefaults } from '../http/authority.ts'
import type { AskedProtocol, ResponseReads, TlsCredentials } from '../http/transport.ts'
import type { Connected } from './channel/connect.ts'
import type { ChannelPlan } from './channel/plan.ts'
import type { CheckMode } from './checks/check-rule.ts'
import type { StepChecks } from './checks/step-checks.ts'
import { Compiler } from './compiler.ts'
import type { EventsPlan } from './events/watch.ts'
import { findWorkflow } from './find.ts'
import { longestRequest } from './patience.ts'
import type { RequestPlan } from './request/request.ts'
import type { SecurityOptions } from './security/options.ts'
import type { AuthPlan } from './security/planner.ts'

export interface PlanOptions {
  /**
   * Address of requests, for all sources or by the source's name. Without a path (`http://127.0.0.1:3000`) the path of
   * the description's server is kept. With a path, also `/`, it is the whole base.
   */
  servers?: string | Record<string, string>
  /**
   * Whether responses are validated against the OpenAPI descriptions, and the result. Default `error`: the step fails.
   */
  checks?: CheckMode
  /** Credentials for the security schemes of the OpenAPI descriptions: by source, then by scheme. */
  security?: SecurityOptions
  /** Whether redirects are followed, up to ten; else the redirect is the response. Default false. */
  followRedirects?: boolean
  /**
   * Whether each request names a trace in a header `traceparent` (W3C Trace Context): a trace for each run of a
   * workflow, a span for each request. A header of that name in the document wins.
   * @default false
   * @example true
   */
  traceparent?: boolean
  /**
   * The version of HTTP: `'h1'` is HTTP/1.1, `'h2'` HTTP/2, negotiated by TLS (ALPN) and without TLS spoken at once
   * (prior knowledge), never silently HTTP/1.1; `'auto'` takes what TLS negotiates, and HTTP/1.1 without TLS.
   * @default 'h1'
   * @example 'auto'
   */
  protocol?: AskedProtocol
  /** Sources whose channels have a transport. */
  connected?: Connected
  /**
   * How long a request may take, from when it is sent until the last byte of its response: milliseconds, or text such
   * as '30s'; 0: no limit. The `timeout` of a step has precedence. An event stream has to begin within it.
   * @default 10 s
   * @example '30s'
   */
  requestTimeout?: Milliseconds | string
  /**
   * An authority that certificates of TLS are trusted by, in addition to those of Node.js: the path of a PEM file
   * (relative to the working directory), or its text.
   * @default none
   * @example './certificates/ca.pem'
   */
  ca?: string
  /** The timeout of the test, or how long the load may take: no response may ask for a longer wait. */
  runTime?: Milliseconds
  /** Names of inputs whose values are secrets, in addition to those with `format: password`. */
  secretInputs?: readonly string[]
}

/** A workflow compiled: the same plan serves a functional run and load. Made once per thread; holds functions. */
export type Plan = Readonly<ReturnType<typeof compilePlan>>

export interface WorkflowPlan {
  readonly workflow: Workflow
  readonly document: ArazzoDocument
  /** Steps in the order of execution: the document's, unless `dependsOn` asks for another. */
  readonly steps: StepPlan[]
  readonly byId: Map<string, StepPlan>
  /** Initial outputs of a run, one entry per step. */
  readonly noOutputs: undefined[]
  readonly outputs: OutputPlan[]
  /** Workflows to be completed first, in order; prerequisites of prerequisites come before them. */
  readonly dependencies: WorkflowPlan[]
  /** Dependencies of steps that run at the same time. */
  parallel?: ParallelPlan
}

/** By positions of steps. */
export interface ParallelPlan {
  /** For how many others a step waits. */
  readonly waits: readonly number[]
  /** The steps that wait for it. */
  readonly followers: readonly (readonly number[])[]
}

export interface StepPlan {
  readonly step: Step
  readonly position: number
  /** Number in `Plan.steps`; -1 for a step that runs a workflow. */
  readonly number: number
  readonly operation?: Operation
  readonly request?: RequestPlan
  /** Parts of the response bodies that are read. */
  readonly reads?: ResponseReads
  /** Reads of a body that is also validated as a whole. */
  readonly checkedReads?: ResponseReads
  /** Credentials that its requests need and the step does not set itself. */
  readonly auth?: AuthPlan
  /** How it reads an event stream; absent where it reads none. */
  readonly events?: EventsPlan
  /** Checks of responses; absent when they are off, or when the operation documents no responses. */
  readonly checks?: StepChecks
  readonly workflow?: WorkflowPlan
  /** The message that it sends or receives. */
  readonly channel?: ChannelPlan
  /** Inputs of the workflow that the step runs. */
  readonly inputs: OutputPlan[]
  readonly criteria: CriterionPlan[]
  readonly onSuccess: ActionPlan[]
  /** A value of the response's body by which an action of `onSuccess` is chosen; undefined where none is. */
  readonly chosenBy: Pointer | undefined
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
export function compilePlan(document: ArazzoDocument, workflowId: string, options: PlanOptions = {}) {
  const workflow = findWorkflow(document, workflowId)
  const compiler = new Compiler(workflow, options)
  const root = compiler.workflow(document, workflow)
  if (compiler.problems.length > 0) throw new ArazzoError(compiler.problems)
  compiler.planReads()
  compiler.planOrders()
  const { names, channels, origins, files, keepsBodies, security } = compiler
  const { runTime, followRedirects = false, protocol = 'h1', ca } = options
  const tls: Record<string, TlsCredentials> = { ...(ca !== undefined && trustAll(ca)), ...security.tls }
  return {
    document,
    workflowId,
    workflow,
    root,
    /**
     * Operation steps that a run can reach, nested workflows included: `login`, `workflowId.stepId`. The index is the
     * step's number.
     */
    steps: names,
    /** Channels that its steps use. */
    channels,
    /** `http://127.0.0.1:3000`, each once. */
    origins: [...origins],
    /** Requests of one run in which every step passes in order; a first guess for `rps`. */
    requestsPerRun: Math.max(1, countRequests(root, new Map())),
    /** How many of them are likely to be in flight at once; 1 unless steps run at the same time. */
    requestsAtOnce: requestsAtOnce(root),
    /** The longest wait that a response may ask for, unless the step has a timeout. */
    runTime,
    /** The longest that a request, or a message, may take; 0: no limit. */
    longestRequest: longestRequest(document, workflow, options),
    followRedirects,
    protocol,
    secretInputs: new Set([...passwordInputs(workflow), ...(options.secretInputs ?? [])]),
    /** Files that its requests may contain. */
    files,
    /** Credentials, which are never shown. */
    secrets: [...security.secrets],
    /** Token sources of its requests. */
    tokenOrigins: [...security.tokenOrigins],
    /** Credentials of TLS for the transport, by origin. */
    tls,
    /** A step that runs a workflow reads the last response within it, so whole bodies are kept. */
    keepsBodies,
  }
}

/**
 * How many requests a run is likely to have in flight at once: steps that run at the same time are taken to be in as
 * many layers as the longest way through them has steps.
 */
function requestsAtOnce(plan: WorkflowPlan, known = new Map<WorkflowPlan, number>()): number {
  const found = known.get(plan)
  if (found !== undefined) return found
  // A workflow that runs itself finds this value.
  known.set(plan, 1)
  const { steps, parallel, dependencies } = plan
  const layers = steps.map(() => 0)
  const sums = new Map<number, number>()
  for (const { workflow, position } of steps) {
    const layer = parallel ? layers[position]! : position
    const requests = workflow ? requestsAtOnce(workflow, known) : 1
    sums.set(layer, (sums.get(layer) ?? 0) + requests)
    for (const follower of parallel?.followers[position] ?? [])
      layers[follower] = Math.max(layers[follower]!, layer + 1)
  }
  const before = dependencies.map(dependency => requestsAtOnce(dependency, known))
  const most = Math.max(1, ...before, ...sums.values())
  known.set(plan, most)
  return most
}

/** Credentials of every origin. */
const trustAll = (ca: string) => ({ '*': { ca: withDefaults(authorityOf(ca)) } })

/** @param known by plan: workflows that run others twice each would be walked through 2^n times. */
function countRequests(plan: WorkflowPlan, known: Map<WorkflowPlan, number>): number {
  const found = known.get(plan)
  if (found !== undefined) return found
  // A workflow that runs itself finds this value.
  known.set(plan, 0)
  let count = 0
  for (const dependency of plan.dependencies) count += countRequests(dependency, known)
  for (const step of plan.steps) count += step.workflow ? countRequests(step.workflow, known) : 1
  known.set(plan, count)
  return count
}

function passwordInputs(workflow: Workflow): string[] {
  const schema = workflow.inputs
  if (typeof schema !== 'object' || typeof schema.properties !== 'object' || schema.properties === null) return []
  return Object.entries(schema.properties as Record<string, { format?: unknown }>)
    .filter(([, property]) => property?.format === 'password')
    .map(([name]) => name)
}
