// Stands inside each page itself (vite.config.ts), so that it is there whenever the page is: the page's own program may have gone with a
// release, or be cut off on its way. Without this the screen stays white, on a room PC until somebody comes.
;(() => {
  const key = 'tiepdan.starts'
  const longestPauseS = 30
  let isTold = false

  function tell() {
    const place = document.querySelector('body > div')
    if (place === null || place.childElementCount > 0) return
    const words = document.createElement('p')
    words.setAttribute('role', 'status')
    words.style.cssText = 'max-width:40em;margin:15vh auto;padding:0 1em;font:1.2em/1.5 sans-serif'
    words.textContent =
      'Trang chưa tải được hết. Trang đang tự tải lại; nếu quá vài phút vẫn vậy, vui lòng kiểm tra đường truyền.'
    place.append(words)
  }

  /** Not into a browser's error page, from where no script comes back: only while the server answers. */
  async function again(pauseS) {
    await new Promise((done) => setTimeout(done, pauseS * 1000))
    const answer = await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
    if (answer?.ok) return location.reload()
    return again(longestPauseS / 2)
  }

  addEventListener(
    'error',
    ({ target }) => {
      const isProgram = target instanceof HTMLScriptElement && target.type === 'module'
      const isLook = target instanceof HTMLLinkElement && target.rel === 'stylesheet'
      if (isTold || !(isProgram || isLook)) return
      isTold = true
      const failed = Number(sessionStorage.getItem(key)) || 0
      sessionStorage.setItem(key, String(failed + 1))
      if (document.body === null) addEventListener('DOMContentLoaded', tell)
      else tell()
      again(Math.min(longestPauseS, 2 ** Math.min(failed, 5)))
    },
    true,
  )
  addEventListener('load', () => {
    if (!isTold) sessionStorage.removeItem(key)
  })
})()
