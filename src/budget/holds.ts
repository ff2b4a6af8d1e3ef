import type { Budget } from './budget.ts'

/** Whether a value keeps to a bound. */
export function holds(value: number, { operator, bound }: Pick<Budget, 'operator' | 'bound'>): boolean {
  switch (operator) {
    case '<':
      return value < bound
    case '<=':
      return value <= bound
    case '>':
      return value > bound
    case '>=':
      return value >= bound
  }
}
