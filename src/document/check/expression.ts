import { type Reference, resolveName, splitSource } from '../../expression/index.ts'
import { didYouMean, type Location } from '../../ground/errors.ts'
import { componentOf } from '../loaded/component.ts'
import type { Context } from '../loaded/context.ts'
import type { LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { operationIds } from '../loaded/operation-id.ts'
import { sourceNamed } from '../loaded/source-reference.ts'
import type { Finding } from '../problems.ts'
import { has, object, objects, scalar } from '../raw.ts'
import { suggest } from '../suggest.ts'
import { flowOf } from './flow.ts'
import { isParallel } from './parallel.ts'
import { noteRead } from './reads.ts'
import { addUndeclared, noteOutput } from './unread-outputs.ts'

type Expression = Reference['expression']
type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>

/** Reports an expression that refers to what is not there, or cannot be there yet. */
export function checkExpression(
  { text, expression }: Reference,
  context: Context,
  at: () => Location,
  reading: Reading,
): void {
  const checker = new Checker(text, context, at, reading)
  switch (expression.kind) {
    case 'inputs':
      return checker.input(expression.name, context.workflow)
    case 'outputs':
      return checker.outputs(expression.name)
    case 'steps':
      return checker.steps(expression)
    case 'workflows':
      return checker.workflows(expression)
    case 'sourceDescriptions':
      return checker.source(expression)
    case 'components':
      return checker.component(expression)
    case 'message':
      return checker.message(expression)
    case 'self':
      return checker.newer('$self')
    default:
      return checker.exchange(expression)
  }
}

const READ_STEP = 'Make it an output of a step, and write $steps.<stepId>.outputs.<output>.'

class Checker {
  readonly #text: string
  readonly #context: Context
  readonly #at: () => Location
  readonly #reading: Reading

  constructor(text: string, context: Context, at: () => Location, reading: Reading) {
    this.#text = text
    this.#context = context
    this.#at = at
    this.#reading = reading
  }

  input(name: string, workflow: LoadedWorkflow | undefined): void {
    if (!workflow) return
    const { declared, others } = workflow.inputNames
    if (others === 'open' || resolveName(name, one => declared.has(one)) !== undefined) return
    this.#add({
      code: 'undefined-input',
      severity: others === 'closed' ? 'error' : 'warning',
      found: `workflow "${workflow.workflowId}" declares no input "${name}"`,
      hint: suggest(name, declared, 'inputs') ?? `Add "${name}" to the properties of its \`inputs\`.`,
    })
  }

  /** Looks at outputs: in a step that runs a workflow that workflow's, otherwise those of the workflow in hand. */
  outputs(name: string): void {
    const { workflow, called, step, moment } = this.#context
    if (workflow && step && isParallel(workflow) && !(called && moment === 'after'))
      this.#together('it sees what other steps have given by then', READ_STEP)
    if (!workflow || (step && !called && has(step.raw, 'workflowId'))) return
    const owners = called ? [called, workflow] : [workflow]
    for (const owner of owners) {
      const output = resolveName(name, one => owner.outputs.has(one))
      if (output !== undefined) return noteOutput(owner, output, this.#reading)
    }
    this.#undefinedOutput(name, `workflow "${owners[0]!.workflowId}"`, owners[0]!.outputs)
  }

  steps(expression: Of<'steps'>): void {
    const { workflow, step, moment } = this.#context
    if (!workflow) return
    const { stepId, output } = expression
    if (!step && moment !== 'end' && isParallel(workflow))
      this.#together('every step would have to wait for that step', 'Move it to the steps that need it.')
    const target = workflow.steps.get(stepId)
    if (!target) {
      const stepIds = [...workflow.steps.keys()]
      return this.#add({
        code: 'undefined-step',
        found: `workflow "${workflow.workflowId}" has no step "${stepId}"`,
        hint: suggest(stepId, stepIds, 'steps'),
      })
    }
    const declared = resolveName(output, one => target.outputs.has(one))
    if (declared === undefined) return this.#undefinedOutput(output, `step "${stepId}"`, target.outputs)
    noteOutput(target, declared, this.#reading)
    this.#order(target, workflow)
  }

  workflows({ workflowId, field, name }: Of<'workflows'>): void {
    const { workflows } = this.#context.document
    const workflow = workflows.get(workflowId)
    if (!workflow) {
      const hint = suggest(workflowId, workflows.keys(), 'workflows')
      return this.#add({ code: 'undefined-workflow', found: `the document has no workflow "${workflowId}"`, hint })
    }
    if (field === 'inputs') return this.input(name, workflow)
    const declared = resolveName(name, one => workflow.outputs.has(one))
    if (declared === undefined) this.#undefinedOutput(name, `workflow "${workflowId}"`, workflow.outputs)
    else noteOutput(workflow, declared, this.#reading)
  }

  source(expression: Of<'sourceDescriptions'>): void {
    const { sources } = this.#context.document
    const written = `${expression.source}.${expression.reference}`
    const { source: name, reference } = splitSource(written, sources.keys()) ?? expression
    const source = sourceNamed(name, this.#context.document, finding => this.#add(finding))
    if (!source) {
      const hint = suggest(name, sources.keys(), 'sources')
      return this.#add({ code: 'undefined-source', found: `the document has no source "${name}"`, hint })
    }
    if (has(source.raw, reference) || source.type === 'broken') return
    const ids = source.type === 'arazzo' ? [...source.document.workflows.keys()] : operationIds(source)
    const word = source.type === 'arazzo' ? 'workflow' : 'operation'
    if (ids.includes(reference)) {
      const found = `${word === 'workflow' ? 'a' : 'an'} ${word} is not a value, and this is nothing when it is run`
      return this.#unavailable(found, `Write it in \`${word}Id\`, or read an output of the step that runs it.`)
    }
    const meant = didYouMean(reference, [...ids, 'url', 'name', 'type'])
    this.#add({
      code: source.type === 'arazzo' ? 'undefined-workflow' : 'undefined-operation',
      found: `source "${name}" has no ${word} and no field "${reference}"`,
      hint: suggest(reference, meant === undefined ? ids : [meant], `${word}s`),
    })
  }

  component({ type, name }: Of<'components'>): void {
    const components = object(object(this.#context.document.root, 'components'), type)
    if (has(components, name)) {
      const hint = `To use it, write { reference: $components.${type}.${name} } in a list of ${type}.`
      return this.#unavailable('a component is not a value, and this is nothing when it is run', hint)
    }
    this.#add({
      code: 'undefined-component',
      found: `\`components.${type}\` has no "${name}"`,
      hint: suggest(name, Object.keys(components ?? {}), type),
    })
  }

  /** Message of the step in hand; a step that runs a workflow sees the last one within it. */
  message(expression: Of<'message'>): void {
    this.newer('$message')
    if (expression.part === 'query') {
      const found = 'a message has no query, and this is nothing when it is run'
      return this.#unavailable(found, 'Look at its headers or payload: $message.header.<name> or $message.payload.')
    }
    const { moment, workflow, step, called, onChannel } = this.#context
    if (this.#asksForLast()) return
    const hint = 'Make it an output of the step that receives it, and write $steps.<stepId>.outputs.<output>.'
    if (!workflow || (step && has(step.raw, 'workflowId')) || called) return
    if (moment === 'end') this.#unavailable('a workflow has no message of its own', hint)
    else if (step && !onChannel) this.#unavailable('the step neither sends nor receives a message', hint)
    else if (step && moment === 'before') this.#unavailable('there is no message yet', hint)
  }

  newer(word: string): void {
    if (this.#context.document.version !== '1.0') return
    const found = `${word} came with Arazzo 1.1, and the document is ${scalar(this.#context.document.root, 'arazzo')}`
    this.#add({ code: 'newer-field', found, hint: 'Write `arazzo: 1.1.0` at the top.' })
  }

  /** `$response`, `$statusCode` and their like belong to the step in hand. */
  exchange(expression: Expression): void {
    const { kind } = expression
    const { moment, workflow, onChannel } = this.#context
    if (this.#asksForLast()) return
    if (workflow && onChannel) {
      const found = 'a step on a channel has no HTTP request and no response'
      return this.#unavailable(found, 'Look at the message: $message.header.<name> or $message.payload.')
    }
    if (expression.kind === 'request' && moment !== 'end') this.#request(expression)
    if (!workflow || moment === 'after') return
    if (moment === 'end') {
      const hint = 'Make it an output of the step, and write $steps.<stepId>.outputs.<output>.'
      return this.#unavailable('a workflow has no request or response of its own', hint)
    }
    if (kind !== 'response' && kind !== 'statusCode') return
    const hint =
      'To use an earlier response, make it an output of its step, and write $steps.<stepId>.outputs.<output>.'
    this.#unavailable('the step has no response yet', hint)
  }

  /**
   * "Request parameters MUST be declared in the `parameters` section of the parent operation or they cannot be
   * evaluated."
   */
  #request(expression: Of<'request'>): void {
    const { workflow, step, document } = this.#context
    if (!workflow || !step || (expression.part !== 'query' && expression.part !== 'path')) return
    const { part, name } = expression
    const written = [...objects(step.raw, 'parameters'), ...objects(workflow.raw, 'parameters')]
    const sent = written
      .map(one => (has(one, 'reference') ? componentOf(one, 'parameters', document) : one))
      .filter(one => one !== undefined)
    const names = sent.filter(one => scalar(one, 'in') === part).map(one => scalar(one, 'name') ?? '')
    const isWhole = part === 'query' && sent.some(one => scalar(one, 'in') === 'querystring')
    if (isWhole || has(step.raw, 'workflowId') || names.includes(name)) return
    this.#unavailable(
      `step "${step.stepId}" sends no ${part} parameter "${name}"`,
      suggest(name, names, 'parameters') ?? 'Add it to the `parameters` of the step.',
    )
  }

  /** What a workflow had last is nothing where its steps run at the same time. */
  #asksForLast(): boolean {
    const { moment, workflow, called } = this.#context
    const owner = moment === 'end' ? workflow : moment === 'after' ? called : undefined
    if (!owner || !isParallel(owner)) return false
    this.#together(`workflow "${owner.workflowId}" has no last request`, READ_STEP)
    return true
  }

  #together(found: string, hint: string): void {
    const why = 'and steps run at the same time'
    this.#add({ code: 'parallel-steps', found: `${found}, ${why}`, hint, firm: true })
  }

  #order(target: LoadedStep, workflow: LoadedWorkflow): void {
    const { step, moment } = this.#context
    if (!step || (target === step && moment === 'after')) return
    if (flowOf(workflow).canPrecede(target, step)) return noteRead(workflow, step, target)
    const itself = target === step
    this.#add({
      code: 'forward-reference',
      found: itself
        ? `step "${step.stepId}" reads its own output before it has run`
        : `step "${target.stepId}" can only run after step "${step.stepId}"`,
      hint: itself
        ? 'Use a value that is there before the step.'
        : `Move step "${target.stepId}" before step "${step.stepId}".`,
    })
  }

  #undefinedOutput(name: string, owner: string, outputs: ReadonlySet<string>): void {
    const hint = suggest(name, outputs, 'outputs') ?? `Add "${name}" to its \`outputs\`.`
    const found = `${owner} has no output "${name}"`
    const finding = { code: 'undefined-output', at: this.#at(), failed: `resolve ${this.#text}`, found, hint } as const
    // Another name than the one that is meant is a slip, whoever reads it.
    if (didYouMean(name, outputs) !== undefined) this.#reading.problems.add(finding)
    else addUndeclared(finding, this.#context, this.#reading)
  }

  /** Warns of a value that is nothing when the expression is evaluated. */
  #unavailable(found: string, hint: string): void {
    this.#add({ code: 'unavailable-value', severity: 'warning', found, hint })
  }

  #add(finding: Omit<Finding, 'at' | 'failed'>): void {
    this.#reading.problems.add({ ...finding, at: this.#at(), failed: `resolve ${this.#text}` })
  }
}
