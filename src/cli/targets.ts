import { failed } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import { isObject } from '../ground/object.ts'
import type { LoadOptions } from '../load/plan/options.ts'
import type { TargetOptions } from '../measure/target.ts'
import { Misuse } from './flags.ts'

/** Targets: one without a name, the application, and any number with a name. */
export function targetsOf(written: readonly string[]): Pick<LoadOptions, 'target' | 'targets'> {
  const read = written.map(text => {
    const [, name, what] = /^(?:([A-Za-z][\w-]*)=)?(.*)$/s.exec(text)!
    return { name, target: targetOf(what!) }
  })
  const unnamed = read.filter(({ name }) => name === undefined)
  const named = read.flatMap(({ name, target }) => (name === undefined ? [] : [[name, target] as const]))
  if (unnamed.length > 1) {
    const found = `${unnamed.length} of them have no name`
    throw new Misuse(failed('read', '--target', found, 'Write name=4711 for all but the application.'))
  }
  return given({ target: unnamed[0]?.target, targets: named.length > 0 ? Object.fromEntries(named) : undefined })
}

/** Targets of a document without applications by name, which are not started here. */
export function measuredHere({ target, targets }: Measured): Pick<LoadOptions, 'target' | 'targets'> {
  const isNamed = (one: unknown) => typeof one === 'string'
  const others = isObject(targets)
    ? Object.fromEntries(Object.entries(targets).filter(([, one]) => !isNamed(one)))
    : targets
  return { target: isNamed(target) ? undefined : target, targets: others as LoadOptions['targets'] }
}

type Measured = { [key in 'target' | 'targets']?: LoadOptions[key] | undefined }

function targetOf(what: string): TargetOptions {
  if (/^\d+$/.test(what)) return { pid: Number(what) }
  if (/^https?:/.test(what)) return { prometheus: what }
  if (what !== '') return { cgroup: what }
  throw new Misuse(failed('read', '--target', 'it names nothing', 'Write a process id, a URL or a path.'))
}

export function portOf(flag: string, written: string): number {
  if (/^\d+$/.test(written) && Number(written) < 65_536) return Number(written)
  throw new Misuse(failed('read', `--${flag}`, `it is "${written}"`, 'Write a port, or 0 for a free one.'))
}
