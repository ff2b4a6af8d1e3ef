import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { project } from '../builders/project.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { askCli } from './cli.ts'

const openapi = fileURLToPath(new URL('../../fixtures/openapi/swagger.json', import.meta.url))

const built = await builtPlugin()

/** A repository with these files. */
function repository(files: Readonly<Record<string, string>>, branch = 'main'): string {
  const folder = project(files)
  execFileSync('git', ['init', '-q', '-b', branch], { cwd: folder })
  return folder
}

const manifest = (scripts = {}) => JSON.stringify({ type: 'module', scripts: { start: 'node server.js', ...scripts } })
const init = (folder: string, ...args: readonly string[]) =>
  askCli(built, ['init', openapi, '--command', 'npm start', ...args], folder)
const yamlOf = (...path: readonly string[]) => parse(readFileSync(join(...path), 'utf8'))

describe('the file for GitHub', () => {
  test('sets the project up as its scripts allow, on its default branch', async () => {
    const folder = repository({ 'package.json': manifest({ build: 'tsc' }) }, 'trunk')
    const { code, stdout, stderr } = await init(folder, '--ci', 'github')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('wrote .github/workflows/load.yml\n')
    const { on, jobs } = yamlOf(folder, '.github/workflows/load.yml')
    expect(on.push.branches).toEqual(['trunk'])
    expect(jobs.load.steps.at(-1)).toEqual({
      uses: './node_modules/vitest-arazzo',
      with: { setup: 'npm ci && npm run build' },
    })
    const config = readFileSync(join(folder, 'vitest.config.ts'), 'utf8')
    expect(config).toContain("      compare: { git: 'merge-base', setup: 'npm ci && npm run build' },\n")
    const comparison = readFileSync(join(folder, 'stock.compare.test.ts'), 'utf8')
    expect(comparison).toContain("cpuPerRequest: 'base + 5%'")
    expect(comparison).toMatch(/workflow: '\.\/stock\.arazzo\.yaml#\S+'/)
  })

  test('names the folder of a project that is one of several', async () => {
    const root = repository({ 'services/shop/package.json': manifest() })
    const folder = join(root, 'services/shop')
    expect((await init(folder, '--ci', 'github')).code).toBe(0)
    const { steps } = yamlOf(root, '.github/workflows/load.yml').jobs.load
    expect(steps[1].with).toMatchObject({ cache: 'npm', 'cache-dependency-path': 'services/shop/package-lock.json' })
    expect(steps[2]).toEqual({ run: 'npm ci', 'working-directory': 'services/shop' })
    expect(steps[3]).toEqual({
      uses: './services/shop/node_modules/vitest-arazzo',
      with: { setup: 'npm ci', 'working-directory': 'services/shop' },
    })
  })

  test('is kept by a second call, and never written over another', async () => {
    const folder = repository({ 'package.json': manifest() })
    await init(folder)
    const second = await init(folder, '--ci', 'github')
    expect(second.code, second.stderr).toBe(0)
    expect(second.stdout).toContain('wrote stock.compare.test.ts\n')
    expect(second.stdout).toMatch(
      /ts is there already\. What it needs:[\s\S]*compare: \{ git: 'merge-base', setup: 'npm ci' \},/,
    )
    const other = repository({ 'package.json': manifest(), '.github/workflows/load.yml': 'name: mine\n' })
    const refused = await init(other, '--ci', 'github')
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(
      /^Failed to write the file for GitHub: \.github\/workflows\/load\.yml is there already\. Add/,
    )
    expect(readFileSync(join(other, '.github/workflows/load.yml'), 'utf8')).toBe('name: mine\n')
    expect(existsSync(join(other, 'stock.arazzo.yaml'))).toBe(false)
  })
})

test.each(['', 'services/shop'])('the file for GitLab sets up base and head in the folder "%s"', async within => {
  const root = repository({ [join(within, 'package.json')]: manifest({ build: 'tsc' }) })
  const { code, stderr } = await init(join(root, within), '--ci', 'gitlab')
  expect(code, stderr).toBe(0)
  const { load } = yamlOf(root, '.gitlab-ci.yml')
  const folder = within && `${within}/`
  expect(load.variables.VITEST_ARAZZO_SETUP).toBe('npm ci && npm run build')
  expect(load.script[0]).toBe(`${within && `cd ${within} && `}npm ci && npm run build`)
  expect(load.artifacts.paths).toEqual([`${folder}.vitest-arazzo`, 'metrics.txt'])
  expect(load.artifacts.reports).toEqual({ junit: `${folder}junit.xml`, metrics: 'metrics.txt' })
  expect(load.after_script[0]).toContain(`cat ${folder}.vitest-arazzo/*/metrics.prom`)
})

describe('a service that is not asked for', () => {
  test.each([
    ['github', { '.github/CODEOWNERS': '' }],
    ['gitlab', { '.gitlab-ci.yml': '' }],
  ])('is offered: %s', async (service, files) => {
    const { stdout } = await init(repository({ 'package.json': manifest(), ...files }))
    expect(stdout).toContain(`Pull requests can be compared with their base: add --ci ${service}.\n`)
  })

  test('is told by the address of origin', async () => {
    const folder = repository({ 'package.json': manifest() })
    execFileSync('git', ['remote', 'add', 'origin', 'git@github.com:shop/shop.git'], { cwd: folder })
    expect((await init(folder)).stdout).toContain('add --ci github.')
  })

  test('is not offered outside of a repository', async () => {
    expect((await init(project({ 'package.json': manifest() }))).stdout).not.toContain('--ci')
  })
})

test.each([
  [['--ci', 'travis'], /^Failed to read --ci: it is "travis"\. Write github or gitlab\.\n/],
  [['--ci', 'github'], /^Failed to write the file for GitHub: .* is in no git repository\. Run git init first\.\n/],
])('what cannot be written is refused before anything is: %s', async (args, message) => {
  const folder = project({})
  const { code, stderr } = await init(folder, ...args)
  expect(code).not.toBe(0)
  expect(stderr).toMatch(message)
  expect(existsSync(join(folder, 'stock.arazzo.yaml'))).toBe(false)
})

test('an application that nothing starts cannot be compared', async () => {
  const folder = repository({ 'package.json': manifest() })
  const { stderr } = await askCli(built, ['init', openapi, '--ci', 'github'], folder)
  expect(stderr).toMatch(/^Failed to compare pull requests with their base: nothing says how the application starts\./)
})
