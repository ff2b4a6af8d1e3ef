/**
 * Draws the page as it is printed: light, in the width of a sheet, with what is folded away open; and afterwards as it
 * was.
 */
export function drawForPrint(draw: () => void): void {
  const root = document.documentElement
  let opened: HTMLDetailsElement[] = []
  addEventListener('beforeprint', () => {
    root.classList.add('printing')
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details.failure:not([open])')]
    for (const details of opened) details.open = true
    draw()
  })
  addEventListener('afterprint', () => {
    root.classList.remove('printing')
    for (const details of opened) details.open = false
    draw()
  })
}
