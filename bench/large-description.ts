/**
 * Bars: `init` on a description of 13 MB takes under 15 s and 500 MB, and a run of three documents over it parses it
 * once: it takes hardly more than one document. For JSON and for YAML; or for the description of yours that is named.
 * Takes 1 min. Run: `npm run bench -- large-description [file]`.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('./large-description/', import.meta.url))
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const peaks = join(folder, 'peaks')
const [given] = process.argv.slice(2)
/** Kinds of things in the description, of four operations each: 13 MB in either form. */
const KINDS = { json: 1_180, yaml: 1_540 }
/** Longest time of `init`, in seconds. */
const LONGEST = 15
/** Most memory of `init`, in MB. */
const MOST = 500

interface Cost {
  /** Time, in seconds. */
  seconds: number
  /** Time of processors, in seconds: what counts on a machine that does something else. */
  cpu: number
  /** Most memory that one of its processes had at once, in MB. */
  peak: number
}

const told = ({ seconds, cpu, peak }: Cost) =>
  `${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of a processor), ${peak.toFixed(0)} MB`

/** What a Node program costs, with the processes that it starts. */
function measured(args: readonly string[]): Cost {
  rmSync(peaks, { force: true })
  const hook = `import { appendFileSync } from 'node:fs'
    process.on('exit', () => {
      const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
      appendFileSync(${JSON.stringify(peaks)}, maxRSS + ' ' + (userCPUTime + systemCPUTime) + '\\n')
    })`
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(hook)}`
  const start = performance.now()
  const run = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS },
  })
  const seconds = (performance.now() - start) / 1000
  if (run.status !== 0) throw new Error(`Failed to run ${args.join(' ')}: it said ${run.stdout}${run.stderr}`)
  const lines = readFileSync(peaks, 'utf8').trim().split('\n')
  const processes = lines.map(line => line.split(' ').map(Number) as [kilobytes: number, microseconds: number])
  const cpu = processes.reduce((sum, [, microseconds]) => sum + microseconds, 0) / 1e6
  return { seconds, cpu, peak: Math.max(...processes.map(([kilobytes]) => kilobytes)) / 1024 }
}

/** A document that calls the first operation of the description that has an id. */
function documentOf(name: string, description: string): string {
  const operationId = /operationId["']?: ["']?([\w/-]+)/.exec(readFileSync(join(folder, description), 'utf8'))?.[1]
  const file = `${name}.arazzo.yaml`
  const text = `arazzo: 1.0.1
info: { title: ${name}, version: '1' }
sourceDescriptions: [{ name: api, url: ./${description}, type: openapi }]
workflows: [{ workflowId: w, steps: [{ stepId: s, operationId: ${operationId} }] }]
`
  writeFileSync(join(folder, file), text)
  writeFileSync(
    join(folder, 'vitest.config.js'),
    `import arazzo from 'vitest-arazzo/plugin'
export default { test: { include: [] }, plugins: [arazzo({ servers: 'http://127.0.0.1:9' })] }
`,
  )
  return file
}

function copied(file: string): string[] {
  copyFileSync(file, join(folder, basename(file)))
  return [basename(file)]
}

function generated(): string[] {
  writeFileSync(join(folder, 'large.json'), JSON.stringify(largeDescription(KINDS.json), null, 2))
  writeFileSync(join(folder, 'large.yaml'), yamlOf(largeDescription(KINDS.yaml)).join('\n'))
  return ['large.json', 'large.yaml']
}

/** Lines of YAML as people write it: blocks, and quotes only where they are needed. */
function yamlOf(value: object, indent = ''): string[] {
  return Object.entries(value).flatMap(([key, member]) => {
    const name = Array.isArray(value) ? '-' : `${/^[a-zA-Z/{}]+\w*$/.test(key) ? key : JSON.stringify(key)}:`
    if (typeof member === 'string' && member.includes('\n'))
      return [
        `${indent}${name} |`,
        ...member
          .trimEnd()
          .split('\n')
          .map(line => (line === '' ? '' : `${indent}  ${line}`)),
      ]
    if (typeof member !== 'object' || Object.keys(member).length === 0) {
      const isPlain = /^[a-zA-Z][\w /.,;'-]*$/.test(String(member)) && !/^(true|false|null)$/.test(String(member))
      return [`${indent}${name} ${isPlain ? member : JSON.stringify(member)}`]
    }
    const lines = yamlOf(member as object, `${indent}  `)
    return name === '-' ? [`${indent}- ${lines[0]!.trimStart()}`, ...lines.slice(1)] : [`${indent}${name}`, ...lines]
  })
}

/**
 * A list and an item of each kind of thing, as large descriptions have them: long texts, schemas that refer to one
 * another through many others, and examples of whole responses.
 */
function largeDescription(kinds: number): object {
  const paths: Record<string, object> = {}
  const schemas: Record<string, object> = {}
  const examples: Record<string, object> = {}
  for (let n = 1; n <= kinds; n++) {
    paths[`/things${n}`] = { get: listing(n), post: making(n) }
    paths[`/things${n}/{thingId}`] = { get: one(n, 'get'), delete: one(n, 'delete') }
    schemas[`Thing${n}`] = thing(n, kinds)
    schemas[`NewThing${n}`] = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
    examples[`thing${n}`] = { value: example(n) }
  }
  schemas.Problem = { type: 'object', properties: { message: { type: 'string' }, links: { type: 'array', items: {} } } }
  const parameters = {
    page: {
      name: 'page',
      in: 'query',
      description: 'The page that is wanted',
      schema: { type: 'integer', default: 1 },
    },
    thingId: { name: 'thingId', in: 'path', required: true, schema: { type: 'string' } },
  }
  const responses = { problem: { description: 'What went wrong', ...json({ $ref: '#/components/schemas/Problem' }) } }
  const info = { title: 'Large', version: '1', description: prose(0) }
  return { openapi: '3.0.3', info, paths, components: { schemas, parameters, responses, examples } }
}

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })
const json = (schema: object, more: object = {}) => ({ content: { 'application/json': { schema, ...more } } })
const head = (operationId: string, n: number) => ({
  operationId,
  summary: `Things of kind ${n}, for whoever may see them`,
  description: prose(n),
  tags: [`things-${n % 50}`],
})
const prose = (n: number) =>
  `Works with the things of kind ${n}: those that belong to whoever asks, and those that are shared with them.\n\n` +
  `The newest come first. "Archived" things are left out unless \`archived\` is \`true\`; see [the guide](#guide-${n}).\n`
