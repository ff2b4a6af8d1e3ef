import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT, type Step } from '../action/job.ts'

/* Issue 43, 17: what builds and publishes this package is fixed by commits, and what may publish runs nothing of others. */

interface Job {
  permissions?: Record<string, string>
  environment?: string
  needs?: string | string[]
  steps: Step[]
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const workflows = readdirSync(join(ROOT, '.github/workflows')).map(name => `.github/workflows/${name}`)
/** Also the workflow that users copy and that may write. */
const pinned = [...workflows, 'action.yml', 'examples/ci/github-forks-comment.yml']
const USES = /^\s*(?:- )?uses: *(\S+)(.*)$/gm

test('each action is pinned by commit, with its version, and each has one commit', () => {
  const commits = new Map<string, Set<string>>()
  for (const file of pinned) {
    const found = [...read(file).matchAll(USES)].filter(([, uses]) => !uses!.startsWith('./'))
    expect(found.length, file).toBeGreaterThan(0)
    for (const [line, uses, comment] of found) {
      expect(uses, `${file}: ${line}`).toMatch(/^actions\/[\w/-]+@[0-9a-f]{40}$/)
      expect(comment, `${file}: ${line}`).toMatch(/^ # v\d+\.\d+\.\d+$/)
      const [path, commit] = uses!.split('@') as [string, string]
      const name = path.split('/').slice(0, 2).join('/')
      commits.set(name, (commits.get(name) ?? new Set()).add(`${commit}${comment}`))
    }
  }
  for (const [name, all] of commits) expect([...all], name).toHaveLength(1)
})

test('nothing else than actions is taken by a name that may move', () => {
  for (const file of pinned) {
    const text = read(file)
    expect([...text.matchAll(/uses:/g)].length, file).toBe([...text.matchAll(USES)].length)
    expect(text, file).not.toMatch(/^\s*(?:container|image|services):|docker:\/\/|curl .*\| *(?:ba)?sh/m)
  }
})

test('the job that may publish receives a tarball, and checks out, installs and runs nothing of the repository', () => {
  const { permissions, jobs } = parse(read('.github/workflows/publish.yml')) as {
    permissions: Record<string, string>
    jobs: Record<string, Job>
  }
  expect(permissions).toEqual({})
  const { build, publish } = jobs as { build: Job; publish: Job }
  expect(Object.keys(jobs)).toEqual(['build', 'publish'])
  expect([build.permissions, build.environment]).toEqual([{ contents: 'read' }, undefined])
  expect(publish).toMatchObject({ permissions: { 'id-token': 'write' }, environment: 'npm', needs: 'build' })
  const nameOf = ({ uses, run }: Step) => uses?.split('@')[0] ?? run!
  expect(publish.steps.map(nameOf)).toEqual([
    'actions/download-artifact',
    'actions/setup-node',
    'npm publish --provenance --access public --ignore-scripts ./*.tgz',
  ])
  expect(build.steps.map(nameOf)).toEqual(
    expect.arrayContaining([
      'npm ci --ignore-scripts',
      'npm run test:all',
      'npm pack --ignore-scripts',
      'actions/upload-artifact',
    ]),
  )
  const [upload, download] = [build.steps.at(-1)!, publish.steps[0]!]
  expect(upload.with).toEqual({ name: 'package', path: 'vitest-arazzo-*.tgz', 'if-no-files-found': 'error' })
  expect(download.with).toEqual({ name: 'package' })
  // Neither a token of the registry nor what another workflow has put into a cache.
  expect(read('.github/workflows/publish.yml')).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|cache:/)
})

test('a job is given no more than it needs', () => {
  for (const file of workflows) {
    const { permissions, jobs } = parse(read(file)) as { permissions?: object; jobs: Record<string, Job> }
    expect(permissions, file).toBeDefined()
    const steps = Object.values(jobs).flatMap(job => job.steps)
    for (const { uses, with: given } of steps)
      if (uses?.startsWith('actions/checkout@')) expect(given, file).toMatchObject({ 'persist-credentials': false })
  }
})

interface Locked {
  link?: boolean
  dependencies?: object
  optionalDependencies?: object
  peerDependencies?: object
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

test('the lock file has each dependency, also those that are optional: npm ci refuses another', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
  const missing: string[] = []
  for (const [path, { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }] of Object.entries(
    packages,
  )) {
    const peers = Object.keys(peerDependencies ?? {}).filter(name => !peerDependenciesMeta?.[name]?.optional)
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])
      if (!foldersAbove(path).some(folder => `${folder}node_modules/${name}` in packages))
        missing.push(`${path}: ${name}`)
  }
  expect(missing).toEqual([])
})

/** Where Node looks for what a package needs: below it, and beside each folder above. */
function foldersAbove(path: string): string[] {
  const parts = path === '' ? [] : path.split(/(?<=\/)(?=node_modules\/)/)
  const folders = parts.map(
    (_, i) =>
      `${parts
        .slice(0, i + 1)
        .join('')
        .replace(/\/$/, '')}/`,
  )
  return ['', ...folders]
}

test('one version of npm writes the lock file, and contributors are told which', () => {
  const { packageManager } = JSON.parse(read('package.json'))
  expect(packageManager).toMatch(/^npm@11\.\d+\.\d+$/)
  expect(read('.github/CONTRIBUTING.md')).toContain(`npx ${packageManager} install`)
})

test('updates of actions and packages are proposed', () => {
  const { version, updates } = parse(read('.github/dependabot.yml'))
  expect(version).toBe(2)
  const all = updates.map((one: Record<string, unknown>) => [one['package-ecosystem'], one.directory])
  expect(all).toEqual([
    ['github-actions', '/'],
    ['npm', '/'],
  ])
})
