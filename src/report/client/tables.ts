/** Says below a table that it has more columns than are seen, as long as it has. */
export function watchTables(): void {
  const watch = new ResizeObserver(entries => {
    for (const { target } of entries) say(target as HTMLElement)
  })
  for (const box of document.querySelectorAll<HTMLElement>('.scroll')) {
    watch.observe(box)
    box.addEventListener('scroll', () => say(box), { passive: true })
    say(box)
  }
}

function say(box: HTMLElement): void {
  const hint = box.nextElementSibling
  if (!(hint instanceof HTMLElement) || !hint.classList.contains('sideways')) return
  const left = box.scrollWidth - box.clientWidth - box.scrollLeft
  hint.hidden = left <= 1
}
