import { comparedOf } from '../../budget/metrics/index.ts'
import { ALWAYS_TOLD } from '../../compare/unbounded.ts'
import { writeYaml } from '../../document/file/yaml.ts'
import type { OpenApiDescription } from '../../document/model.ts'
import type { Raw } from '../../document/raw.ts'
import { type NeededCredentials, variableOf } from '../../workflow/security/needed.ts'
import { declaredUrl } from '../../workflow/server.ts'
import type { Login } from './login.ts'
import type { Draft } from './workflows.ts'

export interface Names {
  /** Name of the source description, and of the files: `petstore`. */
  source: string
  title: string
  /** The OpenAPI file, relative to the document. */
  url: string
  /** The schema of Arazzo documents, relative to the document. */
  schema: string
}

export function documentText(names: Names, document: Raw, draft: Draft): string {
  return arazzoText(names, document, notesOn(draft))
}

/** An Arazzo document with one source. */
export const arazzoDocument = ({ source, title, url }: Names, workflows: readonly Raw[]): Raw => ({
  arazzo: '1.0.1',
  info: { title, version: '1.0.0' },
  sourceDescriptions: [{ name: source, url, type: 'openapi' }],
  workflows,
})

/** The text of a document. @param notes lines of the comment at its head. */
export function arazzoText({ schema }: Names, document: Raw, notes: readonly string[]): string {
  const lines = [`yaml-language-server: $schema=${schema}`, ...notes, 'https://spec.openapis.org/arazzo/v1.0.1.html']
  return `${lines.map(line => `# ${line}\n`).join('')}${writeYaml(document)}`
}

function notesOn({ isSafe, login }: Draft): string[] {
  const looks = 'Each workflow only looks at things. An id comes from the list before it.'
  return [...(login ? ['Workflows that need a login log in first.'] : []), isSafe ? looks : 'It may change something.']
}

interface Application {
  /** Starts it; `{port}` in it is a free port. */
  command?: string
  /** Its address. */
  server?: string
  /** Makes a fresh checkout ready; if there is one, head is compared with its base. */
  setup?: string | undefined
  /** Script of package.json that would start it. */
  script?: string | undefined
}

/** Variables that must be set. */
export interface Needed {
  credentials: readonly NeededCredentials[]
  login?: Login | undefined
}

export function configText(
  { source }: Names,
  { command, server, setup, script }: Application,
  { credentials, login }: Needed,
  description: OpenApiDescription,
): string {
  const url = server ?? defaultServer(description)
  const options = command === undefined ? serverOfEnvironment(url, script) : [serverToStart(command, server)]
  const compare = setup === undefined ? [] : [`compare: { git: 'merge-base', setup: ${quoted(setup)} },`]
  const inputs = login ? [inputsLine(source, login)] : []
  const lines = [...options, ...compare, ...inputs, ...securityLines(source, credentials)]
  return configurationText(lines, login ? exampleLines(source, login) : '')
}

/** A configuration with these options of the plugin. @param head code above it. */
export function configurationText(options: readonly string[], head = ''): string {
  return `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
${head}
export default defineConfig({
  plugins: [
    arazzo({
${options.map(line => `      ${line}\n`).join('')}    }),
  ],
})
`
}

function inputsLine(source: string, { inputs }: Login): string {
  const fields = inputs.map(({ name }) => `${key(name)}: { env: ${quoted(variableOf(source, name))} }`)
  return `inputs: { ${fields.join(', ')} },`
}

/** Examples of the description, for as long as the environment says nothing else. */
function exampleLines(source: string, { inputs }: Login): string {
  const given = inputs.flatMap(({ name, example }) =>
    example === undefined ? [] : [`process.env.${variableOf(source, name)} ??= ${quoted(example)}\n`],
  )
  return given.length === 0 ? '' : `\n// Examples of the OpenAPI file.\n${given.join('')}`
}

function serverOfEnvironment(url: string, script = 'npm start'): string[] {
  return [
    '// Address of the application.',
    `servers: process.env.API_URL ?? ${quoted(url)},`,
    '// Or let the plugin start it, and measure its memory and CPU:',
    `// ${serverToStart(script, undefined)}`,
  ]
}

export function serverToStart(command: string, server: string | undefined): string {
  const url = server ?? 'http://127.0.0.1:{port}'
  return `server: { command: ${quoted(command)}, url: ${quoted(url)}, env: { PORT: '{port}' } },`
}

/**
 * Server on this machine, to prevent tests against another one by accident. Without a path, so that the description's
 * path is kept.
 */
function defaultServer({ operations }: OpenApiDescription): string {
  const [operation] = operations
  const declared = operation ? declaredUrl(operation) : '/'
  const url = URL.canParse(declared) ? new URL(declared) : undefined
  return url !== undefined && /^(localhost|127\.|\[::1\])/.test(url.hostname) ? url.origin : 'http://127.0.0.1:3000'
}

function securityLines(source: string, credentials: readonly NeededCredentials[]): string[] {
  if (credentials.length === 0) return []
  const env = (variable: string) => `{ env: ${quoted(variable)} }`
  const schemes = credentials.map(({ scheme, fields }) => {
    const value =
      typeof fields === 'string'
        ? env(fields)
        : `{ ${Object.entries(fields)
            .map(([field, variable]) => `${field}: ${env(variable)}`)
            .join(', ')} }`
    return `    ${key(scheme)}: ${value},`
  })
  return ['security: {', `  ${key(source)}: {`, ...schemes, '  },', '},']
}

export function loadTestText({ source }: Names, { loaded, isSafe, login }: Draft): string {
  const note = isSafe ? '' : '// It makes something each time: give it an application that may be filled.\n'
  // A login is deliberately expensive for an application.
  const [rate, words] = login ? [10, 'ten'] : [20, 'twenty']
  return `import { loadTest } from 'vitest-arazzo'

${note}loadTest(${quoted(`${loaded} under load`)}, {
  workflow: ${quoted(`./${source}.arazzo.yaml#${loaded}`)},
  // The whole workflow, ${words} times a second: ${rate * 10} samples. A p95 takes 59, a p99 takes 299.
  load: { rate: ${rate}, duration: '10s' },
  // Wide for a start, so that only what is wrong is red: narrow them to what users need.
  budgets: { p95: '1s', errorRate: '1%' },
})
`
}

/** A load test that holds head against base, for pull requests. */
export function comparisonText({ source }: Names, { loaded }: Draft): string {
  return `import { loadTest } from 'vitest-arazzo'

// Head against its base, in turns on the same machine. Without a base it is undecided; in CI it fails then.
loadTest(${quoted(`${loaded}, head against base`)}, {
  workflow: ${quoted(`./${source}.arazzo.yaml#${loaded}`)},
  // Two users that loop: CPU time decides soonest under them.
  load: { vus: 2, duration: '5s' },
  budgets: { ${ALWAYS_TOLD.map(metric => `${metric}: ${quoted(comparedOf({ metric })!.usual!)}`).join(', ')} },
})
`
}

export const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
export const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name))
