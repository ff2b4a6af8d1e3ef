import type { Isolate } from './timeline.ts'

/** Buttons of a run's steps: those that are pressed have their lines alone in the charts. */
export function connectSteps(section: HTMLElement, isolates: readonly Isolate[]): void {
  const buttons = [...section.querySelectorAll<HTMLButtonElement>('button.step')]
  const apply = () => {
    const pressed = buttons.filter(button => button.getAttribute('aria-pressed') === 'true')
    const steps = new Set(pressed.map(button => button.dataset.step!))
    for (const isolate of isolates) isolate(steps)
  }
  for (const button of buttons) {
    button.onclick = () => {
      button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') === 'true' ? 'false' : 'true')
      apply()
    }
  }
  // Charts are drawn anew in other colours, and what was pressed stays so.
  apply()
}
