import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
import { missing } from './python.ts'

export default defineConfig({
  plugins: missing
    ? []
    : [
        arazzo({
          server: { command: 'python3 app.py {port}', url: 'http://127.0.0.1:{port}/health' },
          onInconclusive: 'warn',
        }),
      ],
})
