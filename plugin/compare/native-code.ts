import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Files whose pages a process maps, and runs. */
const NATIVE = /\.(?:node|dylib|dll|so(?:\.\d+)*)$/

/**
 * Makes native modules that both folders have one file. Two copies of the same code can take 1 to 9 % more or less CPU
 * time: that depends on how the system keeps their pages, for as long as it keeps them.
 */
export async function shareNativeCode(base: string, head: string): Promise<void> {
  const top = await realpath(head)
  for (const name of await nativeIn(base)) await share(join(base, name), join(top, name)).catch(() => {})
}

async function nativeIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const native = entries.filter(entry => entry.isFile() && NATIVE.test(entry.name))
  return native.map(entry => relative(folder, join(entry.parentPath, entry.name)))
}

/** Replaces a file by a link to another one of the same content, unless its path leads somewhere else. */
async function share(from: string, to: string): Promise<void> {
  if ((await realpath(to)) !== to) return
  const [of, old] = await Promise.all([stat(from), stat(to)])
  if (of.ino === old.ino || of.size !== old.size || of.mode !== old.mode) return
  const [one, other] = await Promise.all([readFile(from), readFile(to)])
  if (!one.equals(other)) return
  const draft = `${to}.${randomUUID().slice(0, 8)}`
  try {
    await link(from, draft)
    await rename(draft, to)
  } finally {
    await rm(draft, { force: true })
  }
}
