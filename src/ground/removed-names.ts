const CHECKS = "Write one word: 'off', 'warn', 'error' or 'all'."
const WARM_UP = "Use warmUp: 'auto', or a length."

/** Advice for options that there were, by the end of their path. */
export const OPTIONS: Readonly<Record<string, string>> = {
  'adaptive.limit': 'Remove it: the number of users changes by a tenth.',
  'adaptive.window': 'Remove it: it follows from the latency.',
  'adaptive.signal': 'Remove it: the mean decides. Judge a percentile by a budget.',
  'adaptive.deadBand': 'Remove it: it is 10 %.',
  spike: 'Use stages.',
  'warmUp.atLeast': WARM_UP,
  'warmUp.atMost': WARM_UP,
  within: 'Remove it: the search comes as near as 5 %.',
  shared: 'Use vus and iterations: each user runs so many.',
  whenExhausted: "Remove it: order 'unique' ends with the last row, and the others begin again.",
  jsonl: 'Use json.',
  delimiter: 'Remove it: the header line tells it.',
  'inputs.constants': 'Write them in each row.',
  'checks.mode': CHECKS,
  'checks.all': CHECKS,
  memoryMean: 'Use memory.',
  gcPause: 'Use eventLoopDelay.',
  grace: 'Use load.warmUp.',
  maxRetryAfter: 'Use timeout of the step.',
  maxVisits: 'Remove it: a run is given up after 10,000 step visits.',
  'agents.user': 'Use username.',
  'agents.wait': 'Use timeout.',
  'agents.tls': 'Write tls:// in nats, and the authority as ca of the load test.',
  cgroup: 'Use { pid }.',
  'connections.bodyTimeout': 'Use requestTimeout.',
  'connections.headersTimeout': 'Use requestTimeout.',
  'connections.maxBodyBytes': 'Remove it: a body may have 256 MiB. Read values of longer ones by JSON Pointer.',
  'connections.maxHeld': 'Remove it: of bodies longer than 64 KiB only what is needed is held.',
  'connections.maxIdle': 'Use idleTimeout.',
  'connections.streams':
    'Remove it: a connection carries 100 requests at once, or fewer if the server says so. Use max.',
  'connections.tls': 'Use ca, and security for mutual TLS.',
  'compare.setupTimeout': "A setup has 10 minutes. Build base before, and write compare: { cwd: '../base' }.",
  'compare.stopWhenFailed': 'A comparison ends at the first budget that fails in CI, and only there.',
  metrics: 'Use reports.metrics of arazzo() in the Vitest configuration.',
  'metrics.every': 'Remove it: metrics are pushed every 10 s.',
  'metrics.labels': 'Add labels in the collector, or where Prometheus scrapes.',
  'metrics.prefix': 'Rename series in the collector, or where Prometheus scrapes.',
  'metrics.pushgateway': 'Use port, or push metrics.prom of the run.',
  'metrics.otlp': 'Use port, and let the collector scrape it.',
  'metrics.headers': 'Remove them: nothing is pushed.',
  passphrase: 'Remove it, and decrypt the key: openssl pkey -in key.pem -out plain.pem.',
  clientAuthentication: 'Remove it: the Authorization header is tried first, and then fields of the body.',
  scopes: "Write them as the parameter scope: parameters: { scope: 'read write' }.",
  isolate: 'Remove it: documents share workers.',
}

/** Advice for an option that there was; undefined for any other. */
export function removedOption(path: string): string | undefined {
  const names = path.split('.')
  return OPTIONS[names.slice(-2).join('.')] ?? OPTIONS[names.at(-1)!]
}
