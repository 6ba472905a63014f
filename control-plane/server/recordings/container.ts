import { open } from 'node:fs/promises'

/** Why a received file is not taken for a recording. Each has its words in `fault-words.ts`. */
export type Refusal =
  | 'empty'
  | 'not-matroska'
  | 'streams'
  | 'picture'
  | 'duration'
  | 'too-heavy'
  /** Matroska by its first bytes, and yet ffmpeg cannot read it. */
  | 'damaged'

const ebmlHeaderId = 0x1a45dfa3
const segmentId = 0x18538067
const docTypeId = 0x4282
const voidId = 0xec
/** A recorder's header has about 40 bytes; what is longer is no recorder's. */
const headBytes = 4096

interface Element {
  id: number
  from: number
  /** -1 when the size is unknown, as in a file that is still being written. */
  size: number
}

/**
 * Whether a file begins as the Matroska that a recorder writes (RFC 8794 §11.2, RFC 9559 §4): EBML header, DocType `matroska` or `webm`,
 * then a segment. Looked at before ffmpeg is run at all: ffmpeg guesses by content, and a playlist or manifest of any name makes it read
 * whatever file or address stands in it.
 */
export function containerOf(head: Buffer): 'matroska' | Refusal {
  if (head.length === 0) return 'empty'
  const header = elementAt(head, 0)
  if (header?.id !== ebmlHeaderId || header.size < 0) return 'not-matroska'
  const end = header.from + header.size
  if (end > head.length || !/^(matroska|webm)$/.test(docType(head, header.from, end))) return 'not-matroska'
  let next = elementAt(head, end)
  if (next?.id === voidId) next = elementAt(head, next.from + next.size)
  return next?.id === segmentId ? 'matroska' : 'not-matroska'
}

/** The same for a file on the disk. */
export async function containerOfFile(path: string): Promise<'matroska' | Refusal> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return containerOf(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

function docType(head: Buffer, from: number, end: number): string {
  for (let at = from; at < end; ) {
    const element = elementAt(head, at)
    if (element === undefined || element.size < 0) return ''
    // Strings may be filled up with zeros (RFC 8794 §13).
    if (element.id === docTypeId)
      return head.toString('latin1', element.from, element.from + element.size).replace(/\0+$/, '')
    at = element.from + element.size
  }
  return ''
}

/** One element's id and size (RFC 8794 §4–6); undefined when the bytes are none, or end before them. */
function elementAt(head: Buffer, at: number): Element | undefined {
  const idLength = Math.clz32(head[at] ?? 0) - 23
  const sizeAt = at + idLength
  const sizeLength = Math.clz32(head[sizeAt] ?? 0) - 23
  if (idLength > 4 || sizeLength > 8 || sizeAt + sizeLength > head.length) return undefined
  const id = head.readUIntBE(at, idLength)
  let size = (head[sizeAt] ?? 0) & (0xff >> sizeLength)
  let isUnknown = size === 0xff >> sizeLength
  for (let index = 1; index < sizeLength; index++) {
    const byte = head[sizeAt + index] ?? 0
    isUnknown &&= byte === 0xff
    size = size * 256 + byte
  }
  return { id, from: sizeAt + sizeLength, size: isUnknown ? -1 : size }
}
