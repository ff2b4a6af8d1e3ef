import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../readme-project.ts'

export const { version: VITE } = JSON.parse(readFileSync(join(root, 'node_modules/vite/package.json'), 'utf8')) as {
  version: string
}

/** The text of each file of a repository, by its path. */
export type Files = Readonly<Record<string, string>>

const LIST = `import type { FastifyInstance } from 'fastify'
import { db } from '../db.js'
import { digest } from '../work.js'

const PER_PAGE = 20
const EXTRA_ROUNDS = 0
const page = db.prepare('SELECT id, name, cents FROM products WHERE id > ? ORDER BY id LIMIT ?')

export function list(app: FastifyInstance) {
  let turn = 0
  app.get('/products', async () => {
    const items = page.all((turn++ * 7) % 150, PER_PAGE)
    return { items, digest: digest(EXTRA_ROUNDS) }
  })
}
`

const ONE = `import type { FastifyInstance } from 'fastify'
import { db } from '../db.js'

const product = db.prepare('SELECT id, name, cents FROM products WHERE id = ?')

export function one(app: FastifyInstance) {
  app.get<{ Params: { id: string } }>('/products/:id', async request => product.get(Number(request.params.id)))
}
`

const ORDER = `import type { FastifyInstance } from 'fastify'
import { db } from '../db.js'

const price = db.prepare('SELECT cents FROM products WHERE id = ?')
const replace = db.prepare('INSERT OR REPLACE INTO orders (id, product, cents) VALUES (?, ?, ?)')

export function order(app: FastifyInstance) {
  let orders = 0
  app.post<{ Body: { product: number } }>('/orders', async (request, reply) => {
    const { cents } = price.get(request.body.product) as { cents: number }
    const id = orders++ % 1_000
    replace.run(id, request.body.product, cents)
    return reply.code(201).send({ id, cents })
  })
}
`

const SERVER = `import Fastify from 'fastify'
import { list } from './routes/list.js'
import { one } from './routes/one.js'
import { order } from './routes/order.js'

const app = Fastify()
list(app)
one(app)
order(app)
app.get('/health', async () => 'ok')
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
`

const DB = `import Database from 'libsql'

export const db = new Database(':memory:')
db.exec('CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER)')
db.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY, product INTEGER, cents INTEGER)')
const insert = db.prepare('INSERT INTO products VALUES (?, ?, ?)')
for (let id = 1; id <= 200; id++) insert.run(id, \`Product \${id}\`, 100 + ((id * 37) % 900))
`

const WORK = `import { pbkdf2Sync } from 'node:crypto'

/** Work of a known size: it allocates next to nothing and is native, so it is neither compiled nor collected. */
export function digest(extra: number): string {
  return pbkdf2Sync('secret', 'salt', 1 + extra, 32, 'sha256').toString('hex')
}
`

const OPENAPI = `openapi: 3.1.0
info: { title: Shop, version: 1.0.0 }
servers: [{ url: 'http://127.0.0.1' }]
paths:
  /products:
    get:
      operationId: list
      responses: { '200': { description: A page of products, content: { application/json: {} } } }
  /products/{id}:
    get:
      operationId: one
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: A product, content: { application/json: {} } } }
  /orders:
    post:
      operationId: order
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { '201': { description: An order, content: { application/json: {} } } }
`

const LIST_AND_ONE = `      - stepId: list
        operationId: list
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { id: $response.body#/items/0/id }
      - stepId: one
        operationId: one
        parameters: [{ name: id, in: path, value: $steps.list.outputs.id }]
        successCriteria: [{ condition: $statusCode == 200 }]
`

const ARAZZO = `arazzo: 1.0.1
info: { title: Shop, version: 1.0.0 }
sourceDescriptions: [{ name: shop, url: ./shop.openapi.yaml, type: openapi }]
workflows:
  - workflowId: buy
    steps:
${LIST_AND_ONE}      - stepId: order
        operationId: order
        requestBody: { contentType: application/json, payload: { product: $steps.list.outputs.id } }
        successCriteria: [{ condition: $statusCode == 201 }]
`

/** Workflows beside it, for six load tests of one application. */
const MORE = `arazzo: 1.0.1
info: { title: More of the shop, version: 1.0.0 }
sourceDescriptions: [{ name: shop, url: ./shop.openapi.yaml, type: openapi }]
workflows:
  - workflowId: browse
    steps:
${LIST_AND_ONE}  - workflowId: order
    steps:
      - stepId: order
        operationId: order
        requestBody: { contentType: application/json, payload: { product: 7 } }
        successCriteria: [{ condition: $statusCode == 201 }]
`

const CONFIG = `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  test: { include: ['load/*.test.js'] },
  plugins: [arazzo({
    server: { command: 'node dist/server.js', url: 'http://127.0.0.1:{port}/health' },
    compare: { git: 'main', setup: process.env.BENCH_SETUP },
    cause: false,
  })],
})
`

