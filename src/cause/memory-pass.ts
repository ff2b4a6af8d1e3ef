import { SIDES, type Side, type SideName } from '../compare/pair.ts'
import type { Bytes } from '../ground/units.ts'
import type { Cause, CauseFunction } from '../measure/report.ts'
import type { ProfileFile } from '../report/files.ts'
import type { LookOptions } from './look.ts'
import { lookAtMemory } from './look-at-memory.ts'
import { causeAtStart, causeOfGrowingMemory } from './memory.ts'
import { heapProfileFile } from './profile-files.ts'

interface MemoryPassOptions extends Omit<LookOptions, 'launch'> {
  sides: Record<SideName, Side>
  /** Folder of the sources of each side. */
  checkouts: Record<SideName, string>
}

interface CauseOfMemory {
  /** Cause of a budget of memory by which head has so much more. */
  causeBy(change: Bytes | undefined): Cause
  /** Live objects at the end. */
  files: ProfileFile[]
}

/** Growth of a function on base, as a part of that on head, with which it is not the cause. */
const ALIKE = 0.5

/**
 * Looks for what makes the memory of head grow and not that of base, and otherwise for what it has more at its start.
 * Rejects with the reason if that cannot be done.
 */
export async function causeOfMemory(options: MemoryPassOptions): Promise<CauseOfMemory> {
  const look = (name: SideName) => {
    const launch: LookOptions['launch'] = signal => options.sides[name].launch(signal, 'heap')
    const { [name]: checkout } = options.checkouts
    return lookAtMemory({ ...options, launch, checkout, maxDuration: options.maxDuration / 2 })
  }
  const base = await look('base')
  const head = await look('head')
  const grown = apart(
    causeOfGrowingMemory(base.checkpoints, base.requests),
    causeOfGrowingMemory(head.checkpoints, head.requests),
  )
  const files = SIDES.flatMap(side => heapProfileFile(side, { base, head }[side].checkpoints.at(-1)?.nodes ?? []))
  return {
    files,
    causeBy: change =>
      grown.kind !== 'not found' || change === undefined ? grown : causeAtStart(base.start, head.start, change),
  }
}

/** The growth of head that base does not have. */
function apart(base: Cause, head: Cause): Cause {
  const alike: Cause = { kind: 'not found', reason: 'the memory of base grows as that of head' }
  if (head.kind === 'outside heap')
    return base.kind === 'outside heap' && base.growth >= ALIKE * head.growth ? alike : head
  if (head.kind !== 'growth' || base.kind !== 'growth') return head
  const nameOf = ({ file, name }: CauseFunction) => `${file} ${name}`
  const known = new Map(base.functions.map(one => [nameOf(one.function), one.growth]))
  const functions = head.functions.filter(one => (known.get(nameOf(one.function)) ?? 0) < ALIKE * one.growth)
  return functions.length === 0 ? alike : { ...head, functions }
}
