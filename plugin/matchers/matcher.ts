/** Vitest context of a matcher, as a structure that fits the types of both 4 and 5. */
export interface MatcherContext {
  isNot?: boolean
  promise?: string
  utils: {
    matcherHint(
      name: string,
      received?: string,
      expected?: string,
      options?: { isNot?: boolean; promise?: string },
    ): string
    EXPECTED_COLOR(text: string): string
    RECEIVED_COLOR(text: string): string
  }
}

export interface MatcherResult {
  pass: boolean
  message: () => string
}

/** One call of a matcher, for its messages. */
export interface Call {
  context: MatcherContext
  matcher: string
  /** Argument of `expect(…)`: `report`, `report.target`. */
  of: string
  args?: readonly unknown[]
}

export interface Sides {
  expected: string
  received: string
  /** A paragraph below. */
  why?: string
}

/** The received value has what was expected, or it has not. */
export function decided(call: Call, pass: boolean, sides: () => Sides): MatcherResult {
  const not = call.context.isNot ? 'not ' : ''
  return {
    pass,
    message() {
      const { expected, ...rest } = sides()
      return layOut(call, { expected: not + expected, ...rest })
    },
  }
}

/** Fails an assertion that nothing decides: no data, or data that decide nothing. Fails with `.not` as well. */
export function undecided(call: Call, sides: () => Sides): MatcherResult {
  return decided(call, call.context.isNot === true, sides)
}

/**
 * It cannot have it: the question itself is wrong. Fails with `.not` as well; `expected` is what to ask of, or with.
 */
export function misused(call: Call, sides: () => Sides): MatcherResult {
  return { pass: call.context.isNot === true, message: () => layOut(call, sides()) }
}

function layOut({ context, matcher, of, args = [] }: Call, { expected, received, why }: Sides): string {
  const { utils, isNot = false, promise = '' } = context
  const hint = utils.matcherHint(matcher, of, args.map(show).join(', '), { isNot, promise })
  const lines = [hint, '', `Expected: ${utils.EXPECTED_COLOR(expected)}`, `Received: ${utils.RECEIVED_COLOR(received)}`]
  return [...lines, ...(why ? ['', why] : [])].join('\n')
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
