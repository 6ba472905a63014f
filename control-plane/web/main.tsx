import './mantine.ts'
import './web.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { queries } from './ask.ts'
import { Guarded } from './parts/part.tsx'
import { theme, variables } from './theme.ts'

const place = document.getElementById('web')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="light">
        <QueryClientProvider client={queries}>
          <Guarded>
            <App />
          </Guarded>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
