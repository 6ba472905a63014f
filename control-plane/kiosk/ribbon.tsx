/** Says on every screen of a stage that nothing here is real; the server marks the page itself (server/platform/web-pages.ts). */
export function Ribbon() {
  return document.documentElement.dataset.stage === 'true' ? <aside className="ribbon">CHẠY THỬ</aside> : null
}
