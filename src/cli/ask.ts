import { confirm, isCancel, select, text } from '@clack/prompts'

/** Asks which of several files; undefined where the question was called off. */
export async function askWhich(message: string, files: readonly string[]): Promise<string | undefined> {
  const given = await select({ message, options: files.map(value => ({ value, label: value })) })
  return isCancel(given) ? undefined : given
}

/**
 * Asks for a text; undefined where the question was called off.
 *
 * @param proposed what it is unless something else is written.
 */
export async function askText(message: string, proposed = ''): Promise<string | undefined> {
  const given = await text({ message, initialValue: proposed })
  return isCancel(given) ? undefined : (given ?? '').trim()
}

/** Asks for a yes; no where the question was called off. @param proposed what it is if nothing else is chosen. */
export async function askWhether(message: string, proposed = true): Promise<boolean> {
  return (await confirm({ message, initialValue: proposed })) === true
}
