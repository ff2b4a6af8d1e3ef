import { isMainThread } from 'node:worker_threads'

/**
 * Calls back at the first Ctrl-C (SIGINT); returns how to call that off. The second Ctrl-C ends the process, as ever. A
 * process that listens for itself is left to do so.
 */
export function onInterrupt(callback: () => void): () => void {
  if (!isMainThread || process.listenerCount('SIGINT') > 0) return () => {}
  process.once('SIGINT', callback)
  return () => process.off('SIGINT', callback)
}
