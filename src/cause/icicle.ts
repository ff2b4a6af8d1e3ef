import { SIDES, type SideName } from '../compare/pair.ts'
import { plain } from '../ground/plain.ts'
import { formatNumber, type Milliseconds, type Share } from '../ground/units.ts'
import type { IcicleNode, PageSection } from '../report/page-section.ts'
import { scriptNames } from './functions.ts'
import { stacksOf, turnsIn } from './profile.ts'
import type { CpuProfile, ProfileNode } from './profiler/protocol.ts'

/** Profiles of one side, its CPU time per request, and the folder of its sources. */
interface ProfiledSide {
  profiles: readonly CpuProfile[]
  cost: Milliseconds
  checkout: string
}

/** Nodes with a smaller part of the CPU time on both sides are left out, and those that are deeper. */
const LEAST: Share = 0.01
const DEEPEST = 40
const MOST_ROWS = 10

interface Node extends IcicleNode {
  byKey: Map<string, Node>
  children: Node[]
}

/** Call tree of both sides with CPU time per request, and the functions whose own time changed most. */
export function profileSection(sides: Record<SideName, ProfiledSide>): Pick<PageSection, 'icicle' | 'tables'> {
  const root = nodeOf('all')
  const own = new Map<string, Node>()
  for (const side of SIDES) {
    const { profiles, cost, checkout } = sides[side]
    const nameOf = frameNames(checkout)
    const stacks = profiles.flatMap(profile => stacksOf(turnsIn(profile, 0, Number.POSITIVE_INFINITY)))
    const total = stacks.reduce((sum, { time }) => sum + time, 0)
    for (const { frames, time } of stacks) {
      const added = (cost * time) / total
      const names = frames.slice(0, -1).reverse().slice(0, DEEPEST).map(nameOf)
      root[side] += added
      let at = root
      for (const { key, name } of names) {
        at = at.byKey.get(key) ?? childOf(at, key, name)
        at[side] += added
      }
      const top = nameOf(frames[0]!)
      const alone = own.get(top.key) ?? nodeOf(top.name)
      own.set(top.key, alone)
      alone[side] += added
    }
  }
  const changed = [...own.values()].toSorted((a, b) => Math.abs(b.head - b.base) - Math.abs(a.head - a.base))
  const rows = changed
    .slice(0, MOST_ROWS)
    .map(({ name, base, head }) => [name, ...[base, head].map(ms), signed(head - base)])
  const heads = ['Function', 'Base', 'Head', 'Change']
  const table = {
    title: 'CPU time of functions for each request, without the functions that they call',
    heads,
    rows,
    numbers: 3,
  }
  return { icicle: withoutSmall(root, LEAST * Math.max(root.base, root.head)), tables: [table] }
}

const ms = (time: Milliseconds) => `${formatNumber(time, 2)} ms`
const signed = (time: Milliseconds) => `${time > 0 ? '+' : time < 0 ? '-' : ''}${ms(Math.abs(time))}`

const nodeOf = (name: string): Node => ({ name, base: 0, head: 0, children: [], byKey: new Map() })

function childOf(parent: Node, key: string, name: string): Node {
  const child = nodeOf(name)
  parent.byKey.set(key, child)
  parent.children.push(child)
  return child
}

function withoutSmall({ name, base, head, children }: Node, least: Milliseconds): IcicleNode {
  const large = children.filter(child => Math.max(child.base, child.head) >= least)
  return { name, base, head, children: large.map(child => withoutSmall(child, least)) }
}

/** Name of a frame, and a key by which it is the same in another checkout. */
function frameNames(checkout: string): (frame: ProfileNode) => { key: string; name: string } {
  const pathOf = scriptNames(checkout)
  const paths = new Map<string, string>()
  return ({ callFrame, source }) => {
    const url = source?.file ?? callFrame.url
    const path = paths.get(url) ?? plain(pathOf(url))
    paths.set(url, path)
    const called = plain(source?.name ?? callFrame.functionName) || 'function without a name'
    const line = source?.line ?? callFrame.lineNumber + 1
    // A function without a name is the same by its line.
    const key = `${path} ${callFrame.functionName || line}`
    return { key, name: path === '' ? called : `${called} (${path}:${line})` }
  }
}
