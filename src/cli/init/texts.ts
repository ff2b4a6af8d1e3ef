import { writeYaml } from '../../document/file/yaml.ts'
import type { OpenApiDescription } from '../../document/model.ts'
import type { Raw } from '../../document/raw.ts'
import type { NeededCredentials } from './security.ts'
import type { Draft } from './workflows.ts'

export interface Names {
  /** Name of the source description, and of the files: `petstore`. */
  source: string
  title: string
  /** The OpenAPI file, relative to the document. */
  url: string
}

export function documentText({ source, title, url }: Names, draft: Draft): string {
  const document = {
    arazzo: '1.0.1',
    info: { title, version: '1.0.0' },
    sourceDescriptions: [{ name: source, url, type: 'openapi' }],
    workflows: draft.workflows,
  }
  return `# ${noteOn(draft)}\n# https://spec.openapis.org/arazzo/v1.0.1.html\n${writeYaml(document)}`
}

function noteOn({ isSafe, isGuess }: Draft): string {
  if (!isGuess) return 'Each workflow only looks at things. An id comes from the list before it.'
  const change = isSafe ? '' : ' It may change something.'
  return `The description has no examples of what its operations require: correct the values here.${change}`
}

export interface Application {
  /** Starts it; `{port}` in it is a free port. */
  command?: string
  /** Where it listens. */
  server?: string
}

export function configText(
  { source }: Names,
  { command, server }: Application,
  credentials: readonly NeededCredentials[],
  description: OpenApiDescription,
): string {
  const url = server ?? defaultServer(description)
  const options = command === undefined ? serverOfEnvironment(url) : serverToStart(command, server, description)
  return `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  plugins: [
    arazzo({
${[...options, ...securityLines(source, credentials)].map(line => `      ${line}\n`).join('')}    }),
  ],
})
`
}

function serverOfEnvironment(url: string): string[] {
  return [
    '// Where the application listens.',
    `servers: process.env.API_URL ?? ${quoted(url)},`,
    '// Or let the plugin start it, and measure its memory and CPU:',
    "// server: { command: 'npm start', url: 'http://127.0.0.1:{port}', env: { PORT: '{port}' } },",
  ]
}

function serverToStart(command: string, server: string | undefined, description: OpenApiDescription): string[] {
  const base = pathOf(defaultServer(description))
  const url = server ?? 'http://127.0.0.1:{port}'
  return [
    `server: { command: ${quoted(command)}, url: ${quoted(url)}, env: { PORT: '{port}' } },`,
    ...(server === undefined && base !== '' ? [`servers: ${quoted(`http://127.0.0.1:{port}${base}`)},`] : []),
  ]
}

/**
 * On this machine, under the path that the description has: a machine of somebody else's is not to be tested by
 * accident.
 */
function defaultServer({ operations }: OpenApiDescription): string {
  const [server] = operations[0]?.servers ?? []
  const filled = (server?.url ?? '/').replaceAll(/\{([^}]+)\}/g, (_, name) => server?.variables[name]?.default ?? '')
  const url = URL.canParse(filled) ? new URL(filled) : undefined
  if (url !== undefined && /^(localhost|127\.|\[::1\])/.test(url.hostname)) return filled.replace(/\/$/, '')
  // A relative one is resolved against where the application listens.
  return `http://127.0.0.1:3000${url === undefined ? '' : url.pathname.replace(/\/$/, '')}`
}

function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/$/, '')
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

export function loadTestText({ source }: Names, { workflows, isSafe }: Draft): string {
  const lengthOf = ({ steps }: Raw) => (steps as unknown[]).length
  const longest = workflows.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a))
  const workflowId = String(longest.workflowId)
  const note = isSafe ? '' : '// Twenty times a second: give it an application that may be filled.\n'
  return `import { loadTest } from 'vitest-arazzo'

${note}loadTest(${quoted(`${workflowId} under load`)}, {
  workflow: ${quoted(`./${source}.arazzo.yaml#${workflowId}`)},
  // The whole workflow, twenty times a second: 200 samples, whatever its length, are enough for a p95.
  load: { rate: 20, duration: '10s' },
  budgets: { p95: '500ms', errorRate: '1%' },
})
`
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name))
