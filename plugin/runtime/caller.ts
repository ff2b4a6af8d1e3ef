import { isUserError } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'

type Entry = (...args: never[]) => unknown

/** The lines of the stack below `entry`, which is one of ours: where in the user's file it was called. */
export function callerFrames(entry: Entry): string[] {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, entry)
  return (holder.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
}

/** Runs `fn`. What is said about the call leads to the call; a fault of our own keeps its stack. */
export async function atCaller<T>(entry: Entry, fn: () => Promise<T>): Promise<T> {
  const frames = callerFrames(entry)
  try {
    return await fn()
  } catch (error) {
    if (isUserError(error)) error.stack = stackOf(error.name, error.message, frames)
    throw error
  }
}
