/** Where the threads of the generator tell of their memory, and hear when to collect what is garbage. */
export const CHANNEL = 'soak-thread-memory'
export const COLLECT = 'collect'
/** The name under which load threads find how many bytes to leak a second. */
export const LEAK = 'soak-leak'

/** Of one thread, in bytes. */
export interface ThreadMemory {
  isMain: boolean
  /** In use behind the last collection of the whole heap that was asked for; absent before the first. */
  live?: number
  /** What the heap has of the machine's memory, with what is garbage or not used yet. */
  heap: number
  /** Outside the heap. */
  buffers: number
}
