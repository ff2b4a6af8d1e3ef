import type { ArazzoDocument, Workflow } from '../document/model.ts'
import { readArazzo } from '../document/read.ts'
import { describeEach, errorsAmong, type Location, type Problem, shortPath } from '../ground/errors.ts'
import { plain, plainJson } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import { loadTestProblems } from '../load/plan/document-tests.ts'
import { lookAtHooks } from '../load/suites/hook-problems.ts'
import { describePart, type Suite, suitesOf, untestedProblems } from '../load/suites/parts.ts'
import { suiteProblems } from '../load/suites/problems.ts'
import { workflowCommand } from '../report/markdown-parts.ts'
import { documentsOf, sourceFiles, sourceFlag } from './documents.ts'
import { type Command, FAILED, MISUSED, PASSED } from './flags.ts'

const FORMATS = ['text', 'json', 'github'] as const
type Format = (typeof FORMATS)[number]

export const validate: Command = {
  usage: 'validate [files or folders] [flags]',
  text: 'check documents and all they refer to; without files, all *.arazzo.{yaml,yml,json} below here',
  flags: {
    format: { value: 'text|json|github', text: 'code frames (the default), JSON, or annotations of a GitHub job' },
    strict: { text: 'fail for warnings too' },
    ...sourceFlag,
  },
  async run(flags) {
    const format = flags.word('format', FORMATS) ?? 'text'
    const files = documentsOf(flags.operands)
    const sources = sourceFiles(flags)
    const found: Problem[] = []
    const documents: ArazzoDocument[] = []
    for (const file of files) {
      const { document, problems } = await readArazzo(file, { sources })
      found.push(...problems)
      if (document === undefined) continue
      documents.push(document)
      found.push(...suiteProblems(document), ...(await lookAtHooks(document, [], {}, { sources })).problems)
      for (const workflow of document.workflows) found.push(...(await problemsOf(document, workflow)))
    }
    const all = documents.map(document => ({ document, suites: suitesOf(document, {}, without(document, documents)) }))
    // Problems of a document that were listed already are not repeated.
    const isAtFault = ({ file }: ArazzoDocument) => errorsAmong(found).some(({ at }) => at.file === file)
    const untested = all.filter(({ document }) => !isAtFault(document))
    found.push(...untested.flatMap(({ document, suites }) => untestedProblems(document, suites)))
    const problems = distinct(found)
    const parts = all.flatMap(({ suites }) => partsIn(suites))
    show(problems, files.length, parts, format)
    if (errorsAmong(problems).length > 0) return MISUSED
    return flags.isOn('strict') && problems.length > 0 ? FAILED : PASSED
  },
}

/** Problems as far as the document alone tells: the plugin may know of more targets. */
const problemsOf = (document: ArazzoDocument, workflow: Workflow) =>
  loadTestProblems(document, workflow, { application: true, others: 'any' })

/**
 * The workflows that are not run by themselves, as far as documents alone tell: inputs of the plugin may make suites of
 * them.
 */
function partsIn(suites: readonly Suite[]): { text: string; at: Location }[] {
  return suites.flatMap(({ workflow: { workflowId, at }, part }) =>
    part ? [{ text: `"${workflowId}" is not run by itself: ${describePart(part)}`, at }] : [],
  )
}

const without = ({ file }: ArazzoDocument, all: readonly ArazzoDocument[]) => all.filter(other => other.file !== file)

/** A file that several documents refer to has its problems once. */
function distinct(problems: readonly Problem[]): Problem[] {
  const byKey = new Map<string, Problem>()
  for (const problem of problems) {
    const { file, line, column } = problem.at
    const key = `${file}:${line}:${column} ${problem.code} ${problem.message}`
    if (byKey.get(key)?.severity !== 'error') byKey.set(key, problem)
  }
  return [...byKey.values()]
}

function show(problems: readonly Problem[], files: number, parts: ReturnType<typeof partsIn>, format: Format): void {
  if (format === 'json') {
    console.log(plainJson(problems))
    return
  }
  if (format === 'github') for (const problem of problems) console.log(annotation(problem))
  else if (problems.length > 0) console.log(`${describeEach(problems).join('\n\n')}\n`)
  if (format === 'text')
    for (const { text, at } of parts) console.log(plain(`${shortPath(at.file)}:${at.line}:${at.column}: ${text}`))
  const errors = errorsAmong(problems).length
  const counts = [
    counted(files, 'document'),
    counted(errors, 'error'),
    counted(problems.length - errors, 'warning'),
    ...(parts.length > 0 ? [counted(parts.length, 'part')] : []),
  ]
  console.log(counts.join(', '))
}

function annotation({ severity, code, message, hint, at }: Problem): string {
  const text = plain(hint === undefined ? message : `${message} ${hint}`)
  return workflowCommand(severity, { file: shortPath(at.file), line: at.line, col: at.column, title: code }, text)
}
