import { failure } from '../../ground/fault.ts'
import type { InputCaller } from '../feed/caller.ts'
import type { Asked, Supplied } from '../thread/protocol.ts'

/** Who makes inputs when they are asked for. */
export type Supplier = Pick<InputCaller, 'next' | 'forUser'>

/**
 * Makes the inputs that a thread asks for, and tells it. Never rejects.
 *
 * @param tell throws for what cannot go to another thread, such as a function among the values.
 * @param onFault is told why there are none; the thread then gets the last of them.
 */
export async function supply(
  from: Supplier,
  asked: Asked,
  tell: (supplied: Supplied) => void,
  onFault: (error: Error) => void,
): Promise<void> {
  try {
    tell(await suppliedBy(from, asked))
  } catch (error) {
    onFault(faultOf(error))
    tell(
      asked.type === 'ask'
        ? { type: 'rows', rows: [], isLast: true }
        : { type: 'row', user: asked.user, row: undefined },
    )
  }
}

async function suppliedBy(from: Supplier, asked: Asked): Promise<Supplied> {
  if (asked.type === 'ask') return { type: 'rows', ...(await from.next(asked.rows)) }
  const { user } = asked
  return { type: 'row', user, row: await from.forUser(user) }
}

function faultOf(error: unknown): Error {
  if (!(error instanceof Error) || error.name !== 'DataCloneError') return error as Error
  return failure('feed', 'inputs', error.message.replace(/\.$/, ''), 'Let the function return plain data.')
}
