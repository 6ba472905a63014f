import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { KioskPage } from './kiosk-page.tsx'
import { Ribbon } from './ribbon.tsx'
import './style.ts'

const place = document.getElementById('kiosk')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <Ribbon />
      <KioskPage />
    </StrictMode>,
  )
}
