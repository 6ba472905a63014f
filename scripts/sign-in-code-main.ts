// Prints the current second-factor code of one trial account; called by scripts/sign-in-code with the user name and the accounts file.
import { existsSync, readFileSync } from 'node:fs'
import { Secret, TOTP } from 'otpauth'

const [username = '', path = ''] = process.argv.slice(2)

function refuse(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

if (!existsSync(path)) refuse(`Không có tệp ${path}: chạy scripts/up trước.`)
const accounts = JSON.parse(readFileSync(path, 'utf8')) as { username: string; totpSecret?: string }[]
const account = accounts.find((known) => known.username === username.trim().toLowerCase())
if (!account) {
  refuse(`Không có tài khoản "${username}". Các tài khoản: ${accounts.map((known) => known.username).join(', ')}.`)
}
if (account.totpSecret === undefined) refuse(`Tài khoản "${username}" không dùng mã xác thực.`)
const totp = new TOTP({ secret: Secret.fromBase32(account.totpSecret), algorithm: 'SHA1', digits: 6, period: 30 })
process.stdout.write(`${totp.generate()}\n`)
const secondsLeft = 30 - (Math.floor(Date.now() / 1000) % 30)
process.stderr.write(`(còn hiệu lực ${secondsLeft} giây; mỗi mã chỉ dùng được một lần)\n`)
