import type { CriterionTest, Template } from '../../expression/ast.ts'
import {
  type DeclaredNames,
  ExpressionError,
  expressionsIn,
  type Field,
  type Path,
  parseCriterion,
  parseTemplate,
  type Reference,
  resolveName,
  splitSource,
  unusualNames,
  type Warning,
} from '../../expression/index.ts'
import { didYouMean, type Location } from '../../ground/errors.ts'
import { onceFor } from '../../ground/once.ts'
import { flowOf, isParallel } from '../check/flow.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import {
  type Context,
  componentOf,
  type LoadedDocument,
  type LoadedStep,
  type LoadedWorkflow,
  reportOf,
  sourceNamed,
} from '../loaded/loaded.ts'
import { operationIds } from '../loaded/operation-id.ts'
import type { Criterion } from '../model.ts'
import { type Finding, suggest } from '../problems.ts'
import { has, isRaw, member, object, objects, type Raw, scalar, unquotedExpression } from '../raw.ts'

/**
 * Reads a member's value as a template; `isSelector` when an object can be nothing but a Selector Object. What cannot
 * be read, or refers to nothing, is reported at its very character.
 */
export function readTemplate(owner: Raw, key: string, context: Context, isSelector = false): Template {
  const value = member(owner, key)
  const { problems } = context.document.reading
  const failed = `read ${context.thing}`
  const place = (fault: { path?: Path; field?: Field; offset: number }) =>
    placeIn(owner, [key, ...(fault.path ?? []), ...(fault.field ? [fault.field] : [])], fault.offset)
  const findings: Finding[] = []
  const template = parseTemplate(value, {
    selectors: context.document.version !== '1.0',
    isSelector,
    names: declaredNames(context),
    onWarning: warning => findings.push({ failed, at: place(warning), ...formWarning(warning) }),
    onError: error => findings.push({ failed, at: place(error), ...expressionError(error) }),
  })
  const isMereText = isSelector && template.kind === 'literal'
  const severity = looksMeant(value) ? 'error' : 'warning'
  if (isMereText && findings.length === 0) findings.push({ failed, ...mereText(owner, key, severity) })
  for (const finding of findings) problems.add(isMereText && severity === 'error' ? { ...finding, severity } : finding)
  checkObjects(value, [key], owner, context)
  for (const reference of expressionsIn(template)) checkExpression(reference, context, () => place(reference))
  return template
}

/** `$foo.bar` where only an expression can stand is one that does not exist; `$5` is not meant as one. */
const looksMeant = (value: unknown) => typeof value === 'string' && /^\s*\$[a-z]/i.test(value)

/** "A dynamic output value defined using a Runtime Expression or Selector Object": a mere text is hardly meant. */
function mereText(owner: Raw, key: string, severity: 'error' | 'warning') {
  const text = `"${scalar(owner, key)}"`
  const found =
    severity === 'error' ? `${text} is not an expression` : `${text} holds no expression, and is taken as text`
  const hint = 'Write an expression such as $response.body#/id, or embed one in braces.'
  return { code: 'expression-form', severity, at: placeOfValue(owner, key), found, hint } as const
}

/** Reads a list of Criterion Objects; those that cannot be read are reported and left out. */
export function readCriteria(owner: Raw, key: string, context: Context): Criterion[] {
  return objects(owner, key).flatMap((raw, index) =>
    readCriterion(raw, { ...context, thing: `criterion ${index + 1} of ${context.thing}` }),
  )
}

/** Reads a simple condition that stands for itself, as a member of an object or an item of a list. */
export function readCondition(owner: object, key: string | number, context: Context): Criterion[] {
  const condition = String((owner as Record<string | number, unknown>)[key])
  const test = testOf({ condition }, ({ offset }) => placeInside(owner, key, offset), context)
  return test ? [{ test, text: condition, at: placeInside(owner, key, 0) }] : []
}

