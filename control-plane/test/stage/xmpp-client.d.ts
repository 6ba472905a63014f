// @xmpp/client carries no types of its own: the members that the stage uses.
declare module '@xmpp/client' {
  export function client(options: {
    service: string
    domain: string
    username: string
    password: string
    resource: string
  }): {
    on(event: string, listener: (...values: never[]) => unknown): void
    send(stanza: unknown): Promise<void>
    start(): Promise<unknown>
    stop(): Promise<unknown>
    reconnect: { stop(): void }
    iqCallee: { set(xmlns: string, name: string, handler: (context: never) => Promise<unknown>): void }
  }
  export function xml(name: string, attributes: Record<string, string | undefined>, ...children: unknown[]): unknown
}
