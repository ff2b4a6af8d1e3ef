import type { StoredComparison } from '../compare/comparison.ts'
import { comparisonSection } from '../compare/markdown.ts'
import { renderComparison, renderComparisonMarkdown, shownStored } from '../compare/results/shown.ts'
import { grouped } from '../ground/group.ts'
import { renderHtmlReport } from '../report/html/page.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { judgedResult, type LoadResult, mergeResults, parseResult, resultText, testOf } from '../report/result.ts'
import { renderLoadReport } from '../report/table.ts'
import { type Command, MISUSED, Misuse, misuse, PASSED, VERBOSE } from './flags.ts'
import { checkOutputs, writeOutputs } from './outputs.ts'
import { comparisonNextTo, readEach } from './results.ts'
import { comparedCodeOf, exitCodeOf, worstOf } from './verdict.ts'

export const report: Command = {
  usage: 'results show <result.json...> [flags]',
  text:
    'show results of load again; those of the same load test are merged. A comparison.json next to a result ' +
    'is shown with it',
  flags: {
    html: { value: 'file', text: 'write a page' },
    markdown: { value: 'file', text: 'write a summary in Markdown' },
    output: { value: 'file', text: 'write the merged result; there must be one load test' },
    verbose: { text: VERBOSE },
    verdict: { text: 'exit by the verdict, as load does' },
  },
  async run(flags) {
    checkOutputs(flags, ['output', 'html', 'markdown'])
    const shown = merged(readAll(flags.operands))
    if (flags.has('output')) assertOne(shown)
    const named = shown.map(({ result: { name, report }, comparisons }) => ({
      name,
      report,
      sections: comparisons.map(({ comparison, at }) => comparisonSection(comparison, at)),
    }))
    const comparisons = shown.flatMap(one => one.comparisons)
    const texts = shown.flatMap(({ result: { name, report }, comparisons }) => [
      renderLoadReport(report, { name, verbose: flags.isOn('verbose') }),
      ...comparisons.map(one => renderComparison(shownStored(one))),
    ])
    console.log(texts.join('\n\n'))
    const areWritten = await writeOutputs(flags, {
      output: () => resultText(shown[0]!.result),
      html: () => renderHtmlReport(named),
      markdown: () =>
        [renderMarkdown(named), ...comparisons.map(one => renderComparisonMarkdown(shownStored(one)))].join('\n'),
    })
    const codes = [...named.map(({ report }) => exitCodeOf(report)), ...comparisons.map(comparedCodeOf)]
    const code = flags.isOn('verdict') ? worstOf(codes) : PASSED
    return code === PASSED && !areWritten ? MISUSED : code
  },
}

interface ReadResult {
  result: LoadResult
  /** Comparison next to it; of merged results, next to each of them. */
  comparisons: StoredComparison[]
}

function readAll(files: readonly string[]): ReadResult[] {
  if (files.length === 0) throw misuse('report', 'results', 'none is named', 'Name one or more result.json.')
  const { read, faults } = readEach(files, (text, file) => {
    const result = parseResult(text, file)
    const beside = comparisonNextTo(file, result)
    return { result, comparisons: beside === undefined ? [] : [beside] }
  })
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return read
}

/** Results by load test, in the order in which these are first named. */
function merged(read: readonly ReadResult[]): ReadResult[] {
  return [...grouped(read, ({ result }) => testOf(result)).values()].map(group => {
    const results = group.map(({ result }) => result)
    const comparisons = new Map(group.flatMap(one => one.comparisons).map(one => [JSON.stringify(one), one]))
    return {
      result: results.length === 1 ? judgedResult(results[0]!) : mergeResults(results),
      comparisons: [...comparisons.values()],
    }
  })
}

function assertOne(shown: readonly ReadResult[]): void {
  if (shown.length === 1) return
  const names = shown.map(({ result }) => `"${result.name}"`).join(', ')
  throw misuse('merge', 'results', `they are of ${names}`, 'Write one load test at a time.')
}
