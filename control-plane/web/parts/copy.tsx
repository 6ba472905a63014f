import { Button } from '@mantine/core'
import { useState } from 'react'

/** Copies a text; where the browser refuses, the text beside it can be marked by hand. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState(label)
  const copy = (): void => {
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))
    done.then(
      () => setSaid('Đã sao chép'),
      () => setSaid('Hãy bôi đen để sao chép'),
    )
    setTimeout(() => setSaid(label), 3_000)
  }
  return (
    <Button variant="default" size="xs" onClick={copy}>
      {said}
    </Button>
  )
}
