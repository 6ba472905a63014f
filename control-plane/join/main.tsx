import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Guarded } from '../kiosk/guarded.tsx'
import { Ribbon } from '../kiosk/ribbon.tsx'
import { JoinPage } from './join-page.tsx'
import '../kiosk/style.ts'
import './join.css'

const place = document.getElementById('join')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <Ribbon />
      <Guarded>
        <JoinPage />
      </Guarded>
    </StrictMode>,
  )
}
