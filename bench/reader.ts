/**
 * Bar: wanted values read straight from the bytes against JSON.parse of the whole and the pointer, on the same bytes:
 * at least 2 x as fast on 100 bytes, 2.5 x on 10 KB that is read to its end, 50 x on 10 KB and 1 MB with an early
 * pointer and a rest that is left; and at least 1.5 x as fast as the reader without WebAssembly where 10 KB and more are
 * read to the end. All take turns; medians of the rounds' quotients. Exits with 1 when a bar is not met. Run: `npm run bench -- reader [rounds]` (15 seconds).
 */
import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { getAt, parsePointer } from '../src/expression/pointer.ts'
import { JsonReader, RemainingPaths, selectPointers } from '../src/http/select/index.ts'
import { document, plain } from './macro/bodies.ts'
import { median } from './target.ts'

let turns = 0
const rounds = Number(process.argv[2] ?? 15)
/** What one turn of the slower of the two takes, about. */
const TURN = 50

/** Can always afford the rest of a document, behind the last wanted value; never, but for the first. */
const rich = new RemainingPaths(() => Number.MAX_SAFE_INTEGER * ++turns)
const spent = new RemainingPaths(() => 0)
spent.charge(Number.MAX_SAFE_INTEGER)

const cases = [
  { title: '91 bytes, /status', json: plain, pointer: '/status', bar: 2 },
  { title: '10 KB, /total (late)', json: document(10_000), pointer: '/total', bar: 2.5, scanBar: 1.5 },
  { title: '10 KB, /items/60/name', json: document(10_000), pointer: '/items/60/name', bar: 2.5, scanBar: 1.5 },
  { title: '1 MB, /total (late)', json: document(1_000_000), pointer: '/total', bar: undefined, scanBar: 1.5 },
  { title: '10 KB, /id (early), rest read', json: document(10_000), pointer: '/id', rests: rich, bar: 2.5 },
  { title: '10 KB, /id (early), rest left', json: document(10_000), pointer: '/id', bar: 50 },
  { title: '1 MB, /id (early), rest left', json: document(1_000_000), pointer: '/id', bar: 50 },
].map(({ json, pointer: text, rests = spent, ...rest }) => {
  const [bytes, pointer] = [Buffer.from(json), parsePointer(text)]
  const selection = selectPointers([pointer])
  const whole = () => getAt(JSON.parse(bytes.toString()), pointer)
  const by = (reader: JsonReader) => () =>
    reader.read(selection, bytes, 0, bytes.length) ? reader.values[0] : reader.fault
  const ours = by(new JsonReader({ rests }))
  const script = by(new JsonReader({ rests, scans: false }))
  if (whole() !== ours() || whole() !== script())
    throw new Error(`Failed to compare ${text}: ${whole()} is not ${ours()}.`)
  const times: [number[], number[]] = [[], []]
  return { ...rest, ours, script, whole, ratios: [] as number[], scanRatios: [] as number[], times }
})

/** Microseconds a call. */
function time(call: () => unknown, calls: number): number {
  const start = performance.now()
  for (let n = 0; n < calls; n++) call()
  return ((performance.now() - start) / calls) * 1000
}

for (let round = -2; round < rounds; round++)
  for (const { ours, script, whole, ratios, scanRatios, times } of cases) {
    const calls = Math.max(3, Math.round((TURN * 1000) / time(whole, 3)))
    // What is measured first finds caches cold.
    time(ours, calls / 4)
    const [a, b, c] = [time(ours, calls), time(whole, calls), time(script, calls)]
    if (round < 0) continue // they warm up
    ratios.push(b / a)
    scanRatios.push(c / a)
    times[0].push(a)
    times[1].push(b)
  }

function said(ratio: number, bar: number | undefined): string {
  const verdict = bar === undefined ? 'no bar' : `bar: ${bar} x, ${ratio >= bar ? 'met' : 'not met'}`
  return `${ratio.toFixed(2)} x (${verdict})`
}

let met = true
for (const { title, bar, scanBar, ratios, scanRatios, times } of cases) {
  const [ratio, scanRatio] = [median(ratios), median(scanRatios)]
  met &&= (bar === undefined || ratio >= bar) && (scanBar === undefined || scanRatio >= scanBar)
  const took = `${median(times[0]).toFixed(2)} us, JSON.parse ${median(times[1]).toFixed(2)} us`
  console.log(`${title}: ${took}: ${said(ratio, bar)}; without WebAssembly: ${said(scanRatio, scanBar)}`)
}
process.exit(met ? 0 : 1)
