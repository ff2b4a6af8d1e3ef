const CHECKS = "Use checks: 'all'."
const WARM_UP = "Use warmUp: 'auto', or a length."

/** Advice for options that there were, by the end of their path. */
export const OPTIONS: Readonly<Record<string, string>> = {
  'adaptive.limit': 'Remove it: the number of users changes by a tenth.',
  'adaptive.window': 'Remove it: it follows from the latency.',
  'adaptive.deadBand': 'Remove it: it is 10 %.',
  spike: 'Use stages.',
  'warmUp.atLeast': WARM_UP,
  'warmUp.atMost': WARM_UP,
  within: 'Remove it: the search comes as near as 5 %.',
  shared: 'Use vus and iterations: each user runs so many.',
  jsonl: 'Use json.',
  delimiter: 'Remove it: the header line tells it.',
  'inputs.constants': 'Write them in each row.',
  'checks.mode': CHECKS,
  'checks.all': CHECKS,
  memoryMean: 'Use memory.',
  gcPause: 'Use eventLoopDelay.',
  grace: 'Use load.warmUp.',
  maxVisits: 'Remove it: a run is given up after 10,000 step visits.',
}

/** Advice for an option that there was; undefined for any other. */
export function removedOption(path: string): string | undefined {
  const names = path.split('.')
  return OPTIONS[names.slice(-2).join('.')] ?? OPTIONS[names.at(-1)!]
}
