/** Advice for options that there were, by the end of their path. */
const OPTIONS: Readonly<Record<string, string>> = {}

/** Advice for an option that there was; undefined for any other. */
export function removedOption(path: string): string | undefined {
  const names = path.split('.')
  return OPTIONS[names.slice(-2).join('.')] ?? OPTIONS[names.at(-1)!]
}
