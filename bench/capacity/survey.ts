/**
 * Searches for the capacity in virtual time, of servers whose knee is known and that are in trouble meanwhile: error
 * and coverage of the interval. Run: `npm run bench -- capacity-survey [runs of each scenario] [first seed]`; 500, the
 * default, take about ten minutes. Bar: no more than 5 % of any scenario are certain of what is more than 15 % off.
 */
import { SCENARIOS, survey } from '../../test/simulate/capacity-survey.ts'

const [runs = 500, first = 1_001] = process.argv.slice(2).map(Number)
let isMet = true
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const { near, covered, open, wrong, errors, median, longest } = await survey(scenario, runs, first)
  isMet &&= wrong <= 0.05
  const seconds = [median, longest].map(length => `${(length / 1_000).toFixed(0)} s`).join(', at most ')
  console.log(
    `${name}: ${runs} runs, error ${errors.map(percent).join(' / ')} (p5 / p50 / p95), within 10 % ${percent(near)}, interval holds the knee ${percent(covered)}, wider than 15 % ${percent(open)}, certain of what is wrong ${percent(wrong)}, ${seconds}`,
  )
}
console.log(`certain of what is wrong: ${isMet ? 'met' : 'not met'}`)
process.exit(isMet ? 0 : 1)
