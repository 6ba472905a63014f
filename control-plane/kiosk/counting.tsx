import { useEffect, useState } from 'react'

const seconds = /(\d+) giây/

/** The seconds that a refusal says to wait; 0 where it names none. */
export const secondsTold = (text: string): number => Number(seconds.exec(text)?.[1] ?? 0)

/** A refusal in the server's words. Where they name the seconds to wait, these count down, and at the end it says so. */
export function Counting({ text }: { text: string }) {
  const told = secondsTold(text)
  const [left, setLeft] = useState(told)
  useEffect(() => {
    setLeft(told)
    if (told === 0) return
    // By the wall clock: a telephone that slept in between has waited too.
    const until = Date.now() + told * 1_000
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1_000))), 500)
    return () => clearInterval(timer)
  }, [told])
  if (told === 0) return text
  return (
    // Not read out again at each second.
    <span aria-live="off">{left > 0 ? text.replace(seconds, `${left} giây`) : 'Bây giờ thử lại được.'}</span>
  )
}
