import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tried } from '../../ground/tried.ts'
import { resolveUri } from './base-uri.ts'

const LARGEST = 2_000_000
const MOST_FILES = 500
const SELF = /["']?\$self["']?\s*:\s*(?:"([^"]*)"|'([^']*)'|([^\s,#}]+))/

/**
 * The files of a folder by what they call themselves in `$self`, as absolute URIs. They are looked at as text: a folder
 * may hold files that have nothing to do with the document, and are none of its problems.
 */
export function selvesIn(folder: string): Map<string, string> {
  const selves = new Map<string, string>()
  for (const file of filesIn(folder)) {
    const found = SELF.exec(textOf(file))
    const self = found?.[1] ?? found?.[2] ?? found?.[3]
    const uri = self === undefined ? undefined : resolveUri(self, pathToFileURL(file).href)
    if (uri !== undefined && !selves.has(uri)) selves.set(uri, file)
  }
  return selves
}

function filesIn(folder: string): string[] {
  const names = tried(() => readdirSync(folder)) ?? []
  const documents = names.filter(name => /\.(?:ya?ml|json)$/i.test(name))
  return documents.slice(0, MOST_FILES).map(name => join(folder, name))
}

function textOf(file: string): string {
  return tried(() => (statSync(file).size > LARGEST ? '' : readFileSync(file, 'utf8'))) ?? ''
}
