import type { InputCaller } from '../feed/caller.ts'
import type { Asked, Supplied } from '../thread/protocol.ts'

/** Who makes inputs when they are asked for. */
export type Supplier = Pick<InputCaller, 'next' | 'forUser'>

/**
 * Makes the inputs that a thread asks for.
 *
 * @param onFault is told why there are none; the thread then gets the last of them.
 */
export async function supply(from: Supplier, asked: Asked, onFault: (error: Error) => void): Promise<Supplied> {
  try {
    if (asked.type === 'ask') return { type: 'rows', ...(await from.next(asked.rows)) }
    const { user } = asked
    return { type: 'row', user, row: await from.forUser(user) }
  } catch (error) {
    onFault(error as Error)
    return asked.type === 'ask'
      ? { type: 'rows', rows: [], isLast: true }
      : { type: 'row', user: asked.user, row: undefined }
  }
}
