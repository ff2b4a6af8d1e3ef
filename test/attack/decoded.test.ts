import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { decodeContent } from '../../src/http/content-type.ts'
import { cases } from '../builders/thorough.ts'
import { builtPlugin } from '../plugin/server/built.ts'

/* Short bodies that become very long by decoding, and what a process of its own needs for them. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const MB = 2 ** 20
const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-decoded-'))
const bodies = new Map<string, Buffer>()

const brotli = (bytes: Buffer) =>
  zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })
const { zstdCompressSync, zstdDecompressSync } = zlib as Record<string, unknown> as {
  zstdCompressSync?: (bytes: Buffer) => Buffer
  zstdDecompressSync?: unknown
}
const encoders: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: bytes => zlib.gzipSync(bytes, { level: 1 }),
  deflate: bytes => zlib.deflateSync(bytes, { level: 1 }),
  br: brotli,
  ...(zstdDecompressSync !== undefined && { zstd: zstdCompressSync! }),
}

const list = (size: number, item: string) =>
  Buffer.concat([Buffer.from('['), Buffer.alloc(size, `${item},`), Buffer.from(`${' '.repeat(item.length)}0]`)])

function manyKeys(size: number): Buffer {
  const pieces: string[] = []
  for (let i = 0; pieces.length * 13 < size; i++) pieces.push(`"${String(i).padStart(8, 'k')}":0`)
  return Buffer.from(`{${pieces.join(',')}}`)
}

const filler: Record<string, (size: number) => Buffer> = {
  'one-value': size => Buffer.concat([Buffer.from('"'), Buffer.alloc(size, 'lorem ipsum '), Buffer.from('"')]),
  'beyond-latin': size => Buffer.alloc(size, 'лорем ипсум '),
  'one-beyond-latin': size => Buffer.concat([Buffer.alloc(size, 'lorem ipsum '), Buffer.from('ж')]),
  'empty-objects': size => list(Math.floor(size / 3) * 3, '{}'),
  'numbers-json': size => list(Math.floor(size / 2) * 2, '1'),
  'fractions-json': size => list(Math.floor(size / 4) * 4, '1.5'),
  'rows-json': size => list(Math.floor(size / 22) * 22, '{"id":1,"name":"abc"}'),
  'keys-json': manyKeys,
}

const same = (bytes: Buffer) => bytes

/** `/gzip/120/chunked`: 120 MB of text. */
const onRequest = (({ url = '' }, response) => {
  const [, encoding = '', size = '', framing] = url.split('/')
  const content = filler[framing!] ?? (length => Buffer.alloc(length, 'lorem ipsum '))
  const key = `${encoding} ${size} ${content}`
  if (!bodies.has(key)) bodies.set(key, (encoders[encoding] ?? same)(content(Number(size) * MB)))
  const body = bodies.get(key)!
  response.setHeader('content-type', /value|json|objects/.test(framing!) ? 'application/json' : 'text/plain')
  response.setHeader('content-encoding', encoding)
  if (framing === 'sized') response.setHeader('content-length', body.length)
  response.end(body)
}) satisfies RequestListener

const servers = { h1: createServer(onRequest), h2: createHttp2Server((_, response) => response.destroy()) }
servers.h2.removeAllListeners('request')
servers.h2.on('request', onRequest as never)

