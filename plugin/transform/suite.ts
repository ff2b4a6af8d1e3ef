import { serialize } from 'node:v8'
import type { ArazzoDocument, Workflow } from '../../src/document/model.ts'
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
 *
 * @param text of the document.
 * @param runtime absolute path of the runtime module, so that documents outside any package find it.
 */
export function suiteModule(document: ArazzoDocument, text: string, runtime: string): GeneratedModule {
  const code = new Code()
  code.write("import { describe, test } from 'vitest'\n")
  code.write(`import { openDocument } from ${quote(runtime)}\n\n`)
  code.write(`const document = openDocument(${quote(serialize(document).toString('base64'))})\n`)
  for (const workflow of document.workflows) writeWorkflow(code, workflow)
  return { code: code.text, map: sourceMap(document.file, text, code.segments) }
}

function writeWorkflow(code: Code, workflow: Workflow): void {
  code.write('\n').write('describe', workflow.at)
  code.write(`(${quote(workflow.workflowId)}, { concurrent: false, shuffle: false }, () => {\n`)
  code.write(`  const workflow = document.workflow(${quote(workflow.workflowId)})\n`)
  for (const step of workflow.steps) {
    const id = quote(step.stepId)
    code.write('  ').write('test', step.at).write(`(${id}, workflow.options, async context => { `)
    code.write('await', step.at).write(` workflow.step(${id}, context) })\n`)
  }
  if ('x-load-test' in workflow.extensions) {
    code.write('  ').write('workflow', workflow.extensions['x-load-test']!.at).write('.loadTests()\n')
  }
  code.write('})\n')
}

/** A string literal that is safe in a module, whatever is in it. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
