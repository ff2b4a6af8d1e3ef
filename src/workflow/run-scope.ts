// Hot file. Allocated per request: the list of a step's outputs, which later steps read and so outlives the response.

import { ExpressionError, type RequestView, type ResponseView, type Scope, splitSource } from '../expression/index.ts'
import type { Fault } from '../ground/fault.ts'
import { isTooDeep } from '../ground/show.ts'
import type { MessageTask } from './channel/task.ts'
import type { EndedWorkflows, Frame } from './frame.ts'
import type { OutputPlan, StepPlan } from './plan.ts'
import { BuiltRequest } from './request/request.ts'
import { ReceivedResponse } from './response.ts'
import type { Secrets } from './secrets.ts'

type Values = Record<string, unknown>

const nothing: Values = Object.freeze({})
const none: readonly unknown[] = []

/** Values of a run for expressions: the current workflow, the current exchange, and completed workflows. */
export class RunScope implements Scope {
  readonly built: BuiltRequest
  readonly received: ReceivedResponse
  /** Message of a step on a channel: what it sends or has received. Such a step has no request and no response. */
  message: MessageTask | undefined
  frame!: Frame
  ended: EndedWorkflows | undefined
  /** The step whose attempt is being judged; its workflow's frame tells it from others of that name. */
  judged: StepPlan | undefined
  judgedIn: Frame | undefined
  #isEvaluatingOutputs = false
  #fault: Fault | undefined

  constructor(client: { readonly trace: string }, secrets?: Secrets) {
    this.built = new BuiltRequest(client)
    this.received = new ReceivedResponse(secrets)
  }

  /** A value that cannot be evaluated (a selector on what has no structure) is undefined; `takeFault` says why. */
  evaluateAll(outputs: readonly OutputPlan[]): Values {
    if (outputs.length === 0) return nothing
    this.received.takeMisread()
    const values: Values = {}
    for (const output of outputs) values[output.name] = this.#evaluate(output)
    this.#noteMisread()
    return values
  }

  /**
   * Only the values of `evaluateAll`. Objects with names that are unknown to the compiler cost several times as much.
   */
  evaluateEach(outputs: readonly OutputPlan[]): readonly unknown[] {
    if (outputs.length === 0) return none
    this.received.takeMisread()
    const values = this.#evaluateFew(outputs) ?? this.#evaluateMany(outputs)
    this.#noteMisread()
    return values
  }

  #evaluateFew(outputs: readonly OutputPlan[]): readonly unknown[] | undefined {
    if (outputs.length === 1) return [this.#evaluate(outputs[0]!)]
    return outputs.length === 2 ? [this.#evaluate(outputs[0]!), this.#evaluate(outputs[1]!)] : undefined
  }

  #evaluateMany(outputs: readonly OutputPlan[]): readonly unknown[] {
    return outputs.map(output => this.#evaluate(output))
  }

  /** A search in a body with the wrong content could not be evaluated, which is the reason. */
  #noteMisread(): void {
    const misread = this.received.takeMisread()
    if (misread !== undefined && !(this.#fault && this.received.isNotJson)) this.#fault = misread
  }

  #evaluate({ name, evaluate }: OutputPlan): unknown {
    try {
      return evaluate(this)
    } catch (error) {
      if (!(error instanceof ExpressionError || isTooDeep(error))) throw error
      const found = error instanceof ExpressionError ? error.message : 'a value is nested too deeply'
      const advice = 'Correct the selector, or check what it is applied to.'
      this.#fault ??= { verb: 'evaluate', thing: `"${name}"`, found, advice }
      return undefined
    }
  }

  /** Why the first value could not be evaluated, of all since this was asked last. */
  takeFault(): Fault | undefined {
    const fault = this.#fault
    this.#fault = undefined
    return fault
  }

  get url(): string | undefined {
    return this.message ? undefined : this.built.url
  }

  get method(): string | undefined {
    return this.message ? undefined : this.built.out.method
  }

  get statusCode(): number | undefined {
    return this.received.status
  }

  get self(): string | undefined {
    return this.frame.plan.document.self
  }

  get request(): RequestView | undefined {
    return this.message ? undefined : this.built
  }

  get response(): ResponseView {
    return this.received
  }

  get inputs(): Values {
    return this.frame.inputs
  }

  /**
   * Outputs of the called workflow, else those of the current workflow so far. Outputs that refer to outputs see no
   * values.
   */
  get outputs(): Values {
    if (this.frame.childOutputs) return this.frame.childOutputs
    // Simultaneous steps must not see each other's outputs.
    if (this.#isEvaluatingOutputs || this.frame.isBranch) return {}
    return this.#lookAhead(this.frame.plan.outputs, output => this.#ofWorkflow(output))
  }

  /**
   * Values that are evaluated early, on demand. A failure is reported at the regular time. An unreadable body is noted
   * for the caller.
   */
  #lookAhead(outputs: readonly OutputPlan[], evaluate: (output: OutputPlan) => unknown): Values {
    const values: Values = {}
    for (const output of outputs)
      Object.defineProperty(values, output.name, { get: () => evaluate(output), enumerable: true })
    return values
  }

  #ofWorkflow(output: OutputPlan): unknown {
    const fault = this.#fault
    this.#isEvaluatingOutputs = true
    const value = this.#evaluate(output)
    this.#isEvaluatingOutputs = false
    this.#fault = fault
    return value
  }

  /** Outputs of the current step refer to the time before it. */
  #ofJudged(output: OutputPlan): unknown {
    const { judged } = this
    const fault = this.#fault
    this.judged = undefined
    const value = this.#evaluate(output)
    this.judged = judged
    this.#fault = fault
    return value
  }

  /** Outputs of a step's last pass. Its own criteria and actions see those of the current attempt. */
  step(stepId: string): Values | undefined {
    if (!this.#isJudged(stepId)) return this.frame.outputsOf(stepId)
    return this.#lookAhead(this.judged!.outputs, output => this.#ofJudged(output))
  }

  stepOutput(stepId: string, name: string): unknown {
    if (!this.#isJudged(stepId)) return this.frame.outputOf(stepId, name)
    const output = this.judged!.outputs.find(output => output.name === name)
    return output && this.#ofJudged(output)
  }

  #isJudged(stepId: string): boolean {
    return this.judged?.step.stepId === stepId && this.judgedIn === this.frame
  }

  workflow(workflowId: string): { inputs: Values; outputs: Values } | undefined {
    const { document } = this.frame.plan
    const ended = this.ended?.find(document, workflowId)
    for (let frame: Frame | undefined = this.frame; frame; frame = frame.caller) {
      if (frame.plan.workflow.workflowId === workflowId && frame.plan.document === document)
        return { inputs: frame.inputs, outputs: ended?.outputs ?? {} }
    }
    return ended
  }

  source(first: string, rest: string): unknown {
    const { sources } = this.frame.plan.document
    const split = splitSource(`${first}.${rest}`, Object.keys(sources))
    const { source: name, reference } = split ?? { source: first, reference: rest }
    const source = sources[name] ?? Object.values(sources).find(one => one.name.toLowerCase() === name.toLowerCase())
    if (!source) return undefined
    if (reference === 'url' || reference === 'name' || reference === 'type') return source[reference]
    return Object.hasOwn(source.extensions, reference) ? source.extensions[reference] : undefined
  }
}
