import type { TestProject, Vitest } from 'vitest/node'
import type { CoordinatorAddress } from './protocol.ts'
import { type Coordinator, openCoordinator } from './server.ts'
import { sessionOf } from './session.ts'
import type { LogOf } from './visitor.ts'

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-arazzo:coordinator': CoordinatorAddress | undefined
  }
}

/**
 * Gives a project's test files the coordinator of this Vitest, which is opened with the first project and closed with
 * Vitest.
 */
export async function provideCoordinator(project: TestProject): Promise<void> {
  const { address } = await coordinatorOf(project.vitest)
  project.provide('vitest-arazzo:coordinator', { ...address, project: project.name })
}

function coordinatorOf(vitest: Vitest): Promise<Coordinator> {
  const session = sessionOf(vitest)
  const onApart = (file: string, project: string) => session.onApart?.(file, project)
  const logOf: LogOf = (project, application, since) => session.logs.get(project)?.(application, since) ?? ''
  session.coordinator ??= openCoordinator(onApart, logOf).then(coordinator => {
    vitest.onClose(() => coordinator.close())
    return coordinator
  })
  return session.coordinator
}
