import { defineConfig } from 'drizzle-kit'

// One set of migrations serves PostgreSQL and PGlite (PostgreSQL 15 features only).
export default defineConfig({
  dialect: 'postgresql',
  schema: './control-plane/server/*/tables.ts',
  out: './control-plane/server/migrations',
})
