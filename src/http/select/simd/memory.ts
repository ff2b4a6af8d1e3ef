import { Buffer } from 'node:buffer'
import type { Bytes } from '../../../ground/units.ts'
import { MODULE } from './module.ts'

const PAGE: Bytes = 65_536
/** The module's tables stand in the first page. The second is for bytes from elsewhere, the third is lent. */
export const COPIES = PAGE
const LENT = 2 * PAGE
/** Behind the third so much more is read, of which nothing is concluded. */
const PAGES = 4

/** The memory that the scan reads; undefined where WebAssembly is missing, or this much address space. */
export const memory: WebAssembly.Memory | undefined = make()

function make(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
  } catch {
    return undefined
  }
}

/** A buffer of 64 KiB within the scan's memory, for one owner: what lies there is scanned without a copy. */
export function lendBuffer(): Buffer {
  return memory === undefined ? Buffer.allocUnsafeSlow(PAGE) : Buffer.from(memory.buffer, LENT, PAGE)
}

export interface Scan {
  /** The place behind the value and the containers around it; 0 after giving up: then where to go on stands beside. */
  skip(from: number, to: number, depth: number, low: number, high: number): number
  /**
   * The place behind the commas of so many items of an array from `from` on, or of as many as are whole; that of the
   * bracket where the array ends before. Which of them, the words at memory's start say: how many, and 1 for the end.
   */
  items(from: number, to: number, count: number): number
  /** The place behind `depth` containers of a kind by their brackets alone; 0 where they do not end here. */
  leap(from: number, to: number, depth: number, kind: number, mode: number): number
  /** How many are open at the end, and 1 in a string, 2 behind its backslash. */
  readonly openAt: { value: number }
  readonly modeAt: { value: number }
  /** The place of the first byte that may not stand in a string as it is, or `to`. */
  plainEnd(from: number, to: number): number
  readonly at: { value: number }
  readonly depthAt: { value: number }
  readonly low: { value: number }
  readonly high: { value: number }
}

let scan: Scan | undefined | null = null

/** The thread's. Undefined where there is no memory, or the machine has no SIMD. */
export function theScan(): Scan | undefined {
  if (scan === null) scan = compile()
  return scan
}

function compile(): Scan | undefined {
  const bytes = Buffer.from(MODULE, 'base64')
  if (memory === undefined || !WebAssembly.validate(bytes)) return undefined
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as Scan
}
