import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Command, readFlags } from '../../src/cli/flags.ts'
import { load } from '../../src/cli/load.ts'
import { run } from '../../src/cli/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const binary = { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } }
const shape = ['--vus', '1', '--iterations', '1', '--quiet']

/** The exit code, and the bodies of the requests that pass a file on. */
async function perform(command: Command, flags: string[]) {
  const server = await serve(({ url }) => ({ body: url === '/ask' ? { file: 'file:./cat.txt' } : {} }))
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask', {}], put: ['post', '/put', { requestBody: binary }] }),
    'a.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - { stepId: ask, operationId: ask, outputs: { file: $response.body#/file } }
      - { stepId: put, operationId: put, requestBody: { payload: $steps.ask.outputs.file } }
`),
    'shared/cat.txt': 'cat',
  })
  const args = [join(folder, 'a.arazzo.yaml'), '--server', server.origin]
  const here = flags.map(flag => flag.replace('<folder>', folder))
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    const code = await command.run(readFlags([...args, ...here], command.flags))
    return { code, sent: server.seen.filter(({ url }) => url === '/put').map(({ body }) => body) }
  } finally {
    log.mockRestore()
  }
}

test.each([
  ['run', run, []],
  ['load', load, shape],
] as const)('%s sends a file that a response names from the folder of --files only', async (_, command, more) => {
  expect(await perform(command, ['--files', '<folder>/shared', ...more])).toEqual({ code: 0, sent: ['cat'] })
  expect(await perform(command, [...more])).toEqual({ code: 1, sent: [] })
  await expect(perform(command, ['--files', '<folder>/none', ...more])).rejects.toThrow(
    /^Failed to read --files: there is no folder \S+none\. Correct the path\.$/,
  )
})
