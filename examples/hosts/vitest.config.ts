import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

const { NATS_URL = 'nats://127.0.0.1:4222', SHOP_URL } = process.env

// A shop that runs elsewhere, or one that is started here, whose memory and CPU are seen then.
const shop = SHOP_URL
  ? { servers: SHOP_URL, allowHosts: [new URL(SHOP_URL).hostname] }
  : { server: { command: 'node src/server.js', cwd: '../shop', url: 'http://127.0.0.1:{port}/health' } }

export default defineConfig({
  plugins: [
    arazzo({
      ...shop,
      agents: {
        nats: NATS_URL,
        username: 'coordinator',
        password: { env: 'COORDINATOR_PASSWORD' },
        count: 3,
        timeout: '5m',
      },
      inputs: { username: 'demo', password: { env: 'DEMO_PASSWORD' } },
      // This runs on whatever machines you have: a budget that busy ones leave undecided is told, not failed.
      onInconclusive: 'warn',
    }),
  ],
})
