import type { Locator, Page } from 'playwright-core'

/** Screens that people have; the last is 1366x768 at a zoom of 200 %. */
export const screens = {
  desk: { width: 1366, height: 768 },
  big: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844 },
  zoomed: { width: 683, height: 384 },
} as const

/** One word as long as a field allows: no space anywhere to break at. */
export const longWord = 'Nguyễn'.repeat(50)

/**
 * The controls that a person cannot get at, each with why: beyond an edge that scrolling up and down does not bring nearer, cut by what is
 * around it, or under something else. `still`: nothing may have to be scrolled at all. Empty: all are within the screen.
 */
export function controlsOutOfReach(place: Page | Locator, options: { still?: boolean } = {}): Promise<string[]> {
  const root = 'waitForSelector' in place ? place.locator('body') : place
  return root.evaluate((body, still) => {
    const kinds =
      'a[href], button, input, select, textarea, summary, video[controls], iframe, [role=button], [role=tab], [tabindex="0"]'
    const nameOf = (element: Element): string =>
      `${element.tagName} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40)}”`
    const clips = (value: string): boolean => value !== 'visible'

    function fault(control: Element): string | null {
      if (!still) control.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' })
      const { left, right, top, bottom, width, height } = control.getBoundingClientRect()
      if (left < -1 || right > innerWidth + 1) return `spans ${left} to ${right} of ${innerWidth}`
      if (height <= innerHeight && (top < -1 || bottom > innerHeight + 1))
        return `spans ${top} to ${bottom} of ${innerHeight} down`
      for (let around = control.parentElement; around !== null; around = around.parentElement) {
        const look = getComputedStyle(around)
        if (around.scrollLeft > 0) return `needs ${around.className} to be scrolled sideways`
        if (around.scrollTop > 0 && look.overflowY === 'hidden') return `lies below the end of ${around.className}`
        const box = around.getBoundingClientRect()
        const isRoot = around === document.body || around === document.documentElement
        if (!isRoot && clips(look.overflowX) && (left < box.left - 1 || right > box.right + 1))
          return `is cut by ${around.className}`
      }
      const seen = document.elementFromPoint(left + width / 2, Math.min(Math.max(top + height / 2, 1), innerHeight - 1))
      const isItself = seen !== null && (control.contains(seen) || seen.contains(control))
      const isItsLabel = seen?.closest('label')?.contains(control) === true
      return isItself || isItsLabel ? null : `lies under ${seen?.tagName}.${seen?.className}`
    }

    const found = [...body.querySelectorAll(kinds)]
      .filter((control) => control.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .filter((control) => control.getBoundingClientRect().width > 1)
      // Shown only while it has the focus.
      .filter((control) => !control.matches('.skip, [type=hidden], [inert] *'))
      .flatMap((control) => {
        const words = fault(control)
        return words === null ? [] : [`${nameOf(control)} ${words}`]
      })
    const wide = document.documentElement.scrollWidth
    return wide > innerWidth + 1 ? [...found, `the page is ${wide} wide on ${innerWidth}`] : found
  }, options.still === true)
}

/** Badges and buttons whose words are wider or higher than the place they have. */
export function cutLabels(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        '.mantine-Badge-root, .mantine-Badge-label, button, .mantine-Button-label',
      ),
    ]
      .filter((label) => label.checkVisibility() && getComputedStyle(label).overflowX !== 'visible')
      .filter(
        ({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
          scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1,
      )
      .map((label) => `“${label.textContent}” is cut`),
  )
}
