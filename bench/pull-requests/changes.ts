import { type Files, type LOAD_TESTS, SHOP } from './repository.ts'

/** Files of a pull request, and the verdict that is right. */
export interface Change {
  /** The load test that is run. */
  load: keyof typeof LOAD_TESTS
  /** Files that differ from the shop's, in base and in head. */
  base?: Files
  head: Files
  /** The budget that has to fail; absent if all have to pass. */
  fails?: string
  /** Text of the output or the comment. */
  says?: RegExp
  /** The step whose CPU time changed, which has to be the first of the steps. */
  step?: string
  /** Undecided results of it do not count against the bar. */
  mayBeUndecided?: true
}

/** A file of the shop in which each text is replaced; a text that is not there is a fault of this bench. */
function edited(path: string, ...replacements: readonly (readonly [from: string, to: string])[]): Files {
  let text = SHOP[path]!
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`Failed to edit ${path}: it has no "${from}".`)
    text = text.replace(from, to)
  }
  return { [path]: text }
}

/** More work in the route of the list. */
export const withWork = (rounds: number): Files =>
  edited('src/routes/list.ts', ['EXTRA_ROUNDS = 0', `EXTRA_ROUNDS = ${Math.round(rounds)}`])

const onOrder = (before: string): Files =>
  edited('src/routes/order.ts', ['    const { cents }', `    ${before}\n    const { cents }`])

const onServer = (before: string): Files => edited('src/server.ts', ['const app', `${before}\nconst app`])

/** 600 bytes an order, of which there is one in three requests: 200 KB per 1,000 requests. */
const LEAK: Files = edited(
  'src/routes/order.ts',
  ['  let orders = 0', '  let orders = 0\n  const leaked: string[] = []'],
  [
    '    const { cents }',
    `    leaked.push(Buffer.alloc(600, 97 + (orders % 26)).toString('latin1'))\n    const { cents }`,
  ],
)

const NEW_ROUTE: Files = {
  ...edited('shop.openapi.yaml', [
    '  /orders:',
    `  /orders/last:
    get:
      operationId: last
      responses: { '200': { description: The last order, content: { application/json: {} } } }
  /orders:`,
  ]),
  'shop.arazzo.yaml': `${SHOP['shop.arazzo.yaml']}      - stepId: last
        operationId: last
        successCriteria: [{ condition: $statusCode == 200 }]
`,
  ...edited('src/routes/order.ts', [
    '  let orders = 0',
    `  let orders = 0
  app.get('/orders/last', async () => ({ id: orders }))`,
  ]),
}

/**
 * The changes of the truth table.
 * @param roundsOf how many rounds of work in the list raise the CPU time of all requests together by such a share.
 */
export function changesOf(roundsOf: (share: number) => number): Record<string, Change> {
  const dearer = (share: number): Change => ({
    ...{ load: 'cpu', head: withWork(roundsOf(share)) },
    ...{ fails: 'cpuPerRequest', step: 'list' },
  })
  return {
    'no change': { load: 'cpu', head: { 'README.md': '# Shop\n\nA shop.\n' } },
    'no change, latency': { load: 'latency', head: { 'README.md': '# Shop\n\nA shop.\n' } },
    refactor: {
      load: 'cpu',
      head: edited(
        'src/routes/list.ts',
        ['    const items = page.all((turn++ * 7) % 150, PER_PAGE)\n', '    const items = next()\n'],
        ['  let turn = 0\n', '  let turn = 0\n  const next = () => page.all((turn++ * 7) % 150, PER_PAGE)\n'],
      ),
    },
    '+3 %': { load: 'cpu', head: withWork(roundsOf(0.03)), mayBeUndecided: true },
    '+7 %': dearer(0.07),
    '+10 %': dearer(0.1),
    '+20 %': dearer(0.2),
    '+20 % in another step': {
      load: 'cpu',
      head: edited(
        'src/routes/order.ts',
        ['import type', `import { digest } from '../work.js'\nimport type`],
        ['    const { cents }', `    digest(${Math.round(roundsOf(0.2))})\n    const { cents }`],
      ),
      ...{ fails: 'cpuPerRequest', step: 'order' },
    },
    'N+1': {
      load: 'cpu',
      head: edited(
        'src/routes/list.ts',
        ['const page =', `const one = db.prepare('SELECT id, name, cents FROM products WHERE id = ?')\nconst page =`],
        ['PER_PAGE)\n', 'PER_PAGE).map(row => one.get((row as { id: number }).id))\n'],
      ),
      fails: 'cpuPerRequest',
      step: 'list',
    },
    'no change, memory': { load: 'leak', head: { 'README.md': '# Shop\n\nA shop.\n' } },
    'no change, memory at its peak': { load: 'memory', head: { 'README.md': '# Shop\n\nA shop.\n' } },
    'a leak': { load: 'leak', head: LEAK, fails: 'memoryGrowth' },
    'a leak, by memory': { load: 'memory', head: LEAK, fails: 'memory' },
    '+15 MB at start': {
      load: 'memory',
      head: onServer(`const kept = Buffer.alloc(15_000_000, 1)\nprocess.on('exit', () => kept.length)`),
      fails: 'memory',
    },
    'a tail of 2 %': {
      load: 'latency',
      head: edited('src/routes/order.ts', [
        '    const { cents }',
        `    if (orders % 25 === 0) await new Promise(done => setTimeout(done, 20))\n    const { cents }`,
      ]),
      fails: 'p99',
    },
    'a sleep of 20 ms': {
      load: 'latency',
      head: onOrder('await new Promise(done => setTimeout(done, 20))'),
      fails: 'p99',
    },
    faster: { load: 'cpu', base: withWork(roundsOf(0.2)), head: withWork(0) },
    '0.5 % errors': {
      load: 'cpu',
      head: onOrder(`if (orders++ % 67 === 0) return reply.code(500).send({ error: 'out of stock' })`),
      fails: 'errorRate',
    },
    'a new route': { load: 'cpu', head: NEW_ROUTE, says: /\bnew\b/ },
    '4 of 20 items': {
      load: 'cpu',
      head: edited('src/routes/list.ts', ['PER_PAGE = 20', 'PER_PAGE = 4']),
      says: /is not the same work/,
    },
    'a new variable': {
      load: 'cpu',
      head: {
        ...onServer(`if (process.env.SHOP_CURRENCY === undefined) throw new Error('SHOP_CURRENCY is not set')`),
        ...edited('vitest.config.js', [`url: 'http`, `env: { SHOP_CURRENCY: 'EUR' }, url: 'http`]),
      },
    },
    'no start': {
      load: 'cpu',
      head: onServer(`if (process.env.SHOP_SECRET === undefined) throw new Error('SHOP_SECRET is not set')`),
      fails: 'all',
      says: /Error: SHOP_SECRET is not set/,
    },
    'a failing setup': {
      load: 'cpu',
      head: edited('src/routes/one.ts', ['Number(request', 'Numer(request']),
      fails: 'all',
      says: /Numer/,
    },
  }
}
