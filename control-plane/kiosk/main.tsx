import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Guarded } from './guarded.tsx'
import { KioskPage } from './kiosk-page.tsx'
import { Ribbon } from './ribbon.tsx'
import './style.ts'

const place = document.getElementById('kiosk')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <Ribbon />
      <Guarded>
        <KioskPage />
      </Guarded>
    </StrictMode>,
  )
}
