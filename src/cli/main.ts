import { suggestion } from '../ground/errors.ts'
import { failed, isUserError } from '../ground/fault.ts'
import { plainLines } from '../ground/plain.ts'
import { packageVersion } from '../ground/version.ts'
import { type Command, MISUSED, PASSED, readFlags } from './flags.ts'
import { helpOf, overview } from './help.ts'

/** Each is loaded when it is called: `validate` has no use for a load generator. A name may have two words. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  load: async () => (await import('./load.ts')).load,
  validate: async () => (await import('./validate.ts')).validate,
  init: async () => (await import('./init/command.ts')).init,
  import: async () => (await import('./import/command.ts')).importHar,
  doctor: async () => (await import('./doctor.ts')).doctor,
  types: async () => (await import('./types/command.ts')).types,
  calibrate: async () => (await import('./calibrate.ts')).calibrate,
  agent: async () => (await import('./agent.ts')).agent,
  'results show': async () => (await import('./report.ts')).report,
  'results compare': async () => (await import('./compare.ts')).compare,
  'results trend': async () => (await import('./trend.ts')).trend,
}

const RESULTS = 'results'
/** Old names. */
const RENAMED: Readonly<Record<string, string>> = {
  report: 'results show',
  compare: 'results compare',
  trend: 'results trend',
}

/** Name of the command of a command line, and what follows it. */
export function commandIn([first, ...rest]: readonly string[]): [name: string | undefined, args: string[]] {
  const [second, ...others] = rest
  if (first !== RESULTS || second === undefined || second.startsWith('-')) return [first, rest]
  return [`${first} ${second}`, others]
}

/** Runs a command line (without `node` and the script) and resolves with the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const [word, args] = commandIn(words)
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    console.log(overview(await Promise.all(Object.values(commands).map(open => open()))))
    return word === undefined ? MISUSED : PASSED
  }
  if (word === '--version' || word === '-v') {
    console.log(packageVersion())
    return PASSED
  }
  const open = Object.hasOwn(commands, word) ? commands[word] : undefined
  if (open === undefined) {
    const names = Object.keys(commands)
    const renamed = Object.hasOwn(RENAMED, word) ? `Use ${RENAMED[word]}.` : undefined
    const advice = renamed ?? suggestion(word, names) ?? `Use ${names.join(', ')}.`
    console.error(failed('read', 'the command line', `there is no command "${word}"`, advice))
    return MISUSED
  }
  const command = await open()
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpOf(command))
    return PASSED
  }
  return perform(command, args, word)
}

async function perform(command: Command, args: readonly string[], word: string): Promise<number> {
  try {
    return await command.run(readFlags(args, command.flags, word))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // User errors contain advice. A stack is useful only for unexpected errors.
    console.error(isUserError(error) ? plainLines(error.message) : error)
    return MISUSED
  }
}
