import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ReadOptions, type RunOptions, readArazzo, runWorkflow, type WorkflowReport } from '../../src/index.ts'
import { openapi } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import type { Version } from './rule.ts'

/** The API that the documents of this suite use unless they bring their own. */
export const api = openapi({
  getThing: ['get', '/thing'],
  postThing: ['post', '/thing'],
  getOther: ['get', '/other'],
  getThird: ['get', '/third'],
  refresh: ['post', '/refresh'],
  getItem: ['get', '/items/{id}'],
})

export type Files = Record<string, string | object>

/** A document of one workflow, or of more; `more` are further fields of the root, or other values for these. */
export interface Parts {
  steps?: object[]
  /** Fields of the workflow besides its steps. */
  workflow?: object
  /** Other workflows than `main`, or, with `steps` absent, all of them. */
  workflows?: object[]
  components?: object
  /** Fields of the root. */
  root?: object
  /** Files next to the document; objects become JSON. */
  files?: Files
}

/** A step that calls `getThing`, with other fields. */
export const step = (stepId: string, fields: object = {}): object =>
  'operationId' in fields || 'operationPath' in fields || 'workflowId' in fields
    ? { stepId, ...fields }
    : { stepId, operationId: 'getThing', ...fields }

/** A workflow that sends its input `n`. */
export const receiver = {
  workflowId: 'second',
  inputs: { type: 'object', properties: { n: {} } },
  steps: [step('x', { operationId: 'getOther', parameters: [{ name: 'n', in: 'query', value: '$inputs.n' }] })],
}

/** A second document with these workflows, which is a source of the first. */
export const withOther = (version: Version, ...workflows: object[]) => ({
  root: {
    sourceDescriptions: [
      { name: 'api', url: './api.json', type: 'openapi' },
      { name: 'other', url: './other.json', type: 'arazzo' },
    ],
  },
  files: { 'other.json': documentOf(version, { workflows }) },
})

/** A criterion that the status is this one. */
export const status = (code: number): object[] => [{ condition: `$statusCode == ${code}` }]

export function documentOf(version: Version, parts: Parts): object {
  const main = parts.steps ? [{ workflowId: 'main', ...parts.workflow, steps: parts.steps }] : []
  return {
    arazzo: version,
    info: { title: 'test', version: '1' },
    sourceDescriptions: [{ name: 'api', url: './api.json', type: 'openapi' }],
    workflows: [...main, ...(parts.workflows ?? [])],
    ...(parts.components && { components: parts.components }),
    ...parts.root,
  }
}

/** Writes files into a fresh folder, gone when the test ends, and returns the folder. */
export function folderOf(files: Files): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'conformance-')))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes the document and its files; returns the document's path. */
export function write(version: Version, parts: Parts | string): string {
  const files = typeof parts === 'string' ? {} : parts.files
  const document = typeof parts === 'string' ? parts : documentOf(version, parts)
  const folder = folderOf({ 'api.json': api, 'main.arazzo.json': document, ...files })
  return join(folder, 'main.arazzo.json')
}

/** An answer for every request, one list of answers a path (the last again and again), or a function. */
export type Answers = Answer | Record<`/${string}`, Answer | Answer[]> | ((request: Seen, count: number) => Answer)

export interface Ran {
  report: WorkflowReport
  outputs: Record<string, unknown>
  /** The requests as the server saw them. */
  seen: Seen[]
  /** `GET /thing?a=1`. */
  requests: string[]
  /** `stepId state` of every attempt. */
  trail: string[]
}

/** Options of a run, and the answers that the server gives. */
export interface Settings extends RunOptions, ReadOptions {
  answers?: Answers
  /** Default: `main`. */
  workflowId?: string
  /** The text of the document, in the place of its parts. */
  text?: string
}

/** Runs a workflow of a document against a server. */
export async function run(version: Version, script: Parts & Settings): Promise<Ran> {
  const { steps, workflow, workflows, components, root, files, ...settings } = script
  const { answers = { body: {} }, workflowId = 'main', text, ...options } = settings
  const server = await serve(answering(answers))
  const document = write(version, text ?? { steps, workflow, workflows, components, root, files })
  const report = await runWorkflow({ document, workflowId }, { servers: server.origin, ...options })
  return {
    report,
    outputs: report.outputs,
    seen: server.seen,
    requests: server.seen.map(({ method, url }) => `${method} ${url}`),
    trail: report.steps.map(({ stepId, state }) => `${stepId} ${state}`),
  }
}

function answering(answers: Answers): (request: Seen, count: number) => Answer {
  if (typeof answers === 'function') return answers
  if (!Object.keys(answers).some(key => key.startsWith('/'))) return () => answers as Answer
  const counts = new Map<string, number>()
  return ({ url }) => {
    const path = url.split('?')[0] as `/${string}`
    const count = counts.get(path) ?? 0
    counts.set(path, count + 1)
    const own = (answers as Record<`/${string}`, Answer | Answer[]>)[path] ?? { body: {} }
    return Array.isArray(own) ? own[Math.min(count, own.length - 1)]! : own
  }
}

/** Outputs of a workflow of one step that gives these values; for what expressions yield. */
export async function outputsOf(
  version: Version,
  outputs: Record<string, unknown>,
  answers?: Answers,
  { step: fields = {}, workflow, ...more }: { step?: object } & Settings & Omit<Parts, 'steps'> = {},
): Promise<Record<string, unknown>> {
  const own = Object.fromEntries(Object.keys(outputs).map(name => [name, `$steps.only.outputs.${name}`]))
  const steps = [step('only', { ...fields, outputs })]
  const { report } = await run(version, { steps, workflow: { outputs: own, ...workflow }, answers, ...more })
  if (report.state !== 'passed') throw new Error(report.because)
  return report.outputs
}

/** Whether a step with these criteria passes; and why not, where a criterion could not be evaluated. */
export async function judged(
  version: Version,
  successCriteria: object[],
  answers?: Answers,
  more: Omit<Parts, 'steps'> & Pick<Settings, 'inputs'> = {},
): Promise<{ passed: boolean; error: string | undefined }> {
  const { report } = await run(version, { steps: [step('only', { successCriteria })], answers, ...more })
  const [only] = report.steps
  const errors = only && 'checks' in only ? only.checks.flatMap(check => check.error ?? []) : []
  return { passed: report.state === 'passed', error: errors[0] }
}

/** Whether a step with this simple condition passes. */
export async function holds(
  version: Version,
  condition: string,
  answers?: Answers,
  more?: Parameters<typeof judged>[3],
): Promise<boolean> {
  return (await judged(version, [{ condition }], answers, more)).passed
}

/** Reads a document; `codes` are those of its problems, warnings in brackets. */
export async function read(version: Version, parts: Parts | string, options?: ReadOptions) {
  const { document, problems } = await readArazzo(write(version, parts), options)
  const codes = problems.map(({ code, severity }) => (severity === 'error' ? code : `(${code})`))
  return { document, problems, codes }
}

/** The codes of a document's problems; fails when the document was accepted. */
export async function refused(version: Version, parts: Parts | string): Promise<string[]> {
  const { document, codes } = await read(version, parts)
  if (document) throw new Error(`The document was accepted (${codes.join(', ') || 'no problems'})`)
  return codes
}

/** The document; fails when it has an error. */
export async function accepted(version: Version, parts: Parts | string, options?: ReadOptions) {
  const { document, problems } = await read(version, parts, options)
  if (!document) throw new Error(problems.map(({ message }) => message).join('\n'))
  return document
}
