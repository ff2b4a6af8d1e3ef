import { type FRAMEWORKS, GO_SHOP, OUTSIDE, PYTHON_SHOP, SHOP } from './shop.ts'

/** A pull request that makes the shop dearer, and what has to be named as its cause. */
export interface Regression {
  framework: keyof typeof FRAMEWORKS
  /** Budget of the load test. */
  budget: Record<string, string>
  /** The shop of base, if it is not the usual one. */
  base?: string
  /** The shop of head, by the rounds of work that raise the CPU time of all requests by a share. */
  head: (roundsOf: (share: number) => number) => string
  /** Further files of head. */
  files?: Record<string, string>
  /** Functions and kinds of causes that are right, as the report names them; `waits` for a wait without a service. */
  names: readonly string[]
}

/** The shop with other text; a text that is not there is a fault of this bench. */
function edited(...replacements: readonly (readonly [from: string, to: string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`Failed to edit the shop: it has no "${from}".`)
    return text.replace(from, () => to)
  }, SHOP)
}

/** Work in a function: rounds of reading and writing JSON. */
const work = (rounds: number) =>
  `for (let i = 0; i < ${Math.round(rounds)}; i++) JSON.parse('{"id":1,"name":"item","tags":["a","b"]}')`

export const withWork = (rounds: number): string =>
  edited(['  let total = 0\n', `  let total = 0\n  ${work(rounds)}\n`])

const CPU = { cpuPerRequest: 'base + 3%' }

const dearerTotal =
  (share: number) =>
  (roundsOf: (share: number) => number): string =>
    withWork(roundsOf(share))

const TERMS = `Terms. ${'We deliver what you order, and you pay for it. '.repeat(2_000)}`

const IN_JAVASCRIPT: Record<string, Regression> = {
  '+10 % in a function, Express': { framework: 'express', budget: CPU, head: dearerTotal(0.1), names: ['totalOf'] },
  '+25 % in a function, Fastify': { framework: 'fastify', budget: CPU, head: dearerTotal(0.25), names: ['totalOf'] },
  '+10 % in a function, Nest with tsc': {
    ...{ framework: 'nest', budget: CPU, head: dearerTotal(0.1), names: ['totalOf'] },
  },
  '+25 % in a function, tsc': { framework: 'typescript', budget: CPU, head: dearerTotal(0.25), names: ['totalOf'] },
  '+25 % in a function, tsx': { framework: 'tsx', budget: CPU, head: dearerTotal(0.25), names: ['totalOf'] },
  '+25 % in a function, a minified bundle': {
    ...{ framework: 'bundle', budget: CPU, head: dearerTotal(0.25), names: ['totalOf'] },
  },
  '+25 % in a function of a worker thread': {
    ...{ framework: 'threads', budget: CPU, head: dearerTotal(0.25), names: ['totalOf'] },
  },
  '+25 % in a function of a cluster': {
    ...{ framework: 'cluster', budget: CPU, head: dearerTotal(0.25), names: ['totalOf'] },
  },
  'a dependency called for each item': {
    framework: 'fastify',
    budget: CPU,
    head: () =>
      edited([
        'delivery / 86400000',
        `['2 days', '1 day', '24 hours', '90 min', '7 s', '1 w'].flatMap(text => [ms(text), ms('-' + text), ms(text)])[0]`,
      ]),
    names: ['daysOf'],
  },
  'a renamed function that costs more': {
    framework: 'express',
    budget: CPU,
    head: roundsOf =>
      withWork(roundsOf(0.25)).replaceAll('totalOf', 'sumOf').replace('function priceOf', '\nfunction priceOf'),
    names: ['sumOf'],
  },
  'a function that costs more in another file': {
    framework: 'fastify',
    budget: CPU,
    head: () =>
      edited(
        [`import ms from 'ms'\n`, `import ms from 'ms'\nimport { relatedTo } from './related.js'\n`],
        ['related: relatedTo(item)', 'related: relatedTo(items, item)'],
        [
          `function relatedTo(item) {
  const related = []
  for (const other of items) if (other.tags[2] === item.tags[2]) related.push(other.id)
  return related
}
`,
          '',
        ],
      ),
    files: {
      'src/related.js': `export function relatedTo(items, item) {
  const related = []
  for (const other of items) {
    const [, , size] = other.tags.map(tag => tag.toUpperCase())
    if (size === item.tags[2].toUpperCase()) related.push(other.id)
  }
  return related
}
`,
    },
    names: ['relatedTo'],
  },
  'a larger body': {
    framework: 'express',
    budget: CPU,
    head: () => edited(['return { id: item.id,', `return { ...item, text: text.slice(0, 2_000), id: item.id,`]),
    // JSON is written by Express, below the handler that answers.
    names: ['listItems', 'summaryOf', ''],
  },
  'a regular expression': {
    framework: 'fastify',
    budget: CPU,
    head: () => edited(['item.name.includes(word)', `new RegExp('(?:[a-z]+ ?)*' + word, 'i').test(item.name)`]),
    names: ['matches'],
  },
  'a file read for each request': {
    framework: 'express',
    budget: CPU,
    head: () => edited(['return text.length + item.id', `return readFileSync(terms, 'utf8').length + item.id`]),
    names: ['termsOf'],
  },
  'lists that are made again and again': {
    framework: 'fastify',
    budget: CPU,
    head: () =>
      edited([
        'of items) if (matches(item, words)) found.push',
        'of items.map(one => ({ ...one, tags: [...one.tags] }))) if (matches(item, words)) found.push',
      ]),
    names: ['search'],
  },
  'work in two of its functions alike': {
    framework: 'express',
    budget: CPU,
    head: roundsOf => {
      const half = work(roundsOf(0.12))
      return edited(
        ['  let total = 0\n', `  let total = 0\n  ${half}\n`],
        ['  const found = []\n', `  const found = []\n  ${half}\n`],
      )
    },
    // Each has half of the increase, and a function is named from a third on, with its share.
    names: ['totalOf', 'search', 'spread'],
  },
  'work in four of its functions alike': {
    framework: 'express',
    budget: CPU,
    head: roundsOf => {
      const quarter = work(roundsOf(0.06))
      return edited(
        ['  let total = 0\n', `  let total = 0\n  ${quarter}\n`],
        ['  const found = []\n', `  const found = []\n  ${quarter}\n`],
        ['  const related = []\n', `  const related = []\n  ${quarter}\n`],
        ['  return text.length + item.id', `  ${quarter}\n  return text.length + item.id`],
      )
    },
    names: ['spread'],
  },
}

