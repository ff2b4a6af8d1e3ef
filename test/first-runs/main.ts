/*
 * What somebody has five minutes after installing the package: of each OpenAPI file, `init` makes a project, whose first
 * run has to be green, again and again. Run: `npm run first-runs`, or `npm run first-runs 3 petstore` for three times of one.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { APIS, type Api } from './servers.ts'

const root = resolve(import.meta.dirname, '../../..')
const times = Number(process.argv[2] ?? 10)
const scratch = mkdtempSync(join(tmpdir(), 'first-runs-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

interface Assertion {
  fullName: string
  status: string
  failureMessages: string[]
}

/** Runs a program to its end. */
async function run(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const { CI: _, ...own } = process.env
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...own, ...env, NO_COLOR: '1' }, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

function projectFor({ file }: Api): string {
  const folder = mkdtempSync(join(scratch, 'project-'))
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'vitest-arazzo')
  mkdirSync(installed, { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  for (const name of ['dist', 'schemas']) symlinkSync(join(root, name), join(installed, name))
  for (const name of ['vitest', 'vite']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  cpSync(resolve(root, 'fixtures/openapi', file, '..'), join(folder, 'api'), { recursive: true })
  return folder
}

/** What was not green of a first run; nothing where all was. */
async function firstRun(api: Api): Promise<string[]> {
  const server = await api.open()
  const folder = projectFor(api)
  try {
    const name = api.file.split('/').at(-1)!
    const cli = join(root, 'dist/cli.js')
    const made = await run(folder, [cli, 'init', `api/${name}`, '--server', server.url])
    if (made.code !== 0) return [made.output]
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const result = join(folder, 'run.json')
    const ran = await run(folder, [vitest, 'run', '--reporter=json', `--outputFile=${result}`], api.env)
    const { testResults } = JSON.parse(readFileSync(result, 'utf8')) as {
      testResults: { assertionResults: Assertion[] }[]
    }
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
    // What comes after an empty list is skipped.
    const bad = tests.filter(({ status }) => status !== 'passed' && status !== 'skipped')
    const passed = tests.filter(({ status }) => status === 'passed')
    const said = bad.map(
      ({ fullName, status, failureMessages }) => `${fullName}: ${status} ${failureMessages.join('\n')}`,
    )
    return passed.length < 4 || (ran.code !== 0 && bad.length === 0) ? [...said, ran.output] : said
  } finally {
    await server.close()
  }
}

let bad = 0
for (const api of APIS.filter(({ file }) => file.includes(process.argv[3] ?? ''))) {
  let green = 0
  for (let time = 1; time <= times; time++) {
    const faults = await firstRun(api)
    if (faults.length === 0) green++
    else console.log(faults.join('\n'))
  }
  bad += times - green
  console.log(`${green} of ${times} green  ${api.file}`)
}
process.exitCode = bad > 0 ? 1 : 0
