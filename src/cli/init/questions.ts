import { resolve } from 'node:path'
import process from 'node:process'
import { failed } from '../../ground/fault.ts'
import { type Flags, Misuse } from '../flags.ts'
import { SERVICE_NAMES, SERVICES, type Service, serviceOf } from './ci.ts'
import { openApiFiles, startScript } from './project.ts'
import type { Application } from './texts.ts'

/** What flags and operands say of a first document, or who sits at the terminal. */
export interface Wishes {
  /** The OpenAPI file. */
  file: string
  /** The folder that is written into. */
  folder: string
  application: Application
  /** The service in which pull requests are to be compared with their base. */
  service: Service | undefined
  /** Whether somebody may be asked. */
  isAttended: boolean
}

/** Whether somebody is there to be asked, and wants to be. */
export function isAttended(flags: Flags): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI && !flags.isOn('yes')
}

/** Reads what is wished, and asks for what flags leave open where somebody is there. Throws Misuse. */
export async function readWishes(flags: Flags): Promise<Wishes> {
  const folder = resolve(flags.text('output') ?? '.')
  const application = { command: flags.text('command'), server: flags.text('server') }
  const wanted = flags.word('ci', SERVICES)
  if (!isAttended(flags)) {
    const file = flags.operand('an OpenAPI file', 'openapi.yaml')
    return { file, folder, application, service: wanted, isAttended: false }
  }
  const file = flags.operands.length > 0 ? flags.operand('an OpenAPI file', 'openapi.yaml') : await askForFile()
  const isKnown = application.command !== undefined || application.server !== undefined
  const known = isKnown ? application : await askForApplication(folder)
  const service = wanted ?? (known.command === undefined ? undefined : await askForService(folder))
  return { file, folder, application: known, service, isAttended: true }
}

async function askForService(folder: string): Promise<Service | undefined> {
  const found = serviceOf(folder)
  if (found === undefined) return undefined
  const { askWhether } = await import('../ask.ts')
  const message = `Compare each pull request with its base in ${SERVICE_NAMES[found]}?`
  return (await askWhether(message)) ? found : undefined
}

async function askForFile(): Promise<string> {
  const { askText, askWhich } = await import('../ask.ts')
  const files = openApiFiles('.')
  const message = 'Which OpenAPI file?'
  return answered(files.length > 1 ? await askWhich(message, files) : await askText(message, files[0] ?? ''))
}

async function askForApplication(folder: string): Promise<Application> {
  const { askText } = await import('../ask.ts')
  const starts = 'What starts the application, at the port in PORT? Leave it empty where it runs already.'
  const command = answered(await askText(starts, startScript(folder)))
  if (command !== '') return { command }
  const server = answered(await askText('Where does it listen?', 'http://127.0.0.1:3000'))
  return server === '' ? {} : { server }
}

function answered(given: string | undefined): string {
  if (given !== undefined) return given
  throw new Misuse(failed('write', 'the first files', 'it was called off', 'Use --yes to be asked nothing.'))
}
