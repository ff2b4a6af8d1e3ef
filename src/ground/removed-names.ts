const CHECKS = "Write one word: 'off', 'warn', 'error' or 'all'."
const KEPT = 'Remove it: a connection is kept as long as the server says (Keep-Alive: timeout=5), or 4 s.'
const WARM_UP = "Use warmUp: 'auto', or a length."

/** Advice for options that there were, by the end of their path. */
export const OPTIONS: Readonly<Record<string, string>> = {
  'adaptive.limit': 'Remove it: the number of users changes by a tenth.',
  'adaptive.window': 'Remove it: it follows from the latency.',
  'adaptive.signal': 'Remove it: the mean decides. Judge a percentile by a budget.',
  'adaptive.deadBand': 'Remove it: it is 10 %.',
  arrivals: 'Remove it: arrivals are evenly spaced.',
  gracefulStop: 'Remove it: iterations in flight may finish for as long as their requests may take (requestTimeout).',
  spike: 'Use stages.',
  'warmUp.atLeast': WARM_UP,
  'warmUp.atMost': WARM_UP,
  within: 'Remove it: the search comes as near as 5 %.',
  shared: 'Use vus and iterations: each user runs so many.',
  whenExhausted: "Remove it: order 'unique' ends with the last row, and the others begin again.",
  'inputs.csv': "Use rows: './users.csv'.",
  'inputs.json': "Use rows: './users.json'.",
  'inputs.jsonl': "Use rows: './users.jsonl'.",
  'inputs.call': 'Use rows: n => ({ user: `user-${n}` }).',
  'x-vitest.each': "Use inputs: { rows: './users.csv' }.",
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
  'connections.connectTimeout': 'Use requestTimeout.',
  'connections.headersTimeout': 'Use requestTimeout.',
  'connections.idleTimeout': KEPT,
  'connections.maxBodyBytes': 'Remove it: a body may have 256 MiB. Read values of longer ones by JSON Pointer.',
  'connections.maxHeld': 'Remove it: of bodies longer than 64 KiB only what is needed is held.',
  'connections.maxIdle': KEPT,
  'connections.perUser': "Use reuse: 'per user'.",
  'connections.streams':
    'Remove it: a connection carries 100 requests at once, or fewer if the server says so. Use max.',
  'connections.tls': 'Use ca, and security for mutual TLS.',
  'compare.onUndecided': "Use compare.onInconclusive: 'fail', 'skip' or 'rerun'.",
  'compare.required': 'Remove it: a relative budget without a base fails in CI, and is skipped elsewhere.',
  'compare.setupTimeout': "A setup has 10 minutes. Build base before, and write compare: { cwd: '../base' }.",
  'compare.stopWhenFailed': 'A comparison ends at the first budget that fails in CI, and only there.',
  metrics: 'Use reports.metrics of arazzo() in the Vitest configuration.',
  'metrics.every': 'Remove it: nothing is pushed.',
  'metrics.labels': 'Add labels in the collector, or where Prometheus scrapes.',
  'metrics.prefix': 'Rename series in the collector, or where Prometheus scrapes.',
  'metrics.port': 'Write the port itself: metrics: 9464.',
  'metrics.pushgateway': 'Write a port, or push metrics.prom of the run.',
  'metrics.otlp': 'Write a port, and let the collector scrape it.',
  'metrics.headers': 'Remove them: nothing is pushed.',
  'ready.port': "Write url: 'tcp://127.0.0.1:{port}'.",
  'ready.command': "Write the command itself: ready: 'pg_isready -p {port}'.",
  passphrase: 'Remove it, and decrypt the key: openssl pkey -in key.pem -out plain.pem.',
  clientAuthentication: 'Remove it: the Authorization header is tried first, and then fields of the body.',
  scopes: "Write them as the parameter scope: parameters: { scope: 'read write' }.",
  isolate: 'Remove it: documents share workers.',
  files: 'Remove it: only the document and its inputs may name files.',
  read: 'Write sources and severities without read.',
  'x-vitest.only': 'Use vitest -t, or skip.',
}

/** Advice for an option that there was; undefined for any other. */
export function removedOption(path: string): string | undefined {
  const names = path.split('.')
  const known = [names.slice(-2).join('.'), names.at(-1)!].find(name => Object.hasOwn(OPTIONS, name))
  return known && OPTIONS[known]
}
