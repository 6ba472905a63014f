import type { App } from '../../server/platform/http.ts'

/** Every route that there is, hidden ones too, from the router's own tree (`├── api/x (GET, POST)`, four columns a level). */
export function routesOf(http: App): { method: string; path: string }[] {
  const above: string[] = []
  return http
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, branch = '', part = '', methods = ''] = /^([│ ]*[├└]── )(.*?)(?: \((.*)\))?$/.exec(line) ?? []
      if (part === '') return []
      const depth = branch.length / 4 - 1
      above.splice(depth)
      above[depth] = part
      const path = above.join('').replace(/^\/?/, '/').replace('//', '/')
      return methods.split(', ').map((method) => ({ method, path }))
    })
}
