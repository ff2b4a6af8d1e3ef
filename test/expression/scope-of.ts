import type { Pointer } from '../../src/expression/ast.ts'
import { getAt, memberOf } from '../../src/expression/pointer.ts'
import type { Scope } from '../../src/expression/scope.ts'

export interface Given {
  url?: string
  method?: string
  statusCode?: number
  self?: string
  body?: unknown
  headers?: Record<string, string>
  cookies?: Record<string, string>
  request?: {
    headers?: Record<string, string>
    query?: Record<string, unknown>
    path?: Record<string, unknown>
    body?: unknown
  }
  message?: { headers?: Record<string, string>; payload?: unknown }
  inputs?: Record<string, unknown>
  outputs?: Record<string, unknown>
  steps?: Record<string, Record<string, unknown>>
  workflows?: Record<string, { inputs: Record<string, unknown>; outputs: Record<string, unknown> }>
  sources?: Record<string, Record<string, unknown>>
}

/** A scope that also remembers what was asked of its response. */
export function scopeOf(given: Given): Scope & { readonly asked: (Pointer | 'body')[] } {
  const { headers = {}, request = {}, message } = given
  const asked: (Pointer | 'body')[] = []
  return {
    asked,
    url: given.url,
    method: given.method,
    statusCode: given.statusCode,
    self: given.self,
    request: {
      header: name => request.headers?.[name],
      query: name => request.query?.[name],
      path: name => request.path?.[name],
      body: request.body,
    },
    response: {
      header: name => headers[name],
      headerLine: name => headers[name],
      cookie: name => given.cookies?.[name],
      get body() {
        asked.push('body')
        return given.body
      },
      at: pointer => {
        asked.push(pointer)
        return getAt(given.body, pointer)
      },
    },
    message: message && { header: name => message.headers?.[name], path: () => undefined, payload: message.payload },
    inputs: given.inputs ?? {},
    outputs: given.outputs ?? {},
    step: id => given.steps?.[id],
    stepOutput: (id, name) => memberOf(given.steps && memberOf(given.steps, id), name),
    workflow: id => given.workflows?.[id],
    source: (name, reference) => given.sources?.[name]?.[reference],
  }
}
