import { realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ArazzoDocument, ReadOptions } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import type { Problem } from '../../src/ground/errors.ts'
import { project } from '../builders/project.ts'
import { slashed } from '../builders/system.ts'

/** Files in a fresh folder; gone when the test ends. Returns the folder. */
export const folderOf = (files: Record<string, string | Uint8Array>): string => realpathSync(project(files))

/** Problems as lines: `main.yaml:3:5 error code: message hint`. */
export function listed(problems: readonly Problem[], folder: string): string {
  const lines = problems.map(({ at, severity, code, message, hint }) => {
    const place = `${slashed(relative(folder, at.file))}:${at.line}:${at.column}`
    return `${place} ${severity} ${code}: ${message}${hint ? ` ${hint}` : ''}`
  })
  return lines.join('\n').replaceAll(folder, '<folder>')
}

/** Reads `main.yaml` of these files. */
export async function readAll(files: Record<string, string | Uint8Array>, options?: ReadOptions) {
  const folder = folderOf(files)
  const { document, problems, files: read } = await readArazzo(join(folder, 'main.yaml'), options)
  return {
    folder,
    document,
    problems,
    files: read.map(file => slashed(relative(folder, file))),
    list: listed(problems, folder),
  }
}

/** The list of problems of `main.yaml`. */
export async function problemsOf(files: Record<string, string | Uint8Array>, options?: ReadOptions): Promise<string> {
  return (await readAll(files, options)).list
}

/** The document, which has to be without errors. */
export async function documentOf(
  files: Record<string, string | Uint8Array>,
  options?: ReadOptions,
): Promise<ArazzoDocument> {
  const { document, list } = await readAll(files, options)
  if (!document) throw new Error(list)
  return document
}

/** An OpenAPI description with a few operations. */
export const API = `openapi: 3.1.0
info: { title: shop, version: '1' }
paths:
  /login:
    post: { operationId: login, responses: {} }
  /items:
    get:
      operationId: listItems
      parameters:
        - { name: page, in: query, schema: { type: integer } }
      responses: {}
  /items/{id}:
    get:
      operationId: getItem
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses: {}
`

/** A document over `api.yaml` with these workflows (YAML, indented by two); steps begin in line 7 of it. */
export function arazzo(workflows: string, { version = '1.1.0', more = '' } = {}): string {
  return `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.yaml }
workflows:
${workflows}
${more}`
}

/** `main.yaml` with one workflow of these steps (YAML, indented by six), and `api.yaml`. */
export function oneWorkflow(steps: string, { head = '', more = '', version = '1.1.0' } = {}): Record<string, string> {
  return {
    'main.yaml': arazzo(`  - workflowId: main\n${head}    steps:\n${steps}`, { version, more }),
    'api.yaml': API,
  }
}
