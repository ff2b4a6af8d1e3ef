/**
 * Attacks the engine and the plugin by the catalogue and prints what was survived and what was left behind. Ends with 1
 * when an input was not survived, or a kind cannot be made here. Run: `npm run attack -- [kind,kind...|all] [seed] [inputs] [first]`, which takes
 * under 30 minutes for all; `inputs` are as many as each kind has unless they are given, and `first` is the index of
 * the first.
 */
import process from 'node:process'
import { catalogue } from './catalogue.ts'
import { attackWith, isSurvived, type Outcome, table } from './kind.ts'

const [which = 'all', seed = '1', inputs, first = '0'] = process.argv.slice(2)
const names = which.split(',')
const strangers = names.filter(name => name !== 'all' && !catalogue.some(kind => kind.name.startsWith(name)))
if (strangers.length > 0) {
  const known = catalogue.map(({ name }) => name).join(', ')
  throw new Error(`Failed to attack: there is no kind "${strangers.join('", "')}". Name some of ${known}, or all.`)
}
const chosen = catalogue.filter(({ name }) => names.some(wanted => wanted === 'all' || name.startsWith(wanted)))
const outcomes: Outcome[] = []
const missing = chosen.filter(({ without }) => without !== undefined)
for (const { name, without } of missing) console.log(`not made: ${name}: ${without}`)
for (const kind of chosen) {
  if (missing.includes(kind)) continue
  const begun = Date.now()
  const outcome = await attackWith(
    kind,
    inputs === undefined ? kind.whole : Number(inputs),
    Number(seed),
    Number(first),
  )
  for (const fault of outcome.faults.slice(0, 20)) console.log(`not survived: ${fault}`)
  console.log(`${kind.name}: ${outcome.survived} of ${outcome.inputs} in ${Math.round((Date.now() - begun) / 1_000)} s`)
  outcomes.push(outcome)
}
console.log(table(outcomes).join('\n'))
process.exit(missing.length === 0 && outcomes.every(isSurvived) ? 0 : 1)
