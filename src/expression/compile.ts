import type { Expression, Pointer, Template, TextTemplate } from './ast.ts'
import { embedIn, stringify } from './embed.ts'
import { memoize } from './memo.ts'
import { narrowSelector } from './narrow.ts'
import { getAt, intern, lookup, memberOf, WHOLE } from './pointer.ts'
import type { Evaluate, Scope } from './scope.ts'
import { compileSelector, noStructure } from './select.ts'
import { compileExtract } from './selector.ts'

/** An expression as a closure that reads the scope and makes nothing. */
export function compileExpression(expression: Expression): Evaluate {
  switch (expression.kind) {
    case 'url':
      return scope => scope.url
    case 'method':
      return scope => scope.method
    case 'statusCode':
      return scope => scope.statusCode
    case 'self':
      return scope => scope.self
    case 'request':
      return compileRequest(expression)
    case 'response':
      return compileResponse(expression)
    case 'message':
      return compileMessage(expression)
    case 'inputs':
    case 'outputs': {
      const { kind, name, pointer } = expression
      const valuesOf = named(scope => scope[kind], name)
      return within(valuesOf, pointer)
    }
    case 'steps': {
      const { stepId, output } = expression
      return within(
        output.includes('.') ? scope => lookup(scope.step(stepId), output) : scope => scope.stepOutput(stepId, output),
        expression.pointer,
      )
    }
    case 'workflows': {
      const { workflowId, field } = expression
      const valuesOf = named(scope => scope.workflow(workflowId)?.[field], expression.name)
      return within(valuesOf, expression.pointer)
    }
    case 'sourceDescriptions': {
      const { source, reference } = expression
      return scope => scope.source(source, reference)
    }
    case 'components':
      // Components are put in where they are referred to when the document is read: they are not values of a run.
      return () => undefined
  }
}

/** Like `compileExpression`, for a value that will be searched. A body is read like a pointer. */
export function compileSearched(expression: Expression): Evaluate {
  const isBody = expression.kind === 'response' && expression.part === 'body' && expression.pointer === undefined
  return isBody ? scope => scope.response?.at(WHOLE) : compileExpression(expression)
}

function named(record: Evaluate, name: string): Evaluate {
  return name.includes('.') ? scope => lookup(record(scope), name) : scope => memberOf(record(scope), name)
}

function within(value: Evaluate, pointer: Pointer | undefined): Evaluate {
  return pointer === undefined ? value : scope => getAt(value(scope), pointer)
}

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>

function compileRequest(expression: Of<'request'>): Evaluate {
  if (expression.part === 'body') return within(scope => scope.request?.body, expression.pointer)
  const { part, name } = expression
  return scope => scope.request?.[part](name)
}

function compileResponse(expression: Of<'response'>): Evaluate {
  if (expression.part === 'body') {
    if (expression.pointer === undefined) return scope => scope.response?.body
    const pointer = intern(expression.pointer)
    return scope => scope.response?.at(pointer)
  }
  const { part, name } = expression
  if (part === 'header') return scope => scope.response?.header(name)
  if (part === 'cookie') return scope => scope.response?.cookie(name)
  if (part === 'query') return scope => queryParameter(scope.response?.header('location'), name)
  return () => undefined
}

/** The grammar allows `query` after `$response`. It is the query of the redirect address. */
function queryParameter(location: string | undefined, name: string): string | undefined {
  const query = location === undefined ? undefined : /\?([^#]*)/.exec(location)?.[1]
  return query === undefined ? undefined : (new URLSearchParams(query).get(name) ?? undefined)
}

function compileMessage(expression: Of<'message'>): Evaluate {
  if (expression.part === 'payload') return within(scope => scope.message?.payload, expression.pointer)
  const { part, name } = expression
  // The grammar allows `query` after `$message`, but a message has no query.
  if (part === 'query') return () => undefined
  return scope => scope.message?.[part](name)
}

/**
 * Text with the values of its expressions. `embed` decides how a value stands in it; by default as the
 * specification says.
 */
export function compileText(
  template: TextTemplate,
  embed: (value: unknown, part: number) => string = stringify,
): (scope: Scope) => string {
  const parts = template.parts.map(part => (typeof part === 'string' ? part : compileExpression(part.expression)))
  return scope => {
    let text = ''
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      text += typeof part === 'string' ? part : embed(part(scope), i)
    }
    return text
  }
}

/**
 * A template as a closure. Literals are given out as they are, not copied, and so are the values of
 * expressions: callers copy a result before they change it. Only selectors throw (ExpressionError: a context
 * that cannot be searched).
 */
export function compileTemplate(template: Template): Evaluate {
  switch (template.kind) {
    case 'literal': {
      const { value } = template
      return () => value
    }
    case 'expression':
      return compileExpression(template.expression)
    case 'text':
      return compileText(template)
    case 'selector':
      return compileSelectorTemplate(template)
    case 'extract':
      return compileExtraction(template)
    case 'array': {
      const items = template.items.map(compileTemplate)
      return scope => items.map(item => item(scope))
    }
    case 'object':
      return compileObject(template.members)
  }
}

function compileExtraction({ of, extract }: Template & { kind: 'extract' }): Evaluate {
  const searched = compileSearchedText(of)
  const take = compileExtract(extract)
  return scope => {
    const text = searched(scope)
    return text === undefined ? undefined : take(text)
  }
}

/** The text that an `x-extract` searches. A header is searched in all of its values: a `Link` may stand in several. */
export function compileSearchedText(of: Template): (scope: Scope) => string | undefined {
  const context = of.kind === 'expression' ? of.expression : undefined
  if (context?.kind === 'response' && context.part === 'header')
    return scope => scope.response?.headerLine(context.name)
  const evaluate = compileTemplate(of)
  return scope => {
    const value = evaluate(scope)
    return value === undefined || value === null ? undefined : stringify(value)
  }
}

function compileObject(members: Extract<Template, { kind: 'object' }>['members']): Evaluate {
  const names = members.map(([name]) => name)
  const values = members.map(([, value]) => compileTemplate(value))
  if (names.includes('__proto__')) {
    return scope => Object.fromEntries(names.map((name, i) => [name, values[i]!(scope)]))
  }
  return scope => {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) object[names[i]!] = values[i]!(scope)
    return object
  }
}

function compileSelectorTemplate(template: Extract<Template, { kind: 'selector' }>): Evaluate {
  const { selector, type } = template
  if (typeof selector === 'string') {
    const { context, read, select } = narrowSelector(template.context.expression, type, selector)
    const value = compileExpression(read)
    if (context === template.context.expression) return scope => select!(value(scope))
    return scope => {
      const found = value(scope)
      if (found === undefined && scope.response?.isText) throw noStructure(selector)
      return select === undefined ? found : select(found)
    }
  }
  const context = compileExpression(template.context.expression)
  const text = compileText(selector, embedIn(type.type, selector))
  const select = memoize(text => compileSelector(type, text, true))
  return scope => select(text(scope))(context(scope))
}