/** A Criterion Object; none after it was reported that it cannot be read. */
export function readCriterion(raw: Raw, context: Context): Criterion[] {
  const type = member(raw, 'type')
  const { misshapen, version } = context.document
  if (misshapen.has(raw) || (isRaw(type) && misshapen.has(type)) || !hasContext(raw, type, context)) return []
  const place: PlaceOf = ({ field = 'condition', offset }) =>
    placeIn(raw, field === 'version' && isRaw(type) ? ['type', field] : [field], offset)
  const test = testOf(raw, place, context)
  if (test && version === '1.0') checkVersion(raw, context)
  return test ? [{ test, text: scalar(raw, 'condition') ?? '', at: placeInside(raw, 'condition', 0) }] : []
}

type PlaceOf = (fault: { field?: Field; offset: number }) => Location

function testOf(fields: Raw, place: PlaceOf, context: Context): CriterionTest | undefined {
  const failed = `read ${context.thing}`
  const { problems } = context.document.reading
  try {
    const warn = (warning: Warning) => problems.add({ failed, at: place(warning), ...formWarning(warning) })
    const isLenient = context.document.version !== '1.0'
    const test = parseCriterion(fields, warn, { names: declaredNames(context), isLenient })
    for (const reference of expressionsIn(test)) checkExpression(reference, context, () => place(reference))
    return test
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const isSimple = (fields.type ?? 'simple') === 'simple' && error.field === 'condition'
    const finding = expressionError(error)
    return problems.add({
      failed,
      at: place(error),
      ...finding,
      hint: finding.hint ?? (isSimple ? CONDITION : undefined),
    })
  }
}

const NEWER_VERSIONS: readonly unknown[] = ['rfc9535', 'xpath-31']

/** Defaults that only 1.1 has words for: they mean what they say, and other tools may not know them. */
function checkVersion(criterion: Raw, context: Context): void {
  const type = member(criterion, 'type')
  const owner = isRaw(type) ? type : criterion
  const version = member(owner, 'version')
  if (!NEWER_VERSIONS.includes(version)) return
  reportOf(context).warn('newer-field', placeOfValue(owner, 'version'), {
    found: `version "${version}" came with Arazzo 1.1`,
    hint: 'Leave it out: it is what 1.0 means without one.',
  })
}

/** "If `type` is specified, then the `context` MUST be provided": a simple condition can do without. */
function hasContext(raw: Raw, type: unknown, context: Context): boolean {
  if (type === undefined || member(raw, 'context') !== undefined) return true
  const isSimple = type === 'simple'
  reportOf(context)[isSimple ? 'warn' : 'firm']('missing-context', placeOfKey(raw, 'type'), {
    found: '`type` is given without a `context`',
    hint: isSimple ? 'Leave `type` out.' : 'Say what it is applied to, as in `context: $response.body`.',
  })
  return isSimple
}

/** Follows a path from a member of `owner` to a text, and from there to a character of it. */
function placeIn(owner: object, path: Path, offset: number): Location {
  let holder = owner as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) {
    const next = holder[key]
    if (typeof next !== 'object' || next === null) return placeInside(holder, key, 0)
    holder = next as Record<string | number, unknown>
  }
  return placeInside(holder, path.at(-1)!, offset)
}

const CONDITION =
  'A condition combines expressions, literals and operators: `$statusCode == 200 && $inputs.id != null`.'

const expressionError = ({ message: found, hint }: ExpressionError) =>
  ({ code: 'invalid-expression', found, hint, firm: true }) as const

const formWarning = ({ message: found, hint }: Warning) =>
  ({ code: 'expression-form', severity: 'warning', found, hint }) as const

/**
 * Objects that are not what their author thinks: `{$inputs.id}` without quotes, a Selector Object in a 1.0 document.
 */
function checkObjects(value: unknown, path: Path, owner: object, context: Context): void {
  if (typeof value !== 'object' || value === null) return
  const keys = Object.keys(value)
  const expression = unquotedExpression(value)
  if (expression) {
    const found = `{${expression}} without quotes is an object in YAML`
    const hint = `Put it in quotes: '{${expression}}'.`
    return reportOf(context).error('expression-form', placeIn(owner, path, 0), { found, hint })
  }
  const isSelector = keys.length === 3 && ['context', 'selector', 'type'].every(key => keys.includes(key))
  if (isSelector && context.document.version === '1.0') {
    const found = 'Selector Objects came with Arazzo 1.1; in this document it is an object like any other'
    return reportOf(context).warn('newer-field', placeIn(owner, path, 0), { found, hint: NEWER })
  }
  for (const [key, inner] of Object.entries(value))
    checkObjects(inner, [...path, Array.isArray(value) ? Number(key) : key], owner, context)
}

