import type { CpuProfile, ProfileNode } from '../profiler/protocol.ts'

/** Frame of a profile that another program has written. */
export interface OutsideFrame {
  name: string
  /** Path, in the form that the profiler writes; empty if it is not known. */
  file: string
  /** Line that ran, from 1; 0 if it is not known. */
  line: number
}

/** Stack of a profile that another program has written. */
export interface OutsideStack {
  /** The outermost first. */
  frames: readonly OutsideFrame[]
  /** Microseconds of CPU time. */
  time: number
}

/** Limits of a profile: what lies beyond is left out. */
const MOST_NODES = 200_000
const DEEPEST = 256
const IDLE = { functionName: '(idle)', url: '', lineNumber: -1, columnNumber: -1 }

/**
 * Stacks as a profile of V8, so that all that reads one reads them. Their order in time is not known: they come one
 * after another, with the idle time of the window between them.
 *
 * @param duration microseconds of the profile.
 */
export function profileOf(stacks: readonly OutsideStack[], duration: number): CpuProfile {
  const nodes: ProfileNode[] = [{ id: 1, callFrame: { ...IDLE, functionName: '(root)' } }]
  const children = new Map<string, ProfileNode>()
  const nodeBelow = (parent: ProfileNode, { name, file, line }: OutsideFrame): ProfileNode => {
    const key = `${parent.id} ${name} ${file} ${line}`
    const known = children.get(key)
    if (known !== undefined || nodes.length >= MOST_NODES) return known ?? parent
    const callFrame = { functionName: name, url: file, lineNumber: line - 1, columnNumber: 0 }
    const node: ProfileNode = {
      id: nodes.length + 1,
      callFrame,
      ...(line > 0 && { positionTicks: [{ line, ticks: 1 }] }),
    }
    nodes.push(node)
    parent.children ??= []
    parent.children.push(node.id)
    children.set(key, node)
    return node
  }
  const times = new Map<number, number>()
  for (const { frames, time } of stacks) {
    let at = nodes[0]!
    for (const frame of frames.slice(-DEEPEST)) at = nodeBelow(at, frame)
    if (at !== nodes[0]) times.set(at.id, (times.get(at.id) ?? 0) + time)
  }
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0)
  const idle = { id: nodes.length + 1, callFrame: IDLE }
  const pause = times.size === 0 ? 0 : Math.max(0, duration - busy) / times.size
  const each = [...times].flatMap(
    ([id, time]) =>
      (pause > 0
        ? [
            [id, time],
            [idle.id, pause],
          ]
        : [[id, time]]) as [number, number][],
  )
  return {
    nodes: [...nodes, idle],
    startTime: 0,
    endTime: Math.max(busy, duration),
    samples: [...each.map(([id]) => id), idle.id],
    // The time of a sample goes on to the next.
    timeDeltas: [0, ...each.map(([, time]) => time)],
    isUntimed: true,
  }
}
