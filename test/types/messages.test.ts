import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { root } from '../builders/sources.ts'

/* What compilers and editors say to users: which key is missing or misspelt, and what an option is. */

const file = join(root, 'test/types/written-by-a-user.ts')
const load = "loadTest('a', { workflow: './a.arazzo.yaml', load: "
const text = `import { loadTest, runLoad } from '../../plugin/index.ts'
import type { ArazzoOptions } from '../../plugin/options.ts'
${load}{ rps: 100, durration: '5s' } })
${load}{ rps: 100 } })
${load}{ rpss: 100, duration: '5s' } })
${load}{ rps: 100, duration: '5s' }, budgets: { p95: '1ms', errorRat: 1 } })
${load}{ stages: [{ rps: 100, hold: '5s' }] } })
${load}{ vus: 1, iterations: 10, pacing: '1s' } })
export const one: ArazzoOptions = { server: { command: 'node server.js' } }
export const misspelt: ArazzoOptions = { server: { command: 'node server.js', urrl: '' } }
export const ready: ArazzoOptions = { server: { command: 'node server.js', ready: 'pg_isready' } }
export const several: ArazzoOptions = {
  server: { api: { command: 'a', url: 'b', dependsOn: ['db'] }, db: { command: 'a', ready: 'b' } },
}
export const ran = async () => (await runLoad({ workflow: 'a', load: { rps: 1, duration: 1 } })).responseTime
`

function serviceOf(): ts.LanguageService {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const read = (path: string) => (path === file ? text : readFileSync(path, 'utf8'))
  const fileExists = (path: string) => path === file || ts.sys.fileExists(path)
  return ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => true,
    getCompilationSettings: () => ({ ...options, noEmit: true }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: path => (fileExists(path) ? ts.ScriptSnapshot.fromString(read(path)) : undefined),
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists,
    readFile: read,
  })
}

const service = serviceOf()

/** Messages of the compiler by the line of the text that they are about. */
const said = service.getSemanticDiagnostics(file).map(({ start = 0, messageText }) => {
  const line = text.slice(0, start).split('\n').length
  return { line: text.split('\n')[line - 1]!, message: ts.flattenDiagnosticMessageText(messageText, '\n') }
})

test.each([
  ['durration', "'durration' does not exist in type 'RpsLoad'. Did you mean to write 'duration'?"],
  ['{ rps: 100 } })', "Property 'duration' is missing in type '{ rps: number; }' but required in type 'RpsLoad'."],
  ['rpss', "'rpss' does not exist in type 'LoadShape'. Did you mean to write 'rps'?"],
  ['errorRat', "'errorRat' does not exist in type 'Budgets'. Did you mean to write 'errorRate'?"],
  ['const one', "Property 'url' is missing in type '{ command: string; }' but required in type 'ServerWithUrl'."],
  ['urrl', "Did you mean to write 'url'?"],
])('the compiler says about a line with %s: %s', (part, message) => {
  expect(said.find(({ line }) => line.includes(part))?.message).toContain(message)
})

test('it says nothing about what is right', () => {
  expect(said).toHaveLength(6)
})

describe('an editor shows', () => {
  const shown = (part: string) => {
    const info = service.getQuickInfoAtPosition(file, text.indexOf(part))
    return [ts.displayPartsToString(info?.displayParts), ts.displayPartsToString(info?.documentation)]
  }

  test.each([
    ["duration: '5s' }, budgets", 'Duration', 'Measured time'],
    ['p95', 'p95?: Bounded', '95th percentile'],
    ['responseTime', 'responseTime: LatencySummary', 'from when they were due'],
    ['loadTest(', '(alias) loadTest<', 'A suite that runs a workflow as load.'],
  ])('of %s what it is', (part, type, words) => {
    const [kind, meaning] = shown(part)
    expect(kind).toContain(type)
    expect(meaning).toContain(words)
  })
})
