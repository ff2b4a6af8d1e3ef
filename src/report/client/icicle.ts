/** Moves the focus of call trees by arrow keys, and marks the functions that a reader looks for. */
export function connectIcicle(root: HTMLElement): void {
  const section = root.parentElement!
  const told = section.querySelector<HTMLElement>('[data-call]')!
  const found = section.querySelector<HTMLElement>('[data-found]')!
  const calls = [...root.querySelectorAll<HTMLElement>('.call')]
  const focus = (call: Element | null | undefined) => {
    if (!(call instanceof HTMLElement) || !call.classList.contains('call')) return
    for (const one of calls) one.tabIndex = one === call ? 0 : -1
    call.focus()
  }
  root.addEventListener('focusin', ({ target }) => {
    const call = (target as HTMLElement).closest('.call')
    if (call !== null) told.textContent = call.getAttribute('aria-label')
  })
  root.addEventListener('click', ({ target }) => focus((target as HTMLElement).closest('.call')))
  root.addEventListener('keydown', event => {
    const call = (event.target as HTMLElement).closest('.call')
    const to = {
      ArrowUp: () => call?.parentElement?.parentElement?.previousElementSibling,
      ArrowDown: () => call?.nextElementSibling?.querySelector('.call'),
      ArrowLeft: () => call?.parentElement?.previousElementSibling?.firstElementChild,
      ArrowRight: () => call?.parentElement?.nextElementSibling?.firstElementChild,
      Home: () => calls[0],
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    focus(to())
  })
  section.querySelector<HTMLInputElement>('.find-call')!.addEventListener('input', ({ target }) => {
    const text = (target as HTMLInputElement).value.trim().toLowerCase()
    const matching = calls.filter(call => text !== '' && call.textContent!.toLowerCase().includes(text))
    for (const call of calls) call.classList.toggle('found', matching.includes(call))
    found.textContent = text === '' ? '' : `${matching.length} found`
    matching[0]?.scrollIntoView({ block: 'nearest' })
  })
}
