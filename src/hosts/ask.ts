import { deserialize, serialize } from 'node:v8'
import { failure } from '../ground/fault.ts'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { Bus } from './bus.ts'
import { type KeyFor, SEAL, seal, unseal } from './seal.ts'

/** Something that is asked once, and responded to: for each there are keys of its own. */
type Use = 'join' | 'clock'

/** A question that was opened. */
interface Opened {
  asked: unknown
  /** Seals a response to this question, which is one to no other. */
  sealed(response: unknown): Uint8Array
}

/**
 * Asks a sealed question; rejects without a response in time, and for a response that is not to this question.
 *
 * @param head what goes before it as it is.
 */
export async function ask(
  bus: Bus,
  subject: string,
  keyFor: KeyFor,
  use: Use,
  asked: unknown,
  within: Milliseconds,
  head: Uint8Array = new Uint8Array(0),
): Promise<unknown> {
  const question = seal(keyFor(`${use}: question`), serialize(asked))
  const response = await bus.request(subject, Buffer.concat([head, question]), within)
  const key = keyFor(`${use}: response`)
  const read: unknown = tried(() => deserialize(unseal(key, response, question.subarray(0, SEAL))))
  if (read !== undefined) return read
  throw failure('read', 'its response', 'it was not sealed with the keys of this run', 'Start the load test again.')
}

/** Throws for what was not asked with these keys. */
export function opened(keyFor: KeyFor, use: Use, question: Uint8Array): Opened {
  const asked: unknown = deserialize(unseal(keyFor(`${use}: question`), question))
  return {
    asked,
    sealed: response => seal(keyFor(`${use}: response`), serialize(response), undefined, question.subarray(0, SEAL)),
  }
}
