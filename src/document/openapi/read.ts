import { basename, resolve } from 'node:path'
import type { Problem } from '../../ground/errors.ts'
import { given } from '../../ground/given.ts'
import { createFiles, isUnreadable } from '../file/files.ts'
import { References } from '../file/references.ts'
import type { OpenApiDescription } from '../model.ts'
import { collectProblems } from '../problems.ts'
import { object, text } from '../raw.ts'
import { readApi } from './description.ts'
import { createOpenApiReader } from './reader.ts'

/** An OpenAPI description for itself, with all of its operations. */
export interface ReadOpenApi {
  readonly title?: string
  readonly description: OpenApiDescription
  /**
   * What a value stands for: a `$ref` leads to its target, everything else is itself; undefined where it leads nowhere.
   */
  follow(value: unknown): unknown
}

/** Reads an OpenAPI file (2.0 to 3.2). Never throws for what is in it: `api` is absent when it cannot be used. */
export function readOpenApi(path: string): { api?: ReadOpenApi; problems: Problem[] } {
  const file = resolve(path)
  const problems = collectProblems()
  const failed = `read ${basename(file)}`
  const fault = (found: string, hint?: string) =>
    problems.addFirm({ code: 'unreadable-file', at: { file, line: 1, column: 1 }, failed, found, hint })
  const files = createFiles(({ file, faults, locate }) => {
    for (const { offset, code, severity, found, hint } of faults)
      if (severity === 'error')
        problems.addFirm({ code, at: locate(offset), failed: `read ${basename(file)}`, found, hint })
  })
  const source = files.read(file)
  if (isUnreadable(source)) {
    fault(source.found, source.hint)
    return { problems: problems.sorted(file) }
  }
  const references = new References(files)
  const api = readApi(source, createOpenApiReader(references, problems))
  if (api === undefined) {
    if (problems.sorted(file).length === 0) fault('it holds no object', 'Give an OpenAPI description.')
    return { problems: problems.sorted(file) }
  }
  for (const entry of api.entries) api.operation(entry)
  const title = text(object(api.root, 'info'), 'title')
  return {
    api: given({ title, description: api.description, follow: value => references.follow(value, () => {}) }),
    problems: problems.sorted(file),
  }
}
