import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { freshFolder } from '../builders/folder.ts'
import { install } from '../builders/installed.ts'
import { cases } from '../builders/thorough.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'
import { chainedApi, openChained } from './chained.ts'
import { runCli } from './cli.ts'

const built = await builtPlugin()
const server = await openChained()
afterAll(() => server.close())

/** A project as somebody has it who has just installed Vitest and the plugin, and asked for the first files. */
async function initiated(steps: number): Promise<string> {
  const project = freshFolder(`steps-${steps}`)
  await install(project, 'vitest', 'vite')
  writeFileSync(join(project, 'openapi.json'), chainedApi(steps))
  const said = await runCli(built, ['init', 'openapi.json', '--server', server.url], { cwd: project })
  expect(said.code, said.stderr).toBe(0)
  return project
}

async function firstRun(steps: number): Promise<void> {
  const project = await initiated(steps)
  const { code, stdout, stderr } = await runVitestAgain(project, ['run', '--reporter=json'], {})
  expect(code, stdout + stderr).toBe(0)
  const { testResults } = JSON.parse(stdout) as { testResults: { assertionResults: Result[] }[] }
  const results = testResults.flatMap(({ assertionResults }) => assertionResults)
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([])
  // The steps, the load and its two budgets.
  expect(results).toHaveLength(steps + 3)
  expect(server.requests).toContain(
    `/list1${'/a/list2'.repeat(Math.floor((steps - 1) / 2))}`.replace('list2/a/list2', 'list2/a/list3'),
  )
}

interface Result {
  title: string
  status: string
}

test.each(cases([5], [1, 2]))('the first run is green, load test and all: %i steps', firstRun)

// In every run the other workers are what the machine does besides.
for (const steps of cases<number>([], [5]))
  test('also on a machine that does something else besides', async () => {
    const burner = new Worker('const end = Date.now() + 60_000; while (Date.now() < end);', { eval: true })
    try {
      await firstRun(steps)
    } finally {
      await burner.terminate()
    }
  })
