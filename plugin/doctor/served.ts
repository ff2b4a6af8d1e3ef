import { randomUUID } from 'node:crypto'
import type { Operation, OperationParameter } from '../../src/document/model.ts'
import { isObject } from '../../src/ground/object.ts'
import { encodeStrict } from '../../src/workflow/request/style.ts'
import { type Harmless, look, type Seen } from './look.ts'

/** Whether a server serves an operation; `found` is what says that it does not. */
export type Served =
  | { is: 'served'; status: number }
  | { is: 'unknown' }
  | { is: 'missing'; found: string }
  /** Nobody listens, or there is no response at all. */
  | { is: 'refused' | 'silent' }

/**
 * Finds out which operations a server serves by requests that change nothing: GET for what is described as GET, OPTIONS
 * and GET for the rest. What a server says of a path that nobody serves is known first: where it says the same of an
 * operation, a GET without parameters is missing, and of all others nothing is known.
 */
export class Surveyor {
  readonly #base: string
  readonly #strange = new Map<Harmless, Promise<Seen | 'refused' | undefined>>()

  /** @param base origin and path of the server. */
  constructor(base: string) {
    this.#base = base
  }

  async ask(operation: Operation): Promise<Served> {
    const { method } = operation
    if ((await this.#strangePath('GET')) === undefined) return { is: 'silent' }
    return method === 'GET' || method === 'HEAD' ? this.#askFor(method, operation) : this.#askAbout(operation)
  }

  /** An operation that changes nothing. */
  async #askFor(method: Harmless, operation: Operation): Promise<Served> {
    const path = pathOf(operation)
    const [seen, strange] = [await look(method, this.#base + path), await this.#strangePath(method)]
    if (seen === 'refused') return { is: 'refused' }
    if (seen === undefined || strange === undefined || strange === 'refused') return { is: 'unknown' }
    const isAlike = seen.status === strange.status && bare(seen.body, path) === bare(strange.body, this.#strangeName)
    if (seen.status === 405 || seen.status === 501) {
      if (isAlike) return { is: 'unknown' }
      return { is: 'missing', found: `the response to ${method} is HTTP ${seen.status}` }
    }
    if (!isAlike) return { is: 'served', status: seen.status }
    // An item that is not there may look like a path that is not there; without parameters there is no such item.
    if (seen.status !== 404 || operation.path.includes('{')) return { is: 'unknown' }
    return { is: 'missing', found: 'the response is HTTP 404, as to a path that nobody serves' }
  }

  /** An operation that may change something: it is asked what may be done there. */
  async #askAbout(operation: Operation): Promise<Served> {
    const path = pathOf(operation)
    for (const method of ['OPTIONS', 'GET'] as const) {
      const [seen, strange] = [await look(method, this.#base + path), await this.#strangePath(method)]
      if (seen === 'refused') return { is: 'refused' }
      if (seen === undefined || strange === undefined || strange === 'refused') continue
      // A server that says the same of every path says nothing of this one.
      if (seen.allow.length === 0 || seen.allow.join() === strange.allow.join()) continue
      if (seen.allow.includes(operation.method)) return { is: 'served', status: seen.status }
      return { is: 'missing', found: `the server allows ${seen.allow.join(', ')} there` }
    }
    return { is: 'unknown' }
  }

  readonly #strangeName = `/vitest-arazzo-${randomUUID()}`

  #strangePath(method: Harmless): Promise<Seen | 'refused' | undefined> {
    const known = this.#strange.get(method) ?? look(method, this.#base + this.#strangeName)
    this.#strange.set(method, known)
    return known
  }
}

/** A body without the path that was asked for, and without what differs from one response to the next. */
function bare(body: string, path: string): string {
  return body
    .replaceAll(path, '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '')
    .replaceAll(/\d+/g, '')
}

/** The path with values for its parameters: examples, else any of their type. */
function pathOf({ path, parameters }: Operation): string {
  return path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const parameter = parameters.find(one => one.in === 'path' && one.name === name)
    return encodeStrict(String(sampleFor(parameter)))
  })
}

function sampleFor(parameter: OperationParameter | undefined): unknown {
  const schema = parameter?.schema?.schema
  if (parameter?.example !== undefined) return parameter.example
  if (!isObject(schema)) return 'x'
  const { type, format, enum: choices, example } = schema
  if (example !== undefined) return example
  if (Array.isArray(choices) && choices.length > 0) return choices[0]
  if (format === 'uuid') return '00000000-0000-4000-8000-000000000000'
  return type === 'integer' || type === 'number' ? 1 : 'x'
}
