import { resolve } from 'node:path'
import { failed } from '../ground/fault.ts'
import { plain, plainLines } from '../ground/plain.ts'
import { whyNotWritable, writeWhole } from '../report/own-folder.ts'
import { type Flags, Misuse } from './flags.ts'

/** Makes the text of a file. */
export type Output = () => string | Promise<string>

/**
 * Throws Misuse, with all that is wrong, where a file that flags name could not be written: a load is not to be run for
 * nothing.
 */
export function checkOutputs(flags: Flags, names: readonly string[]): void {
  const faults: string[] = []
  const taken = new Map<string, string>()
  for (const name of names) {
    const file = flags.text(name)
    if (file === undefined) continue
    const path = resolve(file)
    const other = taken.get(path)
    taken.set(path, name)
    const why = other === undefined ? whyNotWritable(path) : `--${other} writes it too`
    if (why !== undefined) faults.push(failed('write', `--${name} ${file}`, why, 'Correct the path.'))
  }
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
}

/**
 * Writes the files that flags name. A failure is reported and does not affect the others. Returns whether all were
 * written.
 */
export async function writeOutputs(flags: Flags, outputs: Readonly<Record<string, Output>>): Promise<boolean> {
  let areAll = true
  for (const [name, text] of Object.entries(outputs)) {
    const file = flags.text(name)
    if (file === undefined) continue
    try {
      writeWhole(file, await text())
      console.log(plain(`wrote ${file}`))
    } catch (error) {
      areAll = false
      const advice = 'Correct the path, or make room.'
      console.error(plainLines(failed('write', `--${name} ${file}`, (error as Error).message, advice)))
    }
  }
  return areAll
}