const failures = { 401: ref('responses', 'problem'), 404: ref('responses', 'problem') }

const listing = (n: number) => ({
  ...head(`listThings${n}`, n),
  parameters: [ref('parameters', 'page'), { name: 'sort', in: 'query', schema: { enum: ['name', 'created'] } }],
  responses: {
    200: {
      description: 'All of them',
      ...json({ type: 'array', items: ref('schemas', `Thing${n}`) }, { example: [example(n), example(n + 1)] }),
    },
    ...failures,
  },
})

const making = (n: number) => ({
  ...head(`makeThing${n}`, n),
  requestBody: { required: true, ...json(ref('schemas', `NewThing${n}`)) },
  responses: { 201: { description: 'The new one', ...json(ref('schemas', `Thing${n}`)) }, ...failures },
})

const one = (n: number, method: string) => ({
  ...head(`${method}Thing${n}`, n),
  parameters: [ref('parameters', 'thingId')],
  responses: {
    ...(method === 'get'
      ? {
          200: {
            description: 'The thing',
            ...json(ref('schemas', `Thing${n}`), { examples: { default: ref('examples', `thing${n}`) } }),
          },
        }
      : { 204: { description: 'It is gone' } }),
    ...failures,
  },
})

function thing(n: number, kinds: number): object {
  const members = Array.from({ length: 20 }, (_, m) => [
    `member${m}`,
    { type: m % 3 === 0 ? 'integer' : 'string', description: `What member ${m} of a thing of kind ${n} is about.` },
  ])
  const next = ref('schemas', `Thing${(n % kinds) + 1}`)
  const own = { id: { type: 'string' }, next, all: { type: 'array', items: next } }
  return { type: 'object', required: ['id'], properties: { ...own, ...Object.fromEntries(members) } }
}

function example(n: number): object {
  const members = Array.from({ length: 20 }, (_, m) => [`member${m}`, m % 3 === 0 ? m * n : `value ${m} of ${n}`])
  return { id: `thing-${n}`, ...Object.fromEntries(members), url: `https://api.example.com/things${n}/thing-${n}` }
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
let isMet = true
for (const name of given === undefined ? generated() : copied(given)) {
  const size = statSync(join(folder, name)).size / 1e6
  const init = measured([cli, 'init', name, '--output', `of-${name}`])
  // A machine that does something else takes longer; the work is the same.
  const isKept = Math.min(init.seconds, init.cpu) < LONGEST && init.peak < MOST
  isMet &&= isKept
  console.log(`${name}, ${size.toFixed(1)} MB`)
  console.log(`  init: ${told(init)} (bar: ${LONGEST} s, ${MOST} MB): ${isKept ? 'met' : 'NOT MET'}`)
  const documents = ['a', 'b', 'c'].map(one => documentOf(one, name))
  console.log(`  validate of one document: ${told(measured([cli, 'validate', documents[0]!]))}`)
  console.log(`  validate of three documents: ${told(measured([cli, 'validate', ...documents]))}`)
  for (const [words, files] of [
    ['one document', documents.slice(0, 1)],
    ['three documents', documents],
  ] as const)
    console.log(`  vitest list of ${words}: ${told(measured([vitest, 'list', ...files]))}`)
}
process.exit(isMet ? 0 : 1)
