import { failure } from '../../ground/fault.ts'
import type { InputCaller } from '../feed/caller.ts'
import type { Supplied, ThreadQuery } from '../thread/protocol.ts'

/** Source of requested inputs. */
export type Supplier = Pick<InputCaller, 'next' | 'forUser'>

/**
 * Makes the inputs that a thread requests, and sends them to it. Never rejects.
 *
 * @param send throws for values that cannot be sent to another thread, such as functions.
 * @param onFault receives the reason without inputs; the thread then gets the last of them.
 */
export async function supply(
  from: Supplier,
  query: ThreadQuery,
  send: (supplied: Supplied) => void,
  onFault: (error: Error) => void,
): Promise<void> {
  try {
    send(await suppliedBy(from, query))
  } catch (error) {
    onFault(faultOf(error))
    send(
      query.type === 'need rows'
        ? { type: 'rows', rows: [], isLast: true }
        : { type: 'row', user: query.user, row: undefined },
    )
  }
}

async function suppliedBy(from: Supplier, query: ThreadQuery): Promise<Supplied> {
  if (query.type === 'need rows') return { type: 'rows', ...(await from.next(query.rows)) }
  const { user } = query
  return { type: 'row', user, row: await from.forUser(user) }
}

function faultOf(error: unknown): Error {
  if (!(error instanceof Error) || error.name !== 'DataCloneError') return error as Error
  return failure('feed', 'inputs', error.message.replace(/\.$/, ''), 'Let the function return plain data.')
}