const NEWER = 'Write `arazzo: 1.1.0` at the top.'

/** The names that expressions may refer to there; in components, those of all workflows. */
const declaredNames = ({ document, workflow }: Pick<Context, 'document' | 'workflow'>): DeclaredNames =>
  workflow ? namesWithin(workflow) : namesOf(document)

/** Names that are shared by all workflows are collected once, not once per workflow. */
const namesWithin = onceFor((workflow: LoadedWorkflow): DeclaredNames => {
  const own = { inputs: inputsOf([workflow]), steps: unusualNames(workflow.steps.keys()) }
  return { ...namesOf(workflow.document), ...own }
})

const namesOf = onceFor(({ allWorkflows, workflows, sources }: LoadedDocument): DeclaredNames => {
  const inputs = inputsOf(allWorkflows)
  return {
    inputs,
    steps: unusualNames(allWorkflows.flatMap(({ steps }) => [...steps.keys()])),
    workflows: unusualNames(workflows.keys()),
    workflowInputs: inputs,
    sources: unusualNames(sources.keys()),
  }
})

const inputsOf = (workflows: readonly LoadedWorkflow[]) =>
  unusualNames(workflows.flatMap(({ inputNames }) => [...inputNames.declared]))

type Expression = Reference['expression']
type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>

/** Reports an expression that refers to something missing or not yet available. */
function checkExpression({ text, expression }: Reference, context: Context, at: () => Location): void {
  const checker = new Checker(text, context, at)
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

const toRead = (word: string) => `${word}, and write $steps.<stepId>.outputs.<output>.`
const READ_STEP = toRead('Make it an output of a step')

class Checker {
  readonly #text: string
  readonly #context: Context
  readonly #at: () => Location

  constructor(text: string, context: Context, at: () => Location) {
    this.#text = text
    this.#context = context
    this.#at = at
  }

  input(name: string, workflow: LoadedWorkflow | undefined): void {
    if (!workflow) return
    const { declared, others } = workflow.inputNames
    if (others === 'open' || resolveName(name, one => declared.has(one)) !== undefined) return
    const found = `workflow "${workflow.workflowId}" declares no input "${name}"`
    const hint = suggest(name, declared, 'inputs') ?? `Add "${name}" to the properties of its \`inputs\`.`
    this.#add({ code: 'undefined-input', severity: others === 'closed' ? 'error' : 'warning', found, hint })
  }

  /** Checks outputs: those of the workflow that the step runs, otherwise those of the current workflow. */
  outputs(name: string): void {
    const { workflow, called, step, moment } = this.#context
    if (workflow && step && isParallel(workflow) && !(called && moment === 'after'))
      this.#together('it sees what other steps have given by then', READ_STEP)
    if (!workflow || (step && !called && has(step.raw, 'workflowId'))) return
    const owners = called ? [called, workflow] : [workflow]
    for (const owner of owners) {
      const output = resolveName(name, one => owner.outputs.has(one))
      if (output !== undefined) return noteOutput(owner, output, this.#context)
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
      const found = `workflow "${workflow.workflowId}" has no step "${stepId}"`
      return this.#add({ code: 'undefined-step', found, hint: suggest(stepId, workflow.steps.keys(), 'steps') })
    }
    const declared = resolveName(output, one => target.outputs.has(one))
    if (declared === undefined) return this.#undefinedOutput(output, `step "${stepId}"`, target.outputs)
    noteOutput(target, declared, this.#context)
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
    else noteOutput(workflow, declared, this.#context)
  }

  source(expression: Of<'sourceDescriptions'>): void {
    const { sources } = this.#context.document
    const written = `${expression.source}.${expression.reference}`
    const { source: name, reference } = splitSource(written, sources.keys()) ?? expression
    const source = sourceNamed(name, this.#context.document, (code, found, hint, severity) =>
      this.#add({ code, found, hint, severity }),
    )
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
    const found = `source "${name}" has no ${word} and no field "${reference}"`
    const hint = suggest(reference, meant === undefined ? ids : [meant], `${word}s`)
    this.#add({ code: `undefined-${word}`, found, hint })
  }

  component({ type, name }: Of<'components'>): void {
    const components = object(object(this.#context.document.root, 'components'), type)
    if (has(components, name)) {
      const hint = `To use it, write { reference: $components.${type}.${name} } in a list of ${type}.`
      return this.#unavailable('a component is not a value, and this is nothing when it is run', hint)
    }
    const hint = suggest(name, Object.keys(components ?? {}), type)
    this.#add({ code: 'undefined-component', found: `\`components.${type}\` has no "${name}"`, hint })
  }

  /** Message of the current step. A step that runs a workflow sees the last message within it. */
  message(expression: Of<'message'>): void {
    this.newer('$message')
    if (expression.part === 'query') {
      const found = 'a message has no query, and this is nothing when it is run'
      return this.#unavailable(found, 'Look at its headers or payload: $message.header.<name> or $message.payload.')
    }
    const { moment, workflow, step, called, onChannel } = this.#context
    if (this.#asksForLast()) return
    const hint = toRead('Make it an output of the step that receives it')
    if (!workflow || (step && has(step.raw, 'workflowId')) || called) return
    if (moment === 'end') this.#unavailable('a workflow has no message of its own', hint)
    else if (step && !onChannel) this.#unavailable('the step neither sends nor receives a message', hint)
    else if (step && moment === 'before') this.#unavailable('there is no message yet', hint)
  }

  newer(word: string): void {
    if (this.#context.document.version !== '1.0') return
    const found = `${word} came with Arazzo 1.1, and the document is ${scalar(this.#context.document.root, 'arazzo')}`
    this.#add({ code: 'newer-field', found, hint: NEWER })
  }

  /** `$response`, `$statusCode` and similar belong to the current step. */
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
      const hint = toRead('Make it an output of the step')
      return this.#unavailable('a workflow has no request or response of its own', hint)
    }
    const hint = toRead('To use an earlier response, make it an output of its step')
    if (kind === 'response' || kind === 'statusCode') this.#unavailable('the step has no response yet', hint)
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

  /** The last value of a workflow is undefined if its steps run at the same time. */
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
    if (flowOf(workflow).canPrecede(target, step)) return addTo(workflow.reads, step, target)
    const [found, hint] =
      target === step
        ? [`step "${step.stepId}" reads its own output before it has run`, 'Use a value that is there before the step.']
        : [
            `step "${target.stepId}" can only run after step "${step.stepId}"`,
            `Move step "${target.stepId}" before step "${step.stepId}".`,
          ]
    this.#add({ code: 'forward-reference', found, hint })
  }

  #undefinedOutput(name: string, owner: string, outputs: ReadonlySet<string>): void {
    const hint = suggest(name, outputs, 'outputs') ?? `Add "${name}" to its \`outputs\`.`
    const found = `${owner} has no output "${name}"`
    const finding = { code: 'undefined-output', at: this.#at(), failed: `resolve ${this.#text}`, found, hint } as const
    // A wrong name is a mistake for any reader.
    if (didYouMean(name, outputs) !== undefined) this.#context.document.reading.problems.add(finding)
    else addUndeclared(finding, this.#context)
  }

  /** Warns of a value that is nothing when the expression is evaluated. */
  #unavailable(found: string, hint: string): void {
    this.#add({ code: 'unavailable-value', severity: 'warning', found, hint })
  }

  #add(finding: Omit<Finding, 'at' | 'failed'>): undefined {
    return this.#context.document.reading.problems.add({ ...finding, at: this.#at(), failed: `resolve ${this.#text}` })
  }
}

/** Remembers that an expression reads an output of a step or a workflow. */
function noteOutput(owner: LoadedStep | LoadedWorkflow, name: string, { document }: Context): void {
  addTo(document.reading.readOutputs, owner, name)
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}

/**
 * Reports an undeclared output. This is only a warning in an output that nothing reads; which outputs are read is known
 * after the whole document was read.
 */
function addUndeclared(finding: Finding, { document, workflow, step, output }: Context): void {
  const owner = step ?? workflow
  if (owner === undefined || output === undefined) document.reading.problems.add(finding)
  else document.reading.undeclared.push({ owner, name: output, finding })
}
