import { defineConfig } from 'vitest/config'

/** What replaces the timers of a whole process. */
const alone = ['test/http/fake-timers.test.ts']

export default defineConfig({
  test: {
    environment: 'node',
    // Real processes and sockets on a shared machine: CI tries once more what may have been the machine's doing.
    retry: process.env.CI ? 2 : 0,
    testTimeout: 20_000,
    // Most of the time goes by in applications and loads of their own, which other workers need not wait for.
    maxWorkers: 4,
    // Files share their worker's modules: loading them anew for each took a third of the time.
    projects: [
      {
        extends: true,
        test: { name: 'all', include: ['test/**/*.test.ts'], exclude: alone, isolate: false },
      },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
})
