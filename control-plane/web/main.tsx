import './mantine.ts'
import './web.css'
import { createTheme, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { queries } from './ask.ts'
import { Guarded } from './parts/part.tsx'

const theme = createTheme({
  // The system's own: every desktop font of today has all Vietnamese letters, and a web font would double the first screen's bytes.
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontWeight: '700' },
  primaryColor: 'teal',
  primaryShade: 8,
  defaultRadius: 'sm',
})

const place = document.getElementById('web')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="light">
        <QueryClientProvider client={queries}>
          <Guarded>
            <App />
          </Guarded>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
