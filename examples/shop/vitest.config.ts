import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

// In a real project this comes from the environment alone.
process.env.DEMO_PASSWORD ??= 'demo-password'

export default defineConfig({
  plugins: [
    arazzo({
      server: { command: 'node src/server.js', url: 'http://127.0.0.1:{port}/health' },
      inputs: { username: 'demo', password: { env: 'DEMO_PASSWORD' } },
      // This runs on whatever machine you have: a budget that a busy one leaves undecided is told, not failed.
      onInconclusive: 'warn',
    }),
  ],
})
