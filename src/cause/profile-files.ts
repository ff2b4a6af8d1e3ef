import { plain } from '../ground/plain.ts'
import { tried } from '../ground/tried.ts'
import type { Bytes } from '../ground/units.ts'
import type { ProfileFile } from '../report/files.ts'
import { stacksOf, turnsIn } from './profile.ts'
import type { CpuProfile, HeapNode, ProfileNode } from './profiler/protocol.ts'

/** Longest file that is written. */
const LONGEST: Bytes = 64_000_000

type Of = 'app' | 'base' | 'head'

/** Live objects of the thread with the largest heap, as the developer tools of Chromium read them. */
export function heapProfileFile(side: Of, nodes: readonly HeapNode[]): ProfileFile[] {
  const all = nodes.map(({ id, callFrame, selfSize }) => ({ id, callFrame, selfSize, children: [] as object[] }))
  for (const [i, { parent }] of nodes.entries()) if (parent >= 0 && parent < i) all[parent]!.children.push(all[i]!)
  const text = all.length === 0 ? undefined : tried(() => JSON.stringify({ head: all[0], samples: [] }))
  return text === undefined || text.length > LONGEST ? [] : [{ name: `${side}.heapprofile`, text }]
}

/** Profile of the busiest thread, and the stacks of all threads as collapsed text. */
export function profileFiles(side: Of, profiles: readonly CpuProfile[]): ProfileFile[] {
  const all = profiles.map(profile => ({ profile, stacks: stacksOf(turnsIn(profile, 0, Number.POSITIVE_INFINITY)) }))
  const timeOf = ({ stacks }: (typeof all)[number]) => stacks.reduce((sum, { time }) => sum + time, 0)
  const [busiest] = all.toSorted((a, b) => timeOf(b) - timeOf(a))
  if (busiest === undefined) return []
  const lines = new Map<string, number>()
  for (const { frames, time } of all.flatMap(({ stacks }) => stacks)) {
    const stack = frames.slice(0, -1).reverse().map(frameName).join(';')
    if (stack !== '') lines.set(stack, (lines.get(stack) ?? 0) + time)
  }
  const collapsed = [...lines].map(([stack, time]) => `${stack} ${Math.max(1, Math.round(time / 1_000))}\n`).join('')
  const files: ProfileFile[] = [
    { name: `${side}.cpuprofile`, text: JSON.stringify(busiest.profile) },
    { name: `${side}.stacks.txt`, text: collapsed },
  ]
  return files.filter(({ text }) => text.length <= LONGEST)
}

/** A frame as a part of a line: `priceOf (src/prices.ts:41)`. */
function frameName({ callFrame, source }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame
  const name = plain(source?.name ?? functionName).replaceAll(';', ',') || '(anonymous)'
  const file = plain(source?.file ?? url).replaceAll(';', ',')
  return file === '' ? name : `${name} (${file}:${source?.line ?? lineNumber + 1})`
}
