import { readFile, stat } from 'node:fs/promises'

const established = '01'

/**
 * How many connections this user has to that port of another program, of what `/proc/net/tcp` and `/proc/net/tcp6` list. Pure.
 * Fields: number, own address, other address, state, queues, timer, retransmits, user, …; an address ends in its port in hex.
 */
export function linesTo(port: number, userId: number, lists: string[]): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return lists
    .flatMap((list) => list.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , other = '', state, , , , user]) =>
        other.endsWith(wanted) && state === established && Number(user) === userId,
    ).length
}

/**
 * Whether Jibri, whose user owns the recordings, is connected to Prosody. Its health says HEALTHY without too, and nobody then gives it a
 * recording (jitsi-integration §7).
 */
export async function hasXmppLine(port: number, recordingsFolder: string): Promise<boolean> {
  const { uid } = await stat(recordingsFolder)
  // A kernel without IPv6 has no second list.
  const lists = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  return linesTo(port, uid, lists) > 0
}
