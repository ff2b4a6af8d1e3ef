/** What jsonpath-plus writes for `@…`, also inside string literals, where it must be undone. */
const VARIABLES: Readonly<Record<string, string>> = {
  '@': '_$_v',
  '@root': '_$_root',
  '@path': '_$_path',
  '@property': '_$_property',
  '@parent': '_$_parent',
  '@parentProperty': '_$_parentProperty',
}

export function variableOf(word: string): string | undefined {
  if (Object.hasOwn(VARIABLES, word)) return VARIABLES[word]
  return Object.values(VARIABLES).find(variable => variable === word)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** The text of a quoted literal. */
export function unquote(literal: string): string {
  const text = literal
    .slice(1, -1)
    .replace(/\\(?:u([\dA-Fa-f]{4})|([\s\S]))/g, (_, code?: string, letter = '') =>
      code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
  return text.replace(/_\$_(v|root|path|parentProperty|parent|property)/g, (_, name) =>
    name === 'v' ? '@' : `@${name}`,
  )
}
