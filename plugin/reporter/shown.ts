import { performance } from 'node:perf_hooks'
import { comparedVerdict } from '../../src/compare/markdown.ts'
import { renderComparison, shownStored } from '../../src/compare/results/shown.ts'
import { plain } from '../../src/ground/plain.ts'
import { counted } from '../../src/ground/words.ts'
import { colorsOf } from '../../src/report/color.ts'
import { removeOrphans } from '../../src/report/files.ts'
import { LogPace, renderProgressLog, renderProgressRows } from '../../src/report/progress.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { cut, cutMiddle, widthOf } from '../../src/report/text.ts'
import type { BoardedLoad, BoardedStanding } from '../coordinator/protocol.ts'
import { causeWarnings } from './cause-warnings.ts'
import { cellsOf, countLine, passedRows } from './passed-rows.ts'
import { runPage } from './run-page.ts'
import { type LoadRun, loadRunOf, type RunTest, runTestsOf } from './run-tests.ts'
import { commentData, commentText, summaryText } from './run-texts.ts'

/** Load tests that Ctrl-C has cut short; empty if none was active. */
function interruptText(loads: readonly BoardedLoad[]): string {
  const running = loads.filter(({ state }) => state === 'running')
  const left = loads.length - running.length
  const texts = running.map(({ name, progress, standing }) => {
    const figures = progress ? renderProgressLog(progress) : [plain(standing?.words ?? 'starting')]
    const lines = [`\nCut short: ${plain(name)}. None of its budgets was judged.`, ...figures.map(line => `  ${line}`)]
    return `${lines.join('\n')}\n`
  })
  if (left > 0) texts.push(`\n${counted(left, 'load test')} had not begun.\n`)
  return texts.join('')
}

function rowsOf({ name, state, progress, standing }: BoardedLoad, width: number): string[] {
  if (progress !== undefined) return renderProgressRows(progress, name, width, colorsOf())
  const what = state === 'waiting' ? 'waiting for other test files' : plain(standing?.words ?? 'starting')
  const room = Math.max(0, width - widthOf(` ⚡   ${what}`))
  return [cut(` ⚡ ${cutMiddle(plain(name), room)}  ${what}`, width)]
}

/**
 * Blocks of a load test when its file ends: its load, if that is not only what its comparison ran, and
 * its comparison. If one of them missed its budgets, nothing above it says that others were kept.
 */
function blocksOf(test: RunTest, width: number, verbose: boolean): string[] {
  const { name, report, history, comparison, at = '' } = test
  if (!verbose && cellsOf(test) !== undefined) return []
  const load = report && renderLoadReport(report, { name, width, history, verbose })
  const compared = comparison && renderComparison(shownStored({ name, at, comparison }), width)
  const isFirst = comparison !== undefined && comparedVerdict(comparison) !== 'pass'
  return (isFirst ? [compared, load] : [load, compared]).filter(block => block !== undefined)
}

/** Texts of the files of a run, in their order. */
function filesOf(run: LoadRun, folder: string): string[] {
  const now = new Date(performance.timeOrigin + performance.now()).toISOString()
  const page = runPage(run, folder, now)
  return [summaryText(run), commentText(run), page, `${JSON.stringify(commentData(run, now))}\n`]
}

/**
 * Says now and then how a load gets on, for logs: not before it has run for ten seconds, and not more often. The lines
 * of a load follow one with its name: only one runs at a time. What it waits for before it begins is said at once.
 */
export class ProgressLog {
  readonly #write: (line: string) => void
  readonly #paces = new Map<string, LogPace>()
  /** The load whose lines were written last. */
  #shown: string | undefined
  /** News that was written last. */
  #told: BoardedStanding | undefined

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  update({ name, file, state, progress, standing }: BoardedLoad, title = name): void {
    const key = `${file}\n${name}`
    const pace = this.#paces.get(key)
    const seen = progress ?? standing
    const isNews = progress === undefined && standing?.isNews === true && standing !== this.#told
    if (isNews) {
      this.#told = standing
      this.#write(`${plain(title)} ${plain(standing.words)}`)
    } else if (pace === undefined || state === 'waiting' || seen === undefined) {
      this.#paces.set(key, new LogPace())
      if (this.#shown === key) this.#shown = undefined
    } else if (pace.isDue(seen)) {
      if (this.#shown !== key) this.#write(plain(title))
      this.#shown = key
      for (const line of progress ? renderProgressLog(progress) : [standing!.words]) this.#write(line)
    }
  }
}

/** Parts that show loads and their results. They take longer to load than the rest, and most runs need none. */
export const shown = {
  ...{ blocksOf, causeWarnings, countLine, filesOf, interruptText, loadRunOf, passedRows, ProgressLog },
  ...{ removeOrphans, rowsOf, runTestsOf, summaryText },
}
