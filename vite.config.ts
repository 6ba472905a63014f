import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const pages = ['web', 'kiosk', 'join', 'agent-page']
  .map((name) => resolve(import.meta.dirname, `control-plane/${name}/index.html`))
  .filter((page) => existsSync(page))

// In the page, not beside it: what retries a program that could not be fetched must not need to be fetched. The server allows it by its hash.
const start: Plugin = {
  name: 'start',
  transformIndexHtml: (_html, { path }) =>
    // The room agent watches its page itself.
    path.includes('/agent-page/')
      ? []
      : [
          {
            tag: 'script',
            children: readFileSync(resolve(import.meta.dirname, 'control-plane/page-kit/start.js'), 'utf8'),
            // Before any stylesheet: a script waits for those above it, and would not hear that one failed.
            injectTo: 'head-prepend',
          },
        ],
}

// Four small programs from one set of sources; the server serves them by the paths they have below dist/ (platform/web-pages.ts).
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react(), start],
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    emptyOutDir: true,
    target: 'es2023',
    rolldownOptions: { input: pages },
  },
})
