/**
 * The net under the judge: thousands of runs in virtual time, of applications of which the truth is known, with doubts
 * injected whose effect is known too. Bars, for each harm and for all together: at most 0.5 % of the verdicts are wrong,
 * at most 5 % needlessly inconclusive. Run: `npm run verdicts [rounds] [seed] [harm]`.
 */
import { CASES } from './cases.ts'
import { silentJudgements } from './silent.ts'
import { judgements, Tally } from './tally.ts'

const [rounds = 60, seed = 1] = process.argv.slice(2, 4).map(Number)
const WRONG = 0.005
const NEEDLESS = 0.05

const tally = new Tally()
let judged = 0
for (const all of [judgements, silentJudgements])
  for await (const judgement of all(rounds, seed, process.argv[4])) {
    tally.add(judgement)
    // Histograms are not in the collector's heap, and it does not know how much of them there is: 20 runs are 20 MB.
    if (++judged % 100 === 0) globalThis.gc?.()
  }
for (const { case: name, harm, question, bound, truth, measured, verdict } of tally.wrong.slice(0, 30)) {
  const figures = `bound ${bound.toFixed(2)}, true ${truth.toFixed(2)}, measured ${measured.toFixed(2)}`
  console.log(`wrong: ${name}; ${harm}; ${question}: ${verdict.verdict}; ${figures}`)
}
for (const line of tally.lines()) console.log(line)
const applications = new Set(CASES.map(({ name }) => name))
const missing = [...tally.counts].flatMap(([name, { all, wrong, needless }]) =>
  applications.has(name) || (wrong / all <= WRONG && needless / all <= NEEDLESS) ? [] : [name],
)
const result = missing.length === 0 ? 'met' : `not met by: ${missing.join('; ')}`
console.log(`verdicts (at most 0.5 % wrong, 5 % needlessly inconclusive, for each harm): ${result}`)
process.exit(missing.length === 0 ? 0 : 1)
