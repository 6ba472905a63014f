import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { commandSocketPath } from './platform/commands.ts'
import { tellLastWords } from './platform/last-words.ts'

/**
 * `node command-main.ts <name> [key=value…]`: asks the running control plane, prints what it says, and exits 0 when all is well,
 * 1 when not, 2 when no control plane answers.
 */
tellLastWords('Lệnh')

const [name = '', ...rest] = process.argv.slice(2)
const given = Object.fromEntries(
  rest.map((word) => {
    const at = word.indexOf('=')
    return at < 0 ? [word, 'true'] : [word.slice(0, at), word.slice(at + 1)]
  }),
)
const dataFolder = process.env.TIEPDAN_DATA_FOLDER ?? '.data'
const socketPath = commandSocketPath(dataFolder)

const noServer = (why: string): void => {
  process.stderr.write(
    `Không có máy chủ nào trả lời tại ${socketPath} (${why}). Khởi động máy chủ trước, hoặc đặt TIEPDAN_DATA_FOLDER đúng thư mục dữ liệu.\n`,
  )
  process.exitCode = 2
}

/** A drill is cleared away before its command ends: the first Ctrl-C asks for that, the second does not wait. */
function stopOnInterrupt(): void {
  process.once('SIGINT', () => {
    process.stderr.write('\nĐang dừng và dọn sạch… (bấm Ctrl-C lần nữa để không chờ)\n')
    const stopping = request({ socketPath, path: '/stop-drill', method: 'POST' }, (answer) => answer.resume())
    stopping.on('error', () => process.exit(1))
    stopping.end('{}')
    process.once('SIGINT', () => process.exit(1))
  })
}

function ask(): void {
  if (name === 'drill') stopOnInterrupt()
  const asking = request({ socketPath, path: `/${name}`, method: 'POST' }, (answer) => {
    // A server that dies half-way has not said that all is well.
    process.exitCode = 1
    answer.on('error', (error) => process.stderr.write(`Máy chủ dừng giữa chừng: ${error.message}\n`))
    createInterface({ input: answer }).on('line', (line) => {
      const { say, ok } = JSON.parse(line) as { say?: string; ok?: boolean }
      if (say !== undefined) process.stdout.write(`${say}\n`)
      if (ok !== undefined) process.exitCode = ok ? 0 : 1
    })
  })
  asking.on('error', (error) => noServer((error as NodeJS.ErrnoException).code ?? error.message))
  asking.end(JSON.stringify(given))
}

if (name === '') {
  process.stderr.write('Thiếu tên lệnh.\n')
  process.exitCode = 2
} else if (existsSync(socketPath)) ask()
else noServer('không có tệp')
