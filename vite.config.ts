import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const pages = ['web', 'kiosk', 'join', 'agent-page']
  .map((name) => resolve(import.meta.dirname, `control-plane/${name}/index.html`))
  .filter((page) => existsSync(page))

// Four small programs from one set of sources; the server serves them by the paths they have below dist/ (platform/web-pages.ts).
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    emptyOutDir: true,
    target: 'es2023',
    rolldownOptions: { input: pages },
  },
})
