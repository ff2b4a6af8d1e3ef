import { counted } from '../../src/ground/words.ts'
import { type MatcherContext, type MatcherResult, misused } from './matcher.ts'

type Matcher = (this: MatcherContext, ...args: never[]) => MatcherResult | Promise<MatcherResult>

/**
 * Matchers that refuse unknown arguments: `toSustainRps(1_000, { latency: 'p99 < 100ms' })` would pass without a check
 * of the latency.
 */
export function exact<Matchers extends Record<string, Matcher>>(matchers: Matchers): Matchers {
  return Object.fromEntries(
    Object.entries(matchers).map(([name, matcher]) => [name, refusing(name, matcher)]),
  ) as Matchers
}

function refusing(name: string, matcher: Matcher): Matcher {
  return function (this: MatcherContext, ...args: unknown[]) {
    // The first is what was received.
    const [most, given] = [matcher.length - 1, args.length - 1]
    if (given <= most) return matcher.apply(this, args as never[])
    const count = (n: number) => (n === 0 ? 'no arguments' : counted(n, 'argument'))
    return misused({ context: this, matcher: name, of: 'received', args: args.slice(1) }, () => ({
      expected: `${most > 1 ? 'at most ' : ''}${count(most)}`,
      received: count(given),
      why: 'Further arguments would be ignored. Write a separate assertion for them.',
    }))
  }
}
