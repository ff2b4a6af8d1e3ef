import { serialize } from 'node:v8'
import { asUsed } from '../../src/document/as-used.ts'
import { LOAD_TEST_FIELD } from '../../src/document/extension-fields.ts'
import type { ArazzoDocument, Workflow } from '../../src/document/model.ts'
import { plain } from '../../src/ground/plain.ts'
import type { SuiteOptions } from '../../src/load/suites/options.ts'
import { describePart, type Suite } from '../../src/load/suites/parts.ts'
import { Code } from './code.ts'
import { type SourceMap, sourceMap } from './source-map.ts'

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
  code.write(`const document = openDocument(${quote(serialize(asUsed(document)).toString('base64'))})\n`)
  for (const suite of suites) writeSuite(code, suite)
  return { code: code.text, map: sourceMap(document.file, text, code.segments) }
}

function writeSuite(code: Code, { workflow, options, part }: Suite): void {
  const id = quote(workflow.workflowId)
  if (part !== undefined) {
    beginSuite(code, workflow, options)
    const name = quote(plain(describePart(part)))
    // The context skips it: what is skipped from the start is not in `vitest list`.
    code.write('  ').write('test', workflow.at).write(`(${name}, { meta: { arazzoPart: true } }, context => `)
    code.write("context.skip('not run by itself'))\n")
    if (hasLoad(workflow)) writeLoadTests(code.write(`  const workflow = document.workflow(${id})\n`), workflow)
  } else if (options.each) {
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
  { skip, only, tags, retry }: SuiteOptions,
  name = quote(plain(workflow.workflowId)),
): void {
  const names = [...new Set(tags.map(tag => tag.name))]
  const more = [
    ...(names.length > 0 ? [`tags: [${names.map(quote).join(', ')}]`] : []),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
  ]
  const settings = ['concurrent: false', 'shuffle: false', ...more].join(', ')
  code
    .write('\n')
    .write('describe', workflow.at)
    .write(skip ? '.skip' : only ? '.only' : '')
  code.write(`(${name}, { ${settings} }, ${hasLoad(workflow) ? 'async ' : ''}() => {\n`)
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

/** A string literal that is safe in a module, whatever is in it. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
