import { loadTest } from 'vitest-arazzo'

loadTest('checkout at a busy hour', {
  workflow: './shop.arazzo.yaml#checkout',
  load: { rate: 15, duration: '5s', rampUp: '1s' },
  budgets: {
    rps: 80,
    p95: '400ms',
    errorRate: '1%',
    memory: '250MB',
    cpu: '90%',
    steps: { search: { p95: '150ms' }, 'sign-in.login': { p95: '150ms' } },
  },
})
