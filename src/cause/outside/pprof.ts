import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import type { Bytes } from '../../ground/units.ts'
import type { OutsideFrame, OutsideStack } from './stacks.ts'

/** Longest profile, before and after it is decompressed. */
const LONGEST: Bytes = 64_000_000
const NANOSECONDS: Readonly<Record<string, number>> = {
  nanoseconds: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
}

/** Whether bytes are compressed, as profiles of pprof are. */
export const isPprof = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Stacks of a profile of pprof. Throws for other bytes, and if it does not have CPU time. */
export function pprofIn(bytes: Uint8Array): OutsideStack[] {
  const {
    stringTable,
    sampleType,
    sample,
    location,
    function: functions,
  } = Profile.decode(gunzipSync(bytes, { maxOutputLength: LONGEST }))
  const textAt = (index: number | bigint) => stringTable.strings[Number(index)] ?? ''
  const units = sampleType.map(({ unit }) => NANOSECONDS[textAt(unit)])
  const value = units.findLastIndex(unit => unit !== undefined)
  if (value < 0) throw new Error('it has no times')
  const functionBy = new Map(functions.map(one => [Number(one.id), one]))
  const framesBy = new Map<number, OutsideFrame[]>(
    location.map(({ id, line }) => [
      Number(id),
      // Functions that were inlined come before the one that they are in.
      line.toReversed().map(({ functionId, line }) => {
        const { name = 0, filename = 0 } = functionBy.get(Number(functionId)) ?? {}
        return { name: textAt(name), file: textAt(filename), line: Number(line) }
      }),
    ]),
  )
  return sample.map(({ locationId, value: values }) => ({
    frames: locationId.toReversed().flatMap(id => framesBy.get(Number(id)) ?? []),
    time: (Number(values[value] ?? 0) * units[value]!) / 1_000,
  }))
}
