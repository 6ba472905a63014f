/** Arrows point one way (docs: design §3): web/kiosk/join/agent-page → contract ← server; platform imports no module. */
const modules =
  'identity|calendar|cases|hearings|endpoints|invitations|rooms|test-calls|recordings|drills|archive|reports|room-agent'
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'platform-imports-no-module',
      severity: 'error',
      from: { path: '^control-plane/server/platform/' },
      to: { path: `^control-plane/server/(${modules})/` },
    },
    {
      name: 'a-module-through-its-index',
      comment:
        'Another module is reached only through its index.ts; tables may be referenced by tables (foreign keys).',
      severity: 'error',
      from: { path: `^control-plane/server/(${modules})/(?!tables\\.ts$)` },
      to: { path: `^control-plane/server/(${modules})/`, pathNot: ['^control-plane/server/$1/', '/index\\.ts$'] },
    },
    {
      name: 'rules-and-stores-know-no-routes',
      severity: 'error',
      from: { path: `^control-plane/server/(${modules})/(store|tables)\\.ts$` },
      to: { path: '/(routes|jobs|index)\\.ts$' },
    },
    {
      name: 'browsers-import-no-server',
      severity: 'error',
      from: { path: '^control-plane/(web|kiosk|join|agent-page|page-kit|media|contract)/' },
      to: { path: '^control-plane/server/' },
    },
    {
      name: 'contract-stands-alone',
      severity: 'error',
      from: { path: '^control-plane/contract/' },
      to: { path: '^control-plane/(server|web|kiosk|join|agent-page|page-kit|media)/' },
    },
    {
      name: 'server-imports-no-page',
      severity: 'error',
      from: { path: '^(control-plane/server|jibri)/' },
      to: { path: '^control-plane/(web|kiosk|join|agent-page|page-kit|media|test)/' },
    },
    {
      name: 'jibri-stands-alone',
      severity: 'error',
      from: { path: '^jibri/' },
      to: { path: '^control-plane/(?!contract/)' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.d\\.ts$',
          '/main\\.ts$',
          '\\.test\\.ts$',
          '\\.cjs$',
          '-main\\.ts$',
          '/stage/pages/',
          '/page-kit/start\\.js$',
        ],
      },
      to: {},
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^(control-plane/(server|contract)|jibri)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
