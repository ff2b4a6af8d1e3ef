import { serialize } from 'node:v8'
import { asUsed } from '../../src/document/as-used.ts'
import { LOAD_TEST_FIELD } from '../../src/document/extension-fields.ts'
import type { ArazzoDocument, Workflow } from '../../src/document/model.ts'
import type { Location } from '../../src/ground/errors.ts'
import { plain } from '../../src/ground/plain.ts'
import type { SuiteOptions } from '../../src/load/suites/options.ts'
import { describePart, type Suite } from '../../src/load/suites/parts.ts'

export interface GeneratedModule {
  code: string
  map: SourceMap
}

/**
 * A document as a test file: a literal `describe` per workflow and a literal `test` per step. Literal, because
 * Vitest takes a test's location from the frame of its call, which the source map leads to the step's line.
 * What a step does is the runtime's. The document itself comes with the module, read and checked: reading it once more
 * in the worker would cost ten times what that does.
 * A workflow that is a part has one test, which is skipped and says so; a data-driven one is a suite for each row.
 *
 * @param text of the document.
 * @param runtime absolute path of the runtime module, so that documents outside any package find it.
 */
export function suiteModule(
  document: ArazzoDocument,
  suites: readonly Suite[],
  text: string,
  runtime: string,
): GeneratedModule {
  const code = new Code()
  code.write("import { describe, test } from 'vitest'\n")
  code.write(`import { openDocument } from ${quote(runtime)}\n\n`)
  code.write(`const document = await openDocument(${quote(serialize(asUsed(document)).toString('base64'))})\n`)
  for (const suite of suites) writeSuite(code, suite)
  return { code: code.text, map: sourceMap(document.file, text, code.segments) }
}

function writeSuite(code: Code, { workflow, options, part }: Suite): void {
  const id = quote(workflow.workflowId)
  if (part !== undefined) {
    beginSuite(code, workflow, options)
    const name = quote(plain(describePart(part)))
    // Skipped by the context: tests that are skipped from the start are not in `vitest list`.
    code.write('  ').write('test', workflow.at).write(`(${name}, { meta: { arazzoPart: true } }, context => `)
    code.write("context.skip('not run by itself'))\n")
    if (hasLoad(workflow)) writeLoadTests(code.write(`  const workflow = document.workflow(${id})\n`), workflow)
  } else if (options.feed) {
    code.write(`\nfor (const row of await document.rows(${id})) {`)
    beginSuite(code, workflow, options, `${quote(`${plain(workflow.workflowId)} (`)} + row.name + ')'`)
    code.write(`  const workflow = document.workflow(${id}, row.inputs)\n`)
    writeSteps(code, workflow)
    code.write('})\n}\n')
    if (!hasLoad(workflow)) return
    beginSuite(code, workflow, options)
    writeLoadTests(code.write(`  const workflow = document.workflow(${id})\n`), workflow)
  } else {
    beginSuite(code, workflow, options)
    code.write(`  const workflow = document.workflow(${id})\n`)
    writeSteps(code, workflow)
    if (hasLoad(workflow)) writeLoadTests(code, workflow)
  }
  code.write('})\n')
}

const hasLoad = ({ extensions }: Workflow) => Object.hasOwn(extensions, LOAD_TEST_FIELD)

function beginSuite(
  code: Code,
  workflow: Workflow,
  { skip, tags, retry }: SuiteOptions,
  name = quote(plain(workflow.workflowId)),
): void {
  const names = [...new Set(tags.map(tag => tag.name))]
  const more = [
    ...(names.length > 0 ? [`tags: [${names.map(quote).join(', ')}]`] : []),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
  ]
  const settings = ['concurrent: false', 'shuffle: false', ...more].join(', ')
  code.write('\n').write('describe', workflow.at)
  code.write(`${skip ? '.skip' : ''}(${name}, { ${settings} }, ${hasLoad(workflow) ? 'async ' : ''}() => {\n`)
}

function writeSteps(code: Code, workflow: Workflow): void {
  for (const step of workflow.steps) {
    const id = quote(step.stepId)
    const name = quote(plain(step.stepId))
    code.write('  ').write('test', step.at).write(`(${name}, workflow.options, async context => { `)
    code.write('await', step.at).write(` workflow.step(${id}, context) })\n`)
  }
}

function writeLoadTests(code: Code, { extensions }: Workflow): void {
  code.write('  await ').write('workflow', extensions[LOAD_TEST_FIELD]!.at).write('.loadTests()\n')
}

/** String literal that is safe in a module, for any text. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** JavaScript as it is written down, with the places that its tokens come from. */
class Code {
  text = ''
  readonly segments: Segment[] = []
  #line = 0
  #column = 0

  /** Writes text; with `at`, its first token is made from that place. */
  write(text: string, at?: Location): this {
    if (at) this.segments.push({ line: this.#line, column: this.#column, at })
    this.text += text
    const lines = text.split('\n')
    this.#line += lines.length - 1
    this.#column = lines.length > 1 ? lines.at(-1)!.length : this.#column + text.length
    return this
  }
}

/** A source map, version 3, with the document as its only source. */
interface SourceMap {
  version: 3
  sources: string[]
  sourcesContent: string[]
  names: string[]
  mappings: string
}

/** Position of a token in generated code (from 0), and the place in the document that it is made from. */
export interface Segment {
  line: number
  column: number
  at: Location
}

/** `segments` in the order in which they stand in the generated code. */
export function sourceMap(file: string, text: string, segments: readonly Segment[]): SourceMap {
  let mappings = ''
  let previous = { line: 0, column: 0, sourceLine: 0, sourceColumn: 0 }
  for (const { line, column, at } of segments) {
    const sameLine = line === previous.line && mappings !== ''
    mappings += sameLine ? ',' : ';'.repeat(line - previous.line)
    const here = { line, column, sourceLine: at.line - 1, sourceColumn: at.column - 1 }
    mappings += vlq(sameLine ? column - previous.column : column)
    mappings += vlq(0) + vlq(here.sourceLine - previous.sourceLine) + vlq(here.sourceColumn - previous.sourceColumn)
    previous = here
  }
  return { version: 3, sources: [file], sourcesContent: [text], names: [], mappings }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 VLQ: the sign in the lowest bit, then five bits a digit, the sixth saying that more follow. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += digits[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}
