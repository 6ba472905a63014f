import { type ReactNode, useEffect } from 'react'
import { Guard } from '../page-kit/guard.tsx'
import { reloadWhenThere } from '../page-kit/release.ts'
import { forget } from './memory.ts'

const key = 'tiepdan.broken'
const pausesS = [3, 15, 60]
// Longer than the longest pause: then nothing broke since.
const soundAfterMs = 120_000

/** Around a page that nobody may be at: what breaks says so and is loaded anew by itself, each time after a longer pause. */
export function Guarded({ children }: { children: ReactNode }) {
  useEffect(() => {
    const timer = setTimeout(() => sessionStorage.removeItem(key), soundAfterMs)
    return () => clearTimeout(timer)
  }, [])
  return <Guard fallback={() => <Broken />}>{children}</Guard>
}

function Broken() {
  useEffect(() => {
    const stop = new AbortController()
    // What this page broke over must not break the next one.
    forget('board')
    const broken = Number(sessionStorage.getItem(key)) || 0
    sessionStorage.setItem(key, String(broken + 1))
    const timer = setTimeout(() => reloadWhenThere(stop.signal), (pausesS[broken] ?? 60) * 1_000)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [])
  return (
    <main className="message" role="alert">
      <h1>Trang gặp lỗi</h1>
      <p>Trang tự tải lại sau ít giây. Nếu lỗi lặp lại, vui lòng báo Văn phòng UBND tỉnh.</p>
      <button type="button" className="main" onClick={() => location.reload()}>
        Tải lại ngay
      </button>
    </main>
  )
}
