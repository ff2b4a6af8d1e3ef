import type { Operation } from '../document/model.ts'
import type { Fault } from '../ground/fault.ts'
import { contentTypeOf } from '../http/content-type.ts'
import { matchMediaType } from './media-type.ts'

/** Statuses of responses that have no body, also if one is documented. Source: RFC 9110, 15.3.5, 15.3.6 and 15.4.5. */
export const WITHOUT_BODY = new Set([204, 205, 304])

/** How a status is documented: by itself, its range, or `default`. Source: OpenAPI 3.1.1, "Responses Object". */
export function nameOfResponse({ responses }: Operation, status: number): string | undefined {
  const names = Object.keys(responses)
  return [String(status), `${Math.floor(status / 100)}XX`, 'DEFAULT']
    .map(wanted => names.find(name => name.toUpperCase() === wanted))
    .find(name => name !== undefined)
}

/**
 * Why nothing can be found in a body that is not JSON. Undefined for JSON, and for what the description lists for the
 * status: a value that is not there is expected then.
 */
export function notJson(
  operation: Operation,
  status: number,
  contentType: string | undefined,
  isEmpty: boolean,
): Fault | undefined {
  const name = nameOfResponse(operation, status)
  const content = name === undefined ? [] : operation.responses[name]!.content
  const fault = (found: string, advice: string): Fault => ({ verb: 'read', thing: 'the body as JSON', found, advice })
  if (isEmpty) {
    const mayBe = content.length === 0 || WITHOUT_BODY.has(status) || operation.method === 'HEAD'
    return mayBe ? undefined : fault('it is empty', `List ${status} without content in the description if it may be.`)
  }
  if (contentType === undefined)
    return fault('it has no Content-Type, and is not JSON', 'Look at what the server sends.')
  if (contentTypeOf(contentType).kind === 'json' || matchMediaType(contentType, content) !== undefined) return undefined
  const advice = 'Look at what the server sends (a login or error page?), or list this type in the description.'
  return fault(`its Content-Type is ${contentType}`, advice)
}
