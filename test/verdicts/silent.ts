import type { Milliseconds } from '../../src/ground/units.ts'
import { percentileOf } from '../../src/measure/histogram.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { randomOf } from '../simulate/random.ts'
import { CASES, type Case } from './cases.ts'
import { FARTHEST, type Judgement, judged, latencyOf, longRunOf, percentile, type Question, SHORT } from './tally.ts'
import { runIn, UNHARMED } from './world.ts'

/** Warm-up of every case. */
const WARM_UP = 500

/** Applications that do not respond to some requests. `random` draws the harm, `draw` each request. */
interface Silence {
  maxVus?: number
  isSilent(at: Milliseconds, draw: () => number): boolean
}

const HARMS: Readonly<Record<string, (random: () => number) => Silence>> = {
  'a partial hang': random => {
    const share = 0.005 + 0.2 * random() ** 2
    return { isSilent: (at, draw) => at >= WARM_UP && draw() < share }
  },
  'a deadlock at half time': deadlock,
  'arrivals that are dropped because users are stuck': random => ({
    maxVus: 12 + Math.floor(20 * random()),
    ...deadlock(random),
  }),
}

function deadlock(random: () => number): Silence {
  const from = WARM_UP + SHORT * (0.3 + 0.4 * random())
  return { isSilent: at => at >= from }
}

const QUESTIONS: readonly Question[] = [
  percentile(0.5),
  percentile(0.95),
  percentile(0.99),
  { key: 'max', budgets: bound => ({ max: bound }), of: report => latencyOf(report).max },
  { key: 'errorRate', budgets: bound => ({ errorRate: bound }), of: report => report.errorRate },
]

/** Judges runs of applications that do not respond to some requests, as `judgements` does others. */
export async function* silentJudgements(rounds: number, seed = 1, word = ''): AsyncGenerator<Judgement> {
  for (const one of CASES) {
    const long = await longRunOf(one)
    for (const [harm, make] of Object.entries(HARMS).filter(([name]) => name.includes(word)))
      for (let round = 0; round < rounds; round++) {
        await new Promise(resolve => setImmediate(resolve))
        const random = randomOf(seed * 7_919 + round * 104_729 + one.name.length * 31 + harm.length)
        for (let i = 0; i < 20; i++) random()
        const silence = make(random)
        const drawn = Math.floor(random() * 2 ** 31)
        const { report } = await run(one, silence, drawn)
        const errorRate = await trueErrorRate(one, silence, drawn)
        for (const question of QUESTIONS) {
          const isShare = question.key === 'errorRate'
          const about = isShare ? errorRate : question.of(long)
          // A bound of 100 % bounds nothing.
          const bound = Math.min(about * FARTHEST ** (2 * random() - 1), isShare ? 0.99 : Number.POSITIVE_INFINITY)
          const truth = isShare ? errorRate : trueLatency(question, long, errorRate)
          yield { case: one.name, harm, ...judged(question, report, bound, truth) }
        }
      }
  }
}

/** The server itself counts requests of the measured window that have no response. */
async function run({ load, steps, server, cpu }: Case, { maxVus, isSilent }: Silence, drawn: number) {
  const draw = randomOf(drawn)
  let silent = 0
  const harm = {
    ...UNHARMED,
    ...(maxVus !== undefined && { maxVus }),
    isSilent(at: Milliseconds) {
      const is = isSilent(at, draw)
      if (is && at >= WARM_UP && at < WARM_UP + SHORT) silent++
      return is
    },
  }
  return { report: await runIn(load(SHORT, drawn), steps, server, harm, drawn, cpu), count: () => silent }
}

/** With a user for each arrival, what is due is started, and each request without a response fails its iteration. */
async function trueErrorRate(one: Case, { isSilent }: Silence, drawn: number): Promise<number> {
  const { report, count } = await run(one, { isSilent }, drawn)
  return Math.min(1, count() / report.measuredArrivals.started)
}

/** Requests without a response take for ever; others take what they take where nothing is done to the application. */
function trueLatency({ quantile = 1 }: Question, long: LoadReport, errorRate: number): Milliseconds {
  const rank = quantile / (1 - errorRate)
  return rank > 1 ? Number.POSITIVE_INFINITY : percentileOf(latencyOf(long), rank)
}
