import { statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { renderTrendPage } from '../compare/trend/page.ts'
import { renderTrend, renderTrendMarkdown } from '../compare/trend/render.ts'
import { trendOf } from '../compare/trend/trend.ts'
import { chainsOf } from '../compare/trend/words.ts'
import { formatCount, type Milliseconds } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { realClock } from '../measure/clock.ts'
import { terminalWidth } from '../report/text.ts'
import { type Command, MISUSED, Misuse, misuse, PASSED } from './flags.ts'
import { checkOutputs, writeOutputs } from './outputs.ts'
import { readStored } from './results.ts'

const OUTPUTS = ['html', 'markdown'] as const

/** Time between two lines of progress. */
const EVERY: Milliseconds = 2_000

/** Says how many results are read, if that takes long. */
export function progressTo(
  stream: Pick<NodeJS.WritableStream, 'write'>,
  { now } = realClock,
): (count: number, of: number) => void {
  let next = now() + EVERY
  return (count, of) => {
    if (now() < next) return
    next = now() + EVERY
    stream.write(`${formatCount(count)} of ${counted(of, 'result')} read\n`)
  }
}

export const trend: Command = {
  usage: 'results trend <folder> [flags]',
  text: 'show how results of many commits went on, and mark where the level changed; it judges nothing',
  flags: {
    html: { value: 'file', text: 'write a page' },
    markdown: { value: 'file', text: 'write a summary in Markdown' },
  },
  async run(flags) {
    checkOutputs(flags, OUTPUTS)
    const folder = flags.operand('a folder of results')
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw misuse('read', folder, 'there is no such folder', 'Correct the path.')
    const { runs, comparisons, faults } = readStored([folder], progressTo(process.stderr))
    if (faults.length > 0) throw new Misuse(faults.join('\n'))
    const series = trendOf(runs, folder)
    const chains = chainsOf(comparisons.map(({ stored }) => stored))
    if (series.length === 0 && chains.length === 0) {
      const found =
        runs.length === 0 ? 'it holds comparisons alone, none of neighbouring commits' : 'no run in it went to its end'
      throw misuse('read', folder, found, 'Name a folder of result.json files.')
    }
    console.log(renderTrend(series, terminalWidth(), chains))
    const ended = series.reduce((sum, { points }) => sum + points.reduce((all, point) => all + point.runs, 0), 0)
    if (ended < runs.length) console.log(`\n${counted(runs.length - ended, 'run')} left out: not run to the end`)
    const areWritten = await writeOutputs(flags, {
      html: () => renderTrendPage(series, `Trend of ${basename(resolve(folder))}`, chains),
      markdown: () => renderTrendMarkdown(series, chains),
    })
    return areWritten ? PASSED : MISUSED
  },
}