beforeAll(async () => {
  for (const server of Object.values(servers))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  for (const server of Object.values(servers)) server.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Case {
  path: string
  protocol?: 'h1' | 'h2'
  criterion?: string
  /** Options of a load; a functional run without. */
  load?: Record<string, unknown>
}

interface Ran {
  grown: number
  state?: string
  arrivals?: { passed: number; failed: number }
  error?: string
}

/** Runs all in one process of their own. Each resolves to the memory that it and those before took at most, beside the engine. */
async function run(...all: readonly Case[]): Promise<Ran[]> {
  const options = all.map(({ path, protocol = 'h1', criterion = '$statusCode == 200', load }, i) => {
    const { port } = servers[protocol].address() as AddressInfo
    const operation = { operationId: 'a', responses: { 200: { description: 'ok' } } }
    const openapi = {
      openapi: '3.1.0',
      info: { title: 'a', version: '1' },
      servers: [{ url: `http://127.0.0.1:${port}` }],
      paths: { [path]: { get: operation } },
    }
    const steps = [{ stepId: 'a', operationId: 'a', successCriteria: [{ condition: criterion }] }]
    const arazzo = {
      arazzo: '1.0.1',
      info: { title: 'a', version: '1' },
      sourceDescriptions: [{ name: 'api', url: `./openapi-${i}.json`, type: 'openapi' }],
      workflows: [{ workflowId: 'main', steps }],
    }
    const workflow = join(folder, `${i}.arazzo.json`)
    writeFileSync(join(folder, `openapi-${i}.json`), JSON.stringify(openapi))
    writeFileSync(workflow, JSON.stringify(arazzo))
    return load ? { workflow, load: { vus: 1, iterations: 1, threads: 1 }, protocol, ...load } : { workflow }
  })
  const script = `
    import { readFileSync } from 'node:fs'
    const { runLoad, runWorkflow } = await import(${JSON.stringify(join(await builtPlugin(), 'engine.js'))})
    const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
    const before = peak()
    const all = []
    for (const options of ${JSON.stringify(options)}) {
      gc()
      const { state, arrivals, errors } = await (options.load ? runLoad(options) : runWorkflow(options.workflow))
      all.push({ grown: peak() - before, state, arrivals, error: errors?.[0]?.message })
    }
    console.log(JSON.stringify(all))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--input-type=module', '-e', script])
  return JSON.parse(stdout)
}

const BOTH = [{ transport: 'wire' }, { transport: 'undici' }]

/** Path of so many MB of a content: `rows-json 44`. */
const pathOf = (body: string) => `/gzip/${body.split(' ').reverse().join('/')}`

/** Threads, their code, and what the engine needs besides. */
const OWN = 80

const FRACTIONS = 'fractions-json 36'

describe.skipIf(process.platform !== 'linux')('memory', () => {
  test.each(
    cases(
      ['one-beyond-latin 160'],
      `rows-json 44,keys-json 16,one-value 160,beyond-latin 200,empty-objects 9,numbers-json 32,${FRACTIONS}`.split(
        ',',
      ),
    ),
  )('a functional run takes at most twice the limit for a whole body: %s', async body => {
    const [ran] = await run({ path: pathOf(body), criterion: '$response.body != "x"' })
    expect(ran!.grown).toBeLessThan(2 * 256)
    expect(ran!.state).toBe('passed')
  })

  test.each(
    cases(
      ['keys-json 20'],
      ['one-beyond-latin 200', 'rows-json 60', 'one-value 200', 'empty-objects 15', 'numbers-json 40'],
    ),
  )('a body that would take more than twice the limit is not read: %s', async body => {
    const path = pathOf(body)
    const wanted = { path, criterion: '$response.body != "x"' }
    // Of the second and third nothing is wanted.
    const functional = [wanted, { path }, { path: path.replace('gzip', 'br') }]
    const ran = await run(...functional, ...BOTH.map(load => ({ ...wanted, load })))
    expect(ran.slice(0, 3).map(({ state }) => state)).toEqual(['failed', 'passed', 'passed'])
    expect(ran[2]!.grown).toBeLessThan(2 * 256)
    for (const { arrivals, error } of ran.slice(3)) {
      expect(arrivals).toMatchObject({ passed: 0, failed: 1 })
      expect(error).toMatch(/it would take [\d,]+ bytes of memory .*more than twice 268,435,456/)
    }
  })

  test('values of such a body are read from its bytes', async () => {
    const wanted = ['1', '2'].map(id => ({
      path: '/identity/60/rows-json',
      criterion: `$response.body#/7/id == ${id}`,
    }))
    const loads = wanted.flatMap(one => BOTH.map(load => ({ ...one, load })))
    const [is, isNot, ...loaded] = await run(...wanted, ...loads)
    expect([is!.state, isNot!.state]).toEqual(['passed', 'failed'])
    expect(isNot!.grown).toBeLessThan(2 * 256)
    expect(loaded.map(({ arrivals }) => [arrivals!.passed, arrivals!.failed])).toEqual([
      ...Array(2).fill([1, 0]),
      ...Array(2).fill([0, 1]),
    ])
  })

  test.each(
    cases(
      ['/gzip/200/chunked wire'],
      ['/gzip/200/sized h2', ...Object.keys(encoders).map(name => `/${name}/200/sized undici`)],
    ),
  )('a load takes at most twice the limit: %s', async way => {
    const [path = '', by] = way.split(' ')
    const [protocol, load] = by === 'h2' ? ['h2' as const, {}] : ['h1' as const, { transport: by }]
    const [whole, failing] = await run(
      { path, protocol, load, criterion: '$response.body != "x"' },
      { path, protocol, load, criterion: '$response.body == "x"' },
    )
    expect(whole!.arrivals).toMatchObject({ passed: 1 })
    // Its text is shown, too.
    expect(failing!.error).toContain('$response.body == "x" is not met ("lorem ipsum')
    for (const ran of [whole, failing]) expect(ran!.grown).toBeLessThan(2 * 256 + OWN)
  })

  test('what becomes longer than the limit fails', async () => {
    const path = '/br/300/sized'
    for (const { arrivals, error, grown } of await run(
      ...BOTH.map(load => ({ path, criterion: '$response.body != "x"', load })),
    )) {
      expect(arrivals).toMatchObject({ passed: 0, failed: 1 })
      expect(error).toContain('longer than 268,435,456 bytes without its br')
      expect(grown).toBeLessThan(256 + OWN)
    }
  })
})

test.each(Object.entries(encoders))('%s is decoded to the same bytes, however long', (name, encode) => {
  for (const size of [0, 1, 2, 2_047, 2_048, 2_049, 16_384, 131_072, 131_073, 5 * MB]) {
    const bytes = Buffer.alloc(size, 'lorem ipsum ')
    const encoded = encode(bytes)
    const decoded = decodeContent(encoded, name)
    expect(Buffer.isBuffer(decoded) && decoded.equals(bytes), `${size}`).toBe(true)
    expect(decodeContent(encoded, name, size), `${size}`).toBeInstanceOf(Buffer)
    if (size > 1)
      expect(decodeContent(encoded, name, size - 1)).toMatchObject({ advice: 'Let the application send less.' })
  }
})
