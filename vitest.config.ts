import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // Real processes and sockets on a shared machine: CI tries once more what may have been the machine's doing.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 20_000,
    // Most of the time goes by in applications and loads of their own, which a second worker need not wait for.
    maxWorkers: 2,
  },
})
