import { type FileHandle, open } from 'node:fs/promises'

const ebmlMagic = Buffer.from([0x1a, 0x45, 0xdf, 0xa3])
/** EBML ids of RFC 9559: a cluster, its timestamp, a checksum that may stand before it. */
const clusterId = Buffer.from([0x1f, 0x43, 0xb6, 0x75])
const timestampId = 0xe7
const crcId = 0xbf
const headBytes = 256 * 1024
const firstTailBytes = 8 * 1024 ** 2
/** At 8 Mbit/s a minute has 60 MB; a recorder writes a fifth of that. */
const longestTailBytes = 64 * 1024 ** 2

/** The end of a growing Matroska file as a film of its own: its head, and the clusters of the last minute. */
export interface Tail {
  /** Head and clusters, in the order in which they stand in the file. */
  film: Buffer[]
  hasSound: boolean
  hasPicture: boolean
  /** From the first cluster's beginning to the last's, in milliseconds. */
  spanMs: number
}

/**
 * The last `spanMs` milliseconds of a file that is being written, without reading what is before: a running Matroska has no index, and a
 * look through two hours every few seconds would take the disk from the recorder. Null when it is no Matroska, or has no cluster yet.
 */
export async function readTail(path: string, spanMs: number): Promise<Tail | null> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const head = await readAt(handle, 0, Math.min(size, headBytes))
    if (!head.subarray(0, 4).equals(ebmlMagic)) return null
    const bodyAt = clustersIn(head)[0]?.at
    if (bodyAt === undefined) return null
    for (let bytes = firstTailBytes; ; bytes *= 2) {
      const from = Math.max(bodyAt, size - bytes)
      const tail = await readAt(handle, from, size - from)
      const clusters = clustersIn(tail)
      const lastMs = clusters.at(-1)?.timeMs ?? 0
      const first = clusters.findLast(({ timeMs }) => timeMs <= lastMs - spanMs) ?? clusters[0]
      const isWhole = from === bodyAt || bytes >= longestTailBytes || (first?.timeMs ?? lastMs) <= lastMs - spanMs
      if (!isWhole) continue
      if (first === undefined) return null
      return {
        film: [head.subarray(0, bodyAt), tail.subarray(first.at)],
        hasSound: hasTrack(head.subarray(0, bodyAt), 2),
        hasPicture: hasTrack(head.subarray(0, bodyAt), 1),
        spanMs: lastMs - first.timeMs,
      }
    }
  } finally {
    await handle.close()
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** Whether the head has a TrackType element (0x83) of this type: 1 picture, 2 sound. */
const hasTrack = (head: Buffer, type: 1 | 2): boolean => head.includes(Buffer.from([0x83, 0x81, type]))

/** Where clusters begin, and their times. The id alone may stand in a picture by chance; followed by a timestamp it does not. */
export function clustersIn(bytes: Buffer): { at: number; timeMs: number }[] {
  const found: { at: number; timeMs: number }[] = []
  for (let at = bytes.indexOf(clusterId); at >= 0; at = bytes.indexOf(clusterId, at + 4)) {
    const timeMs = timestampAfter(bytes, at + 4)
    if (timeMs !== undefined) found.push({ at, timeMs })
  }
  return found
}

/** The timestamp (in milliseconds: ffmpeg's scale) of the cluster whose size stands at `at`. */
function timestampAfter(bytes: Buffer, at: number): number | undefined {
  const first = bytes[at]
  if (first === undefined || first === 0) return undefined
  // The leading zeros of the first byte tell how many bytes the size has (RFC 8794 §4).
  let next = at + Math.clz32(first) - 24 + 1
  if (bytes[next] === crcId && bytes[next + 1] === 0x84) next += 6
  const length = (bytes[next + 1] ?? 0) & 0x7f
  if (bytes[next] !== timestampId || length < 1 || length > 6 || bytes.length < next + 2 + length) return undefined
  return bytes.readUIntBE(next + 2, length)
}
