import process from 'node:process'
import type { TestProject, Vitest } from 'vitest/node'
import { given } from '../../src/ground/given.ts'
import { shareOf } from '../coordinator/session.ts'
import type { ArazzoOptions } from '../options.ts'
import { readServerOptions } from '../server/options.ts'
import { type ResolvedCompareOptions, readCompareOptions } from './options.ts'
import { nameRoom, removeRoom, sweepRooms } from './room.ts'
import type { CompareSettings } from './settings.ts'

/** What load tests compare the application with, as the two arguments of `openSides`. */
interface ProvidedComparison {
  options: ResolvedCompareOptions
  settings: CompareSettings
}

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-arazzo:comparison': ProvidedComparison | undefined
  }
}

/** Tells the tests of a project what to compare with, and sees to it that nothing of it outlives this Vitest. */
export function provideComparison(project: TestProject, all: ArazzoOptions): void {
  const { compare, server, servers } = all
  const { root } = project.config
  const options = readCompareOptions(compare, root)
  if (options === undefined) return project.provide('vitest-arazzo:comparison', undefined)
  const started = server && readServerOptions(server, root)
  const room = roomOf(project.vitest)
  const environment = { ...process.env }
  const settings = given<CompareSettings>({ root, room, environment, server: started, servers, confidential: all })
  project.provide('vitest-arazzo:comparison', { options, settings })
}

/** The room of a Vitest, however many projects it has: what one of them sets up is there for all. */
function roomOf(vitest: Vitest): string {
  return shareOf(vitest, 'room', () => {
    const room = nameRoom()
    // Without waiting: what another Vitest left is in nobody's way yet.
    const swept = sweepRooms()
    vitest.onClose(async () => {
      await swept
      await removeRoom(room)
    })
    return room
  })
}
