/**
 * Searches for the capacity in virtual time, of servers whose knee is known and that are in trouble meanwhile: error and coverage of the interval.
 * Run: `npm run bench:capacity:survey [runs of each scenario]`; 500, the default, take about ten minutes.
 */
import { SCENARIOS, survey } from '../../test/simulate/capacity-survey.ts'

const runs = Number(process.argv[2] ?? 500)
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const { near, covered, open, errors, median, longest } = await survey(scenario, runs)
  const seconds = [median, longest].map(length => `${(length / 1_000).toFixed(0)} s`).join(', at most ')
  console.log(
    `${name}: ${runs} runs, error ${errors.map(percent).join(' / ')} (p5 / p50 / p95), within 10 % ${percent(near)}, interval holds the knee ${percent(covered)}, wider than 15 % ${percent(open)}, ${seconds}`,
  )
}
