import { subscribe } from 'node:diagnostics_channel'

/*
 * Knows whether what runs in this process has had to do with another one: a test file that has not, cannot have used
 * the application. For Node tells of every connection, request, process and thread that is made, whoever makes it.
 */

const channels = [
  ...['net.client.socket', 'udp.socket', 'http.client.request.start', 'undici:request:create'],
  ...['child_process', 'worker_threads'],
]

// This module may be loaded twice in a worker, as the client may.
const key = Symbol.for('vitest-arazzo.reach')
const global = globalThis as { [key]?: { isSeen: boolean; isListening: boolean; isOurs: boolean } }
global[key] ??= { isSeen: false, isListening: false, isOurs: false }
const state = global[key]

/** From now on it is known. Never forgotten in a process: what was opened for one file can be used by the next. */
export function watchReach(): void {
  if (state.isListening) return
  state.isListening = true
  for (const channel of channels)
    subscribe(channel, () => {
      state.isSeen ||= !state.isOurs
    })
}

/** Whether there was anything; yes, when nobody has looked. */
export function hasReachedOut(): boolean {
  return state.isSeen || !state.isListening
}

/** Says so of what Node does not tell of. */
export function reachedOut(): void {
  state.isSeen = true
}

/** Does what is ours and not the test file's. */
export function unseen<T>(fn: () => T): T {
  state.isOurs = true
  try {
    return fn()
  } finally {
    state.isOurs = false
  }
}
