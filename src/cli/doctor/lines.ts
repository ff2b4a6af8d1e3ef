import type { WantedOption } from '../../report/diagnosis.ts'

/** Members of an object in code: code of values, or objects within. */
type Members = Map<string, string | Members>

/** Options of `arazzo()` as code, a member of the outermost object each; each with its comma. */
export function optionLines(options: readonly WantedOption[]): string[] {
  const all: Members = new Map()
  for (const { path, code } of options) {
    const [name, ...above] = [...path].reverse()
    if (name === undefined) continue
    let members = all
    for (const key of above.reverse()) {
      const known = members.get(key)
      const next: Members = known instanceof Map ? known : new Map()
      members.set(key, next)
      members = next
    }
    if (!members.has(name)) members.set(name, code)
  }
  return linesOf(all)
}

function linesOf(members: Members): string[] {
  return [...members].flatMap(([name, value]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name.replaceAll(/[\\']/g, '\\$&')}'`
    if (typeof value === 'string') return [`${key}: ${value},`]
    return [`${key}: {`, ...linesOf(value).map(line => `  ${line}`), '},']
  })
}

/** The outermost names of options. */
const namesOf = (options: readonly WantedOption[]): string[] => [
  ...new Set(options.flatMap(({ path }) => path[0] ?? [])),
]

const IMPORT = "import arazzo from 'vitest-arazzo/plugin'"

/** A configuration with nothing but the plugin and these options. */
export function newConfiguration(options: readonly WantedOption[]): string {
  const lines = optionLines(options)
  const call = lines.length === 0 ? ['arazzo(),'] : ['arazzo({', ...lines.map(line => `  ${line}`), '}),']
  return [
    "import { defineConfig } from 'vitest/config'",
    IMPORT,
    '',
    'export default defineConfig({',
    '  plugins: [',
    ...call.map(line => `    ${line}`),
    '  ],',
    '})',
    '',
  ].join('\n')
}

/**
 * The text of a configuration with these options in it. Undefined where that is not safe: where the one call of the
 * plugin, or the one list of plugins, cannot be told by its text, or one of the options may be there already.
 */
export function withOptions(text: string, options: readonly WantedOption[]): string | undefined {
  const name = /^import (\w+) from ['"]vitest-arazzo\/plugin['"]/m.exec(text)?.[1]
  return name === undefined ? withPlugin(text, options) : withinCall(text, name, options)
}

function withinCall(text: string, name: string, options: readonly WantedOption[]): string | undefined {
  if (namesOf(options).some(option => new RegExp(`\\b${option}\\b\\s*[:,(}]`).test(text))) return undefined
  const calls = [...text.matchAll(new RegExp(`\\b${name}\\((\\{)?(\\))?`, 'g'))]
  const [call] = calls
  if (call === undefined || calls.length > 1 || (call[1] === undefined) === (call[2] === undefined)) return undefined
  const indent = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', call.index) + 1))?.[0] ?? ''
  const lines = optionLines(options).map(line => `\n${indent}  ${line}`)
  const end = call.index + call[0].length
  if (call[2] !== undefined) return `${text.slice(0, end - 1)}{${lines.join('')}\n${indent}})${text.slice(end)}`
  const rest = text.slice(end)
  const after = /^\s*\n/.test(rest) ? rest : `\n${indent}  ${rest.trimStart()}`
  return `${text.slice(0, end)}${lines.join('')}${after}`
}

function withPlugin(text: string, options: readonly WantedOption[]): string | undefined {
  if (/\barazzo\b/.test(text)) return undefined
  const lines = optionLines(options)
  const call = lines.length === 0 ? 'arazzo()' : `arazzo({ ${lines.map(line => line.trim()).join(' ')} })`
  const lists = [...text.matchAll(/\bplugins\s*:\s*\[/g)]
  const objects = [...text.matchAll(/\b(?:export default defineConfig\(|export default )\{/g)]
  const [at] = lists.length > 0 ? lists : objects
  if (at === undefined || lists.length > 1 || objects.length > 1) return undefined
  const end = at.index + at[0].length
  const put = lists.length > 0 ? `${call}, ` : `\n  plugins: [${call}],`
  const isEmptyList = lists.length > 0 && /^\s*\]/.test(text.slice(end))
  return `${IMPORT}\n${text.slice(0, end)}${isEmptyList ? call : put}${text.slice(end)}`
}
