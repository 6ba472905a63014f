// scripts/up: the whole system on this machine for a trial, until Ctrl-C. Says what it does and prints one address and the sign-ins.
// With a Jitsi of one's own (TIEPDAN_JITSI_URL) there is no stage: the control plane alone, by its own settings; it names those that are missing.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { roleLabels } from '../../contract/words.ts'
import { tellLastWords } from '../../server/platform/last-words.ts'
import { wordsOf } from '../../server/platform/plain-error.ts'
import { startTrial, type Trial } from './trial.ts'

const begun = performance.now()
const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(1).padStart(5)
const say = (words: string): void => {
  process.stdout.write(`[${seconds()} giây] ${words}…\n`)
}

if (process.env.TIEPDAN_JITSI_URL) await import('../../server/main.ts')
else await runTrial()

async function runTrial(): Promise<void> {
  const folder = resolve(process.env.TIEPDAN_DATA_FOLDER ?? '.data')
  const first = Number(process.env.TIEPDAN_TRIAL_PORT ?? 8080)
  say(existsSync(join(folder, 'database')) ? 'Mở lại dữ liệu chạy thử' : 'Chuẩn bị lần chạy đầu tiên')
  const trial = await startTrial({
    folder,
    ports: {
      controlPlane: first,
      web: first + 1,
      prosody: first + 2,
      focus: first + 3,
      mail: first + 4,
      recorders: [first + 5, first + 6],
    },
    onProgress: say,
  }).catch((error: unknown) => {
    process.stderr.write(`Không khởi động được: ${wordsOf(error)}\n`)
    process.exit(1)
  })
  // Its processes must not outlive it, nor it die without a word.
  tellLastWords('Lần chạy thử', trial.stop)
  present(trial, folder)
  stopWhenTold(trial)
}

function present({ url, accounts }: Trial, folder: string): void {
  const rows = accounts.map(
    (account) =>
      `  ${roleLabels[account.role].padEnd(24)} ${account.username.padEnd(10)} ${account.password.padEnd(16)} ${account.totpSecret ? `mã xác thực: scripts/sign-in-code ${account.username}` : ''}`,
  )
  process.stdout.write(`
CHẠY THỬ đã sẵn sàng sau ${seconds().trim()} giây: ${url}

  ${'Vai trò'.padEnd(24)} ${'Tài khoản'.padEnd(10)} ${'Mật khẩu'.padEnd(16)}
${rows.join('\n')}

  Trang thiết bị phòng họp: ${url}/kiosk      Vào bằng mã: ${url}/vao
  Dữ liệu: ${folder}      Thư gửi đi: ${join(folder, 'mails')}      Dừng: Ctrl-C
`)
}

function stopWhenTold(trial: Trial): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    process.stdout.write('\nĐang dừng…\n')
    trial.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
