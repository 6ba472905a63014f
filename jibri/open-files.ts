import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * The files below `folder` that some process holds open for writing (proc(5): /proc/PID/fd). A killed Jibri's ffmpeg lives on and goes on
 * writing. Sees only processes of the own user unless root: `checkFolders` refuses a user who would not see Jibri's.
 */
export async function writtenFilesBelow(folder: string): Promise<Set<string>> {
  const written = new Set<string>()
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    // A process may end between two looks (then it holds nothing), and another user's is not ours to see.
    const handles = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const handle of handles) {
      const target = await readlink(`/proc/${pid}/fd/${handle}`).catch(() => '')
      if (target.startsWith(`${folder}/`) && (await isWriting(pid, handle))) written.add(target)
    }
  }
  return written
}

async function isWriting(pid: string, handle: string): Promise<boolean> {
  const about = await readFile(`/proc/${pid}/fdinfo/${handle}`, 'utf8').catch(() => '')
  const flags = /^flags:\s*([0-7]+)$/m.exec(about)?.[1] ?? '0'
  // open(2): the lowest two bits are the access mode; 0 is reading only.
  return (Number.parseInt(flags, 8) & 3) !== 0
}