const loadTest = (load: string, budgets: Record<string, string>) => `import { loadTest } from 'vitest-arazzo'

loadTest('buy', {
  workflow: '../shop.arazzo.yaml#buy',
  load: ${load},
  budgets: ${JSON.stringify(budgets)},
})
`

/** Load tests of the repository, by the name of their file. */
export const LOAD_TESTS = {
  cpu: loadTest(`{ vus: 2, duration: '5s' }`, { cpuPerRequest: 'base + 5%', errorRate: 'base + 0.1%' }),
  memory: loadTest(`{ vus: 2, duration: '5s' }`, {
    cpuPerRequest: 'base + 5%',
    memory: 'base + 10MB',
    errorRate: 'base + 0.1%',
  }),
  latency: loadTest(`{ rate: 200, duration: '5s' }`, { p99: 'base + 5ms', errorRate: 'base + 0.1%' }),
  leak: loadTest(`{ vus: 2, duration: '5s' }`, { memoryGrowth: 'base + 20KB/1000 requests' }),
}

/** Six load tests in one file: three workflows, each by two users and by eight. */
const SIX = [
  `import { loadTest } from 'vitest-arazzo'`,
  ...['shop.arazzo.yaml#buy', 'more.arazzo.yaml#browse', 'more.arazzo.yaml#order'].flatMap(workflow =>
    [2, 8].map(
      vus => `
loadTest('${workflow.replace(/.*#/, '')} by ${vus}', {
  workflow: '../${workflow}',
  load: { vus: ${vus}, duration: '5s' },
  budgets: { cpuPerRequest: 'base + 5%', errorRate: 'base + 0.1%' },
})`,
    ),
  ),
].join('\n')

/** A small shop of three routes: Fastify, TypeScript, and SQLite as a native module. */
export const SHOP: Files = {
  'README.md': '# Shop\n',
  '.gitignore': 'node_modules\ndist\n.vitest-arazzo\n',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2022', outDir: 'dist', rootDir: 'src', skipLibCheck: true },
    include: ['src'],
  }),
  'src/db.ts': DB,
  'src/work.ts': WORK,
  'src/server.ts': SERVER,
  'src/routes/list.ts': LIST,
  'src/routes/one.ts': ONE,
  'src/routes/order.ts': ORDER,
  'shop.openapi.yaml': OPENAPI,
  'shop.arazzo.yaml': ARAZZO,
  'more.arazzo.yaml': MORE,
  'vitest.config.js': CONFIG,
  'load/six.test.js': SIX,
  ...Object.fromEntries(Object.entries(LOAD_TESTS).map(([name, text]) => [`load/${name}.test.js`, text])),
}

/** Environment of child processes: no color, and no sign of the process that starts them. */
export const QUIET = { ...process.env, NO_COLOR: '1', CI: '1', GITHUB_ACTIONS: '', VITEST: '' }

export const runIn = (folder: string, command: string, args: readonly string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', env: QUIET, stdio: ['ignore', 'pipe', 'pipe'] })

export function write(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

export const build = (folder: string): string => runIn(folder, 'npx', ['tsc'])

export function commit(folder: string, subject: string): void {
  runIn(folder, 'git', ['add', '-A'])
  const author = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.test']
  runIn(folder, 'git', [...author, 'commit', '-q', '-m', subject])
}

/**
 * A git repository with its lock file, in `main`, ready to be built.
 * @param tarball the packed package.
 */
export function createRepository(folder: string, tarball: string): void {
  const manifest = {
    name: 'shop',
    private: true,
    type: 'module',
    scripts: { build: 'tsc' },
    dependencies: { fastify: '5', libsql: '0.5' },
    // Later versions have an optional dependency that no registry has, and npm ci refuses the lock file.
    overrides: { vite: VITE },
    devDependencies: { '@types/node': '20', typescript: '5', vitest: '4.1', 'vitest-arazzo': `file:${tarball}` },
  }
  write(folder, { ...SHOP, 'package.json': JSON.stringify(manifest, undefined, 2) })
  runIn(folder, 'npm', ['install', '--no-audit', '--no-fund'])
  runIn(folder, 'git', ['init', '-q', '-b', 'main'])
  commit(folder, 'Shop')
}

/** Makes a branch of `main` with other files, and leaves it checked out and built. */
export function branch(folder: string, name: string, ofBase: Files, ofHead: Files): void {
  runIn(folder, 'git', ['checkout', '-q', '-f', 'main'])
  const isOther = Object.keys(ofBase).length > 0
  const root = runIn(folder, 'git', ['rev-list', '--max-parents=0', 'main']).trim()
  runIn(folder, 'git', ['reset', '-q', '--hard', root])
  if (isOther) {
    write(folder, ofBase)
    commit(folder, `Base of ${name}`)
  }
  runIn(folder, 'git', ['checkout', '-q', '-B', 'head'])
  write(folder, ofHead)
  commit(folder, name)
}
