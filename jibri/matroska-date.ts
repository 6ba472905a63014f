import { open } from 'node:fs/promises'

const ebmlMagic = Buffer.from([0x1a, 0x45, 0xdf, 0xa3])
const matroskaEpochMs = Date.UTC(2001, 0, 1)
/** EBML id of DateUTC (RFC 9559 §5.1.2.14) and its length of 8 bytes. */
const dateUtc = Buffer.from([0x44, 0x61, 0x88])
const headBytes = 16 * 1024

/** The moment in a Matroska header's DateUTC; null when there is none, or when it is no Matroska. */
export function dateInHeader(head: Buffer): Date | null {
  if (!head.subarray(0, 4).equals(ebmlMagic)) return null
  const at = head.indexOf(dateUtc)
  if (at < 0 || head.length < at + dateUtc.length + 8) return null
  const nanoseconds = head.readBigInt64BE(at + dateUtc.length)
  return new Date(matroskaEpochMs + Number(nanoseconds / 1_000_000n))
}

/** When a Matroska file says it began. Under load the time in Jibri's file name is up to 8 s too early (jitsi-integration §7). */
export async function matroskaStart(path: string): Promise<Date | null> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return dateInHeader(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}
