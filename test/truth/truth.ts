/** A request, as the application logged it. Times are milliseconds from its first request. */
export interface Logged {
  step: 1 | 2
  /** Id of the iteration. */
  id: number
  at: number
  outcome: 'ok' | 'status' | 'wrong' | 'hang' | 'reset' | 'cut' | 'limited'
  /** When the last byte was written or the connection was cut; absent if neither happened. */
  ended?: number
}

/** True figures of a load, by the application's own log. */
export interface Truth {
  iterations: number
  failed: number
  /** Complete responses a second: those of the window, and all. */
  responses: [inWindow: number, all: number]
  /** Latency of iterations, ascending: infinite where a response never came. */
  all: readonly number[]
  passed: readonly number[]
}

/** `timeout` is that of a request, `length` that of the load: both in milliseconds. */
export function truthOf(log: readonly Logged[], steps: number, timeout: number, length: number): Truth {
  const second = new Map(log.filter(({ step }) => step === 2).map(entry => [entry.id, entry]))
  const isAnswered = ({ at, ended, outcome }: Logged) =>
    ended !== undefined && outcome !== 'cut' && outcome !== 'reset' && ended - at < timeout
  const all: number[] = []
  const passed: number[] = []
  for (const first of log.filter(({ step }) => step === 1)) {
    const chain = [first, ...(steps === 2 && isAnswered(first) && first.outcome === 'ok' ? [second.get(first.id)] : [])]
    const last = chain.at(-1)
    const isWhole = chain.every(entry => entry !== undefined && isAnswered(entry))
    const isTimely = last?.ended !== undefined && last.ended - last.at < timeout
    const latency = isTimely ? last.ended! - first.at : Number.POSITIVE_INFINITY
    all.push(latency)
    if (isWhole && chain.every(entry => entry!.outcome === 'ok')) passed.push(latency)
  }
  const answered = log.filter(isAnswered)
  const perSecond = (entries: readonly Logged[]) => (entries.length * 1_000) / length
  return {
    iterations: all.length,
    failed: all.length - passed.length,
    responses: [perSecond(answered.filter(({ ended }) => ended! < length)), perSecond(answered)],
    all: all.sort((a, b) => a - b),
    passed: passed.sort((a, b) => a - b),
  }
}

/** By nearest rank. */
export function percentile(ascending: readonly number[], q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? Number.POSITIVE_INFINITY
}
