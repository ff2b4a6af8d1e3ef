import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ArazzoDocument } from '../../document/model.ts'
import { readArazzo } from '../../document/read.ts'
import { ArazzoError, errorsAmong, type Problem, shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { counted } from '../../ground/words.ts'
import { writeWhole } from '../../report/whole.ts'
import { type Command, FAILED, PASSED } from '../command.ts'
import { documentsOf, sourceFiles, sourceFlag } from '../documents.ts'
import { Misuse } from '../flags.ts'
import { declarationsOf, isOurs } from './declarations.ts'

const OUTPUT = 'arazzo-workflows.d.ts'

export const types: Command = {
  usage: 'types [files or folders] [flags]',
  text: 'write the types of workflow ids, inputs and outputs, by which runWorkflow and loadTest are checked',
  flags: {
    output: { value: 'file', text: `the declaration file (default: ${OUTPUT}); tsconfig.json has to include it` },
    check: { text: 'write nothing, and fail if the file is not what would be written' },
    given: { value: 'input', text: 'an input that the configuration has, so that calls need not', isList: true },
    ...sourceFlag,
  },
  examples: ['types', 'types api/*.arazzo.yaml --output test/arazzo.d.ts', 'types --given username --check'],
  async run(flags) {
    const output = flags.text('output') ?? OUTPUT
    if (!/\.[cm]?ts$/.test(output))
      throw new Misuse(failed('write', output, 'it is not a TypeScript file', 'Name one that ends in .d.ts.'))
    const documents = await read(documentsOf(flags.operands), sourceFiles(flags))
    const text = declarationsOf(documents, new Set(flags.list('given')))
    return flags.isOn('check') ? check(output, text) : write(output, text, documents)
  },
}

/** Throws ArazzoError with all errors of all documents. */
async function read(files: readonly string[], sources: Record<string, string>): Promise<ArazzoDocument[]> {
  const documents: ArazzoDocument[] = []
  const errors: Problem[] = []
  for (const file of files) {
    const { document, problems } = await readArazzo(file, { sources })
    if (document) documents.push(document)
    else errors.push(...errorsAmong(problems))
  }
  if (errors.length > 0) throw new ArazzoError(errors)
  return documents
}

/** Text of the file with line breaks of any system; undefined if it does not exist. Throws Misuse. */
function textOf(output: string): string | undefined {
  try {
    return existsSync(output) ? readFileSync(output, 'utf8').replaceAll('\r\n', '\n') : undefined
  } catch (error) {
    throw new Misuse(failed('read', output, (error as Error).message, 'Name another file by --output.'))
  }
}

function check(output: string, text: string): number {
  const found = textOf(output)
  if (found === text) {
    console.log(`${shortPath(resolve(output))} is up to date`)
    return PASSED
  }
  const what = found === undefined ? 'it is not there' : 'the documents have changed since it was written'
  console.error(failed('find the types of workflows in', output, what, 'Run npx vitest-arazzo types again.'))
  return FAILED
}

function write(output: string, text: string, documents: readonly ArazzoDocument[]): number {
  const before = textOf(output)
  if (before !== undefined && before.trim() !== '' && !isOurs(before)) {
    const advice = 'Name another file by --output, or remove this one.'
    throw new Misuse(failed('write', output, 'it is there already, and not by this command', advice))
  }
  try {
    mkdirSync(dirname(resolve(output)), { recursive: true })
    writeWhole(output, text)
  } catch (error) {
    throw new Misuse(failed('write', output, (error as Error).message, 'Name another file by --output.'))
  }
  const workflows = documents.reduce((sum, document) => sum + document.workflows.length, 0)
  console.log(
    `${shortPath(resolve(output))}: ${counted(workflows, 'workflow')} of ${counted(documents.length, 'document')}`,
  )
  return PASSED
}
