import type { ArazzoDocument, Operation } from '../../document/model.ts'
import { stepOf } from './places.ts'
import type { Tries } from './tries.ts'
import { withStep } from './without.ts'

/** Status of a path that is not served, and of data that is not there. */
export const UNSERVED = 404

/** End of a path that no application serves, for the path of any operation. */
const END = '/vitest-arazzo/no-such-path'

/** The document with another path for a step, which no application serves. */
export const withUnservedPath = (document: ArazzoDocument, place: Tries): ArazzoDocument | undefined =>
  withOperation(document, place, ({ path }) => ({ path: path.replace(/\/$/, '') + END }))

/** The document with a step that gets which methods its path has. */
export const withOptions = (document: ArazzoDocument, place: Tries): ArazzoDocument | undefined =>
  withOperation(document, place, () => ({ method: 'OPTIONS' }))

function withOperation(
  document: ArazzoDocument,
  place: Tries,
  change: (operation: Operation) => Partial<Operation>,
): ArazzoDocument | undefined {
  const step = stepOf(document, place)
  if (step?.target.kind !== 'operation') return undefined
  const { operation } = step.target
  return withStep(document, place.workflowId, {
    ...step,
    target: { ...step.target, operation: { ...operation, ...change(operation) } },
  })
}

/** Methods of the path of a step, by the last response to it. */
export function methodsIn({ last }: Tries): string[] {
  const { allow = '' } = last.exchange?.response?.headers ?? {}
  return allow.toUpperCase().split(/[\s,]+/)
}

/** Whether the last response to a step is that to a path which is not served. */
export function isUnserved(tries: Tries, unserved: Tries): boolean {
  const [own, other] = [tries, unserved].map(({ last }) => last.exchange?.response)
  if (own === undefined || other === undefined || own.status !== other.status) return false
  return own.headers['content-type'] === other.headers['content-type'] && wordsOf(own.body) === wordsOf(other.body)
}

/** A body without the path, ids and times that it may hold. */
const wordsOf = (body: unknown) =>
  (JSON.stringify(body) ?? '').replaceAll(END, '').replaceAll(/[0-9a-f]{8}[0-9a-f-]*|\d+/gi, '#')
