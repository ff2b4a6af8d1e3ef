import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { failed } from '../ground/fault.ts'
import { plainLines } from '../ground/plain.ts'
import type { Output } from './outputs.ts'

/** Commands that open a file, by system. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // Without a shell, for which an "&" in a path would begin another command.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** The program that opens a file on a system, and what it is given. */
export function openerOf(platform: string, path: string): [command: string, args: string[]] {
  const [command, ...args] = (Object.hasOwn(OPENERS, platform) && OPENERS[platform]) || ['xdg-open']
  return [command, [...args, path]]
}

/**
 * Opens a page in a browser and continues; not on a CI server. A failure to open it is only reported.
 *
 * @param file its path; undefined if it has to be written to a temporary folder.
 */
export async function openPage(file: string | undefined, page: Output): Promise<void> {
  if (process.env.CI) return console.error('The page is not opened: this is CI.')
  const path = file === undefined ? temporary(await page()) : resolve(file)
  if (path === undefined) return
  if (file === undefined) console.error(`The page is ${plainLines(path)}`)
  const [command, args] = openerOf(process.platform, path)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  const fault = await new Promise<Error | undefined>(tell =>
    child.once('spawn', () => tell(undefined)).once('error', tell),
  )
  child.unref()
  if (fault) console.error(plainLines(failed('open', path, fault.message, 'Open it by hand.')))
}

/** Undefined, after a report of the reason, if it cannot be written. */
function temporary(page: string): string | undefined {
  try {
    const path = join(mkdtempSync(join(tmpdir(), 'vitest-arazzo-')), 'report.html')
    writeFileSync(path, page)
    return path
  } catch (error) {
    const advice = 'Use --html, or let TMPDIR name a folder that can be written to.'
    console.error(plainLines(failed('write', 'the page', (error as Error).message, advice)))
    return undefined
  }
}
