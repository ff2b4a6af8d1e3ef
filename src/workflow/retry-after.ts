import { performance } from 'node:perf_hooks'
import type { ResponseView } from '../expression/index.ts'
import type { Milliseconds } from '../units.ts'

/**
 * How long to wait before a retry: what the server asked for, else what the action says.
 * Sources: Arazzo 1.1.0, "Failure Action Object"; RFC 9110, 10.2.3 (`Retry-After` in seconds or as an HTTP date).
 */
export function retryDelay(ofAction: Milliseconds, response: ResponseView): Milliseconds {
  const text = response.header('retry-after')
  if (text === undefined) return ofAction
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  if (Number.isNaN(date)) return ofAction
  return Math.max(0, date - (performance.timeOrigin + performance.now()))
}
