import { fileURLToPath } from 'node:url'
import type { Vite } from 'vitest/node'
import { provideCoordinator } from '../../../plugin/coordinator/provide.ts'
import LoadReporter from '../../../plugin/reporter/index.ts'
import type { ServerOptions } from '../../../plugin/server/options.ts'
import { provideServer } from '../../../plugin/server/provide.ts'

/** What of the plugin these tests are about: exclusion, progress and the application, without documents. */
export default function harness({ server }: { server?: ServerOptions } = {}): Vite.Plugin {
  const beside = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url))
  return {
    name: 'harness',
    // As the plugin does: below node_modules it would be loaded once a worker, and has to be loaded once a file.
    config: () => ({ test: { server: { deps: { inline: [/\/setup\.js$/] } } } }),
    async configureVitest({ project, vitest }) {
      await provideCoordinator(project)
      project.config.setupFiles.unshift(beside('setup.js'))
      if (server) provideServer(project, server, beside('global-setup.js'))
      const reporters = vitest.config.reporters as unknown[]
      if (!reporters.some(reporter => reporter instanceof LoadReporter)) reporters.push(new LoadReporter())
    },
  }
}