const GROWTH = { memoryGrowth: 'base + 20KB/1000 requests' }
/** Functions of `OUTSIDE` with other text. */
function calling(from: string, to: string): Record<string, string> {
  if (!OUTSIDE.includes(from)) throw new Error(`Failed to edit the calls: they have no "${from}".`)
  return { 'src/outside.js': OUTSIDE.replace(from, () => to) }
}

/** Regressions beside CPU time in a function of JavaScript. */
const OTHERS: Record<string, Regression> = {
  'a query for each row (N+1) on PostgreSQL': {
    ...{ framework: 'outside', budget: CPU, head: () => SHOP, names: ['round trips'] },
    files: calling(
      `  const { rows } = await pool.query(query, [ids])
  return rows`,
      `  const rows = []
  for (const id of ids) rows.push(...(await pool.query(query, [[id]])).rows)
  return rows`,
    ),
  },
  'a slower query on PostgreSQL': {
    ...{ framework: 'outside', budget: { p50: 'base + 10%' }, head: () => SHOP, names: ['round trips'] },
    files: calling('generate_series(1, 200) n WHERE', 'generate_series(1, 200) n, (SELECT pg_sleep(0.02)) s WHERE'),
  },
  'a second call of another service': {
    ...{ framework: 'outside', budget: CPU, head: () => SHOP, names: ['round trips'] },
    files: calling(
      '  return Promise.all(ids.map(stockOf))',
      '  await stockOf(ids[0])\n  return Promise.all(ids.map(stockOf))',
    ),
  },
  'calls that wait for each other': {
    ...{ framework: 'outside', budget: { p50: 'base + 10%' }, head: () => SHOP, names: ['waits', 'round trips'] },
    files: calling(
      '  return Promise.all(ids.map(stockOf))',
      '  const all = []\n  for (const id of ids) all.push(await stockOf(id))\n  return all',
    ),
  },
  'a list that grows': {
    ...{ framework: 'express', budget: GROWTH, names: ['remember'] },
    head: () =>
      edited(
        ['  return { ...item, terms', '  remember(item)\n  return { ...item, terms'],
        [
          'function termsOf',
          'const seen = []\nfunction remember(item) {\n  for (let i = 0; i < 32; i++) seen.push({ ...item, i, tags: [...item.tags] })\n}\n\nfunction termsOf',
        ],
      ),
  },
  'a cache without a limit': {
    ...{ framework: 'fastify', budget: GROWTH, names: ['search'] },
    head: () =>
      edited(
        ['export function search', 'const cache = new Map()\nexport function search'],
        [
          '  return { found }',
          `  cache.set(words.join() + cache.size, { words: [...words], found: Array.from({ length: 16 }, () => found.slice()) })\n  return { found }`,
        ],
      ),
  },
  'buffers that are kept': {
    ...{ framework: 'fastify', budget: GROWTH, names: ['outside heap', 'termsOf'] },
    head: () =>
      edited([
        'function termsOf(item) {\n',
        'const kept = []\nfunction termsOf(item) {\n  kept.push(Buffer.alloc(4096, item.id))\n',
      ]),
  },
  '15 MB at the start': {
    ...{ framework: 'fastify', budget: { memory: 'base + 10MB' }, names: ['start'] },
    head: () => edited([`import ms from 'ms'\n`, `import ms from 'ms'\nimport './catalog.js'\n`]),
    files: {
      'src/catalog.js': `globalThis.catalog = Array.from({ length: 120_000 }, (_, id) => ({ id, name: 'item ' + id, tags: [id] }))\n`,
    },
  },
  'work in a function of Python': {
    ...{ framework: 'python', budget: CPU, names: ['total_of'] },
    head: () => PYTHON_SHOP.replace('ROUNDS = 1', 'ROUNDS = 12'),
  },
  'work in a function of Go': {
    ...{ framework: 'go', budget: CPU, names: ['main.totalOf'] },
    head: () => GO_SHOP.replace('rounds = 1', 'rounds = 12'),
  },
}

export const REGRESSIONS: Readonly<Record<string, Regression>> = { ...IN_JAVASCRIPT, ...OTHERS }

export const files = { 'terms.txt': TERMS }
