import { failed } from '../ground/fault.ts'
import { renderHtmlReport } from '../report/html/page.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { judgedResult, type LoadResult, mergeResults, parseResult, testOf } from '../report/result.ts'
import { resultText } from '../report/result-file.ts'
import { renderLoadReport } from '../report/table.ts'
import { type Command, MISUSED, PASSED } from './command.ts'
import { Misuse, VERBOSE } from './flags.ts'
import { checkOutputs, writeOutputs } from './outputs.ts'
import { readEach } from './results.ts'
import { exitCodeOf, worstOf } from './verdict.ts'

export const report: Command = {
  usage: 'report <result.json...> [flags]',
  text: 'show results of load again; those of the same load test are merged',
  flags: {
    html: { value: 'file', text: 'write a page' },
    markdown: { value: 'file', text: 'write a summary in Markdown' },
    output: { value: 'file', text: 'write the merged result; there must be one load test' },
    'no-merge': { text: 'show each result for itself' },
    verbose: { text: VERBOSE },
    verdict: { text: 'exit by the verdict, as load does' },
  },
  async run(flags) {
    checkOutputs(flags, ['output', 'html', 'markdown'])
    const results = readAll(flags.operands)
    const shown = flags.isOn('no-merge') ? results.map(judgedResult) : merged(results)
    const named = shown.map(({ name, report }) => ({ name, report }))
    if (flags.has('output')) assertOne(shown)
    console.log(
      named.map(({ name, report }) => renderLoadReport(report, { name, verbose: flags.isOn('verbose') })).join('\n\n'),
    )
    const areWritten = await writeOutputs(flags, {
      output: () => resultText(shown[0]!),
      html: () => renderHtmlReport(named),
      markdown: () => renderMarkdown(named),
    })
    const code = flags.isOn('verdict') ? worstOf(named.map(({ report }) => exitCodeOf(report))) : PASSED
    return code === PASSED && !areWritten ? MISUSED : code
  },
}

function readAll(files: readonly string[]): LoadResult[] {
  if (files.length === 0)
    throw new Misuse(failed('report', 'results', 'none is named', 'Name one or more result.json.'))
  const { read, faults } = readEach(files, (text, file) => parseResult(text, file))
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return read
}

/** Results by load test, in the order in which these are first named. */
function merged(results: readonly LoadResult[]): LoadResult[] {
  const groups = new Map<string, LoadResult[]>()
  for (const result of results) {
    const key = testOf(result)
    groups.set(key, [...(groups.get(key) ?? []), result])
  }
  return [...groups.values()].map(group => (group.length === 1 ? judgedResult(group[0]!) : mergeResults(group)))
}

function assertOne(shown: readonly LoadResult[]): void {
  if (shown.length === 1) return
  const names = shown.map(({ name }) => `"${name}"`).join(', ')
  throw new Misuse(failed('merge', 'results', `they are of ${names}`, 'Write one load test at a time.'))
}
