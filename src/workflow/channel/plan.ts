import type { Channel, Parameter, Step } from '../../document/model.ts'
import type { Template } from '../../expression/ast.ts'
import { compileTemplate, type Evaluate, getAt, parsePointer, type Scope, stringify } from '../../expression/index.ts'
import { asText } from '../../ground/json.ts'
import { isJsonType } from '../../ground/media-type.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { compileReplaced } from '../request/body.ts'
import { originOfNothing, RequestError } from '../request/error.ts'
import type { ChannelMessage, ReceivedMessage } from './transport.ts'

/** How long a step on a channel may take that does not say: a message that is not there by then hardly ever comes. */
export const CHANNEL_TIMEOUT: Milliseconds = 10_000

type Target = Extract<Step['target'], { kind: 'channel' }>

/** A step on a channel, laid out once; the functions fill it in for one attempt. */
export type ChannelPlan = ReturnType<typeof compileChannel>

export function compileChannel(step: Step, target: Target, parameters: readonly Parameter[]) {
  const { source, action, channel, correlationId } = target
  const address = compileAddress(step, channel, parameters)
  const headers = parameters
    .filter(parameter => parameter.in === 'header')
    .map(({ name, value }) => ({ name, evaluate: compileTemplate(value) }))
  const contentType = step.requestBody?.contentType ?? channel.messages[0]?.contentType ?? 'application/json'
  const payload = compilePayload(step, contentType)
  const correlationOf = correlationReader(channel)
  return {
    source,
    action,
    channel,
    timeout: step.timeout ?? CHANNEL_TIMEOUT,
    correlationOf,
    /** Throws RequestError when a parameter of it has no value. */
    address,
    message(scope: Scope): ChannelMessage {
      const message: ChannelMessage = { address: address(scope), headers: {}, payload: payload(scope), contentType }
      for (const { name, evaluate } of headers) {
        const value = evaluate(scope)
        if (value !== undefined && value !== null) message.headers[name] = value
      }
      const id = correlationOf(message)
      if (id !== undefined) message.correlationId = id
      return message
    },
    /** The id that is waited for; absent when any message will do. Throws RequestError when it has no value. */
    expectedId: correlationId && expected(step, correlationId),
  }
}

function expected(step: Step, template: Template): (scope: Scope) => unknown {
  const evaluate = compileTemplate(template)
  return scope => {
    const value = evaluate(scope)
    if (value !== undefined && value !== null) return value
    const thing = `step "${step.stepId}"`
    const found = 'its correlationId has no value, so that any message would do'
    throw new RequestError({ verb: 'run', thing, found, advice: originOfNothing(template) }, step.at)
  }
}

function compileAddress(
  step: Step,
  { address, parameters: described }: Channel,
  parameters: readonly Parameter[],
): (scope: Scope) => string {
  const values = new Map(
    parameters
      .filter(({ in: place }) => place === 'path')
      .map(({ name, value }) => [name, { value, evaluate: compileTemplate(value) }]),
  )
  return scope =>
    address.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
      const given = values.get(name)
      const value = given?.evaluate(scope) ?? described[name]?.default
      if (value !== undefined && value !== '') return stringify(value)
      const thing = `the message of step "${step.stepId}"`
      const found = `parameter {${name}} of ${address} has no value`
      const advice = given ? originOfNothing(given.value) : 'Give it one in `parameters`.'
      throw new RequestError({ verb: 'address', thing, found, advice }, step.at)
    })
}

/** JSON drops missing values, as in a request; a message is a copy that is not changed afterwards. */
function compilePayload({ requestBody }: Step, contentType: string): Evaluate {
  const isJson = isJsonType(contentType)
  const { payload = { kind: 'literal', value: undefined } as const, replacements = [] } = requestBody ?? {}
  const evaluate = compileReplaced(payload, replacements, isJson, contentType)
  return scope => {
    const value = evaluate(scope)
    return isJson && value !== undefined ? JSON.parse(JSON.stringify(asText(value))) : value
  }
}

/** A header's value; names have no case. */
export function headerOf(headers: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  if (!headers) return undefined
  if (Object.hasOwn(headers, name)) return headers[name]
  const lower = name.toLowerCase()
  const found = Object.keys(headers).find(one => one.toLowerCase() === lower)
  return found === undefined ? undefined : headers[found]
}

/**
 * Reads the place in the description (of any of its messages), else the value of the transport says, else a header
 * `correlationId`, however it is written. Source: AsyncAPI 3.0.0, "Correlation ID Object".
 */
function correlationReader({ messages }: Channel): (message: ReceivedMessage | ChannelMessage) => unknown {
  const places = messages.flatMap(({ correlation }) =>
    correlation ? [{ part: correlation.part, pointer: parsePointer(correlation.pointer) }] : [],
  )
  return message => {
    for (const { part, pointer } of places) {
      const [name, ...rest] = pointer.tokens
      const value =
        part === 'payload' ? getAt(message.payload, pointer) : rest.length === 0 && headerOf(message.headers, name!)
      if (value !== undefined && value !== false) return value
    }
    if (message.correlationId !== undefined) return message.correlationId
    if (places.length > 0) return undefined
    const header = Object.keys(message.headers ?? {}).find(name => /^(?:x-)?correlation[-_]?id$/i.test(name))
    return header === undefined ? undefined : message.headers![header]
  }
}
