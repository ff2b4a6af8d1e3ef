import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { arazzo, openapi } from '../builders/project.ts'

/** Files in a folder of their own while something is done with them. */
export async function within<T>(files: Record<string, string>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'attack-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The document `flow.arazzo.yaml` of one step, `a`, over an API with `GET /a`; `more` is what else stands in the
 * workflow.
 */
export const oneStep = (step: string, more = ''): Record<string, string> => ({
  'api.json': openapi({ a: ['get', '/a'] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        ${step}${more === '' ? '' : `\n    ${more}`}`),
})
