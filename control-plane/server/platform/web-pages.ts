import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import { forgivenPath } from '../../contract/join-link.ts'
import type { Config } from './config.ts'
import { noStore, noSuchRoute } from './http.ts'
import type { Module } from './module.ts'
import type { Platform } from './platform.ts'

const builtPages = join(import.meta.dirname, '../../../dist')

/**
 * What a page must be able to say before anybody is known or anything could be asked, as attributes of its root: that this is a stage, and whom to
 * call (config.ts lets nothing into a telephone number that means anything in HTML).
 */
const pageMarks = ({ stage, officePhone }: Pick<Config, 'stage' | 'officePhone'>): string =>
  [stage ? 'data-stage="true" ' : '', officePhone === '' ? '' : `data-office-phone="${officePhone}" `].join('')

/** Serves the built pages: `/` staff screens (one page, client-side routes), `/kiosk/`, `/vao` (grant page), `/agent/` (room agent's page). */
export function webPages(platform: Platform): Module {
  return {
    name: 'web-pages',
    async routes(app) {
      if (!existsSync(builtPages)) {
        platform.log.warn('pages are not built: run "npm run build"')
        return
      }
      app.addHook('onRoute', (route) => {
        // Static files carry no permission of their own: they hold nothing but code.
        if (route.config === undefined || route.config.may === undefined) {
          if (route.url.startsWith('/assets/')) route.config = { ...route.config, may: 'public', mayBeKept: true }
        }
      })
      await app.register(fastifyStatic, {
        root: join(builtPages, 'assets'),
        prefix: '/assets/',
        immutable: true,
        maxAge: '30d',
        decorateReply: true,
      })
      const marks = pageMarks(platform.config)
      const send = async (file: string, reply: FastifyReply) => {
        const html = await readFile(join(builtPages, file), 'utf8')
        allowOwnScripts(html, reply)
        return reply
          .header('cache-control', 'no-cache')
          .type('text/html; charset=utf-8')
          .send(html.replace('<html ', () => `<html ${marks}`))
      }
      const page = (file: string) => ({
        config: { may: 'public', mayBeKept: true } as const,
        schema: { hide: true },
        handler: async (_request: unknown, reply: FastifyReply) => send(file, reply),
      })
      app.get('/kiosk', page('control-plane/kiosk/index.html'))
      app.get('/vao', page('control-plane/join/index.html'))
      app.get('/agent', page('control-plane/agent-page/index.html'))
      const staff = page('control-plane/web/index.html')
      app.get('/', staff)
      app.get('/*', {
        ...staff,
        handler: async (request, reply) => {
          if (request.url.startsWith('/api/')) throw noSuchRoute()
          const meant = forgivenPath(request.url)
          // The fragment that the browser holds goes along by itself. Nobody keeps the answer: it may carry a link's key.
          if (meant !== undefined) return reply.headers(noStore).redirect(meant)
          return send('control-plane/web/index.html', reply)
        },
      })
    },
  }
}

/** A script that stands in the page itself (page-kit/start.js) runs by its hash alone; any other one that got in there does not. */
function allowOwnScripts(html: string, reply: FastifyReply): void {
  const hashes = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  const policy = String(reply.getHeader('content-security-policy'))
  reply.header(
    'content-security-policy',
    policy.replace("script-src 'self'", ["script-src 'self'", ...hashes].join(' ')),
  )
}
