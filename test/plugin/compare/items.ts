import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StoredComparison } from '../../../src/compare/comparison.ts'
import { repository, type TestRepository } from '../../builders/repository.ts'
import { runVitestAgain } from '../server/run-vitest.ts'

/* Repositories with a workflow over two routes, in which Vitest compares a branch with the default one. */

const root = fileURLToPath(new URL('../../../', import.meta.url))

export const documents = {
  '.gitignore': 'node_modules\n.vitest-arazzo\n',
  'openapi.yaml': `openapi: 3.1.0
info: { title: Items, version: 1.0.0 }
servers: [{ url: 'http://127.0.0.1' }]
paths:
  /items: { get: { operationId: items, responses: { '200': { description: Items } } } }
  /other: { get: { operationId: other, responses: { '200': { description: More } } } }
`,
  'items.arazzo.yaml': `arazzo: 1.0.1
info: { title: Items, version: 1.0.0 }
sourceDescriptions: [{ name: items, url: ./openapi.yaml, type: openapi }]
workflows:
  - workflowId: list
    steps: [{ stepId: items, operationId: items, successCriteria: [{ condition: $statusCode == 200 }] }]
  - workflowId: other
    steps: [{ stepId: other, operationId: other, successCriteria: [{ condition: $statusCode == 200 }] }]
`,
}

/** A repository whose branch differs from its default one by what `head` says. */
export function place(base: Record<string, string>, head: Record<string, string>): TestRepository {
  const here = repository({ ...documents, ...base })
  here.git('switch', '--quiet', '--create', 'change')
  here.commit('The change', head)
  mkdirSync(join(here.top, 'node_modules'))
  for (const [name, folder] of [
    ['vitest', 'node_modules/vitest'],
    ['vitest-arazzo', '.'],
  ] as const)
    symlinkSync(join(root, folder), join(here.top, 'node_modules', name))
  return here
}

export function run({ top, env }: TestRepository, more: Record<string, string> = {}, reporter = 'verbose') {
  const git = Object.entries(env).filter(([name]) => name.startsWith('GIT_'))
  const ofCi = { CI: '', GITHUB_REF: '', GITHUB_BASE_REF: '' }
  return runVitestAgain(top, ['run', `--reporter=${reporter}`], { ...Object.fromEntries(git), ...ofCi, ...more })
}

/** What is stored of each load test that was compared. */
export function stored({ top }: TestRepository): StoredComparison[] {
  const reports = join(top, '.vitest-arazzo')
  const files = readdirSync(reports).map(name => join(reports, name, 'comparison.json'))
  return files.filter(file => existsSync(file)).map(file => JSON.parse(readFileSync(file, 'utf8')))
}
