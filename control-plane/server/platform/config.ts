import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const Url = (options: object) => Type.String({ pattern: '^https?://[^\\s/]+$', ...options })

/** Every setting of the control plane. The environment variable is `TIEPDAN_` + the name in upper snake case. */
const ConfigSchema = Type.Object({
  dataFolder: Type.String({ minLength: 1, description: 'thư mục dữ liệu (cơ sở dữ liệu nhúng, khóa, tệp tạm)' }),
  host: Type.String({ default: '127.0.0.1' }),
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
  publicUrl: Url({
    description: 'địa chỉ mà trình duyệt dùng, ví dụ https://tiepdan.example',
    default: 'http://127.0.0.1:8080',
  }),
  databaseUrl: Type.String({ default: '', description: 'postgres://…; để trống: cơ sở dữ liệu nhúng (PGlite)' }),
  masterKey: Type.String({
    pattern: '^[0-9a-f]{64}$',
    description: '64 chữ số hex; mất khóa này là mất dữ liệu đã mã hóa',
  }),
  auditKeys: Type.String({
    pattern: '^([0-9a-f]{64}([\\s,]+[0-9a-f]{64})*)?$',
    default: '',
    description: 'khóa của nhật ký, mỗi khóa 64 chữ số hex, mới nhất trước; để trống: lấy từ khóa chính',
  }),
  auditMail: Type.String({ default: '', description: 'nơi nhận mã băm nhật ký hằng ngày; để trống: officeMail' }),
  edgeSecret: Type.String({ minLength: 32, description: 'bí mật chung với mô-đun Prosody, ít nhất 32 ký tự' }),
  jitsiUrl: Url({ description: 'địa chỉ Jitsi Meet, ví dụ https://meet.example' }),
  jitsiPeerToPeer: Type.Boolean({ default: false, description: 'true chỉ khi chạy thử không có videobridge' }),
  xmppDomain: Type.String({ minLength: 1 }),
  xmppMuc: Type.String({ default: '' }),
  xmppFocus: Type.String({ default: '' }),
  xmppRecorder: Type.String({
    default: '',
    description: 'tên miền XMPP của máy ghi hình, như hiddenDomain của Jitsi Meet',
  }),
  edgeUrl: Url({ description: 'cổng HTTP của Prosody, ví dụ http://127.0.0.1:5280' }),
  storeFolder: Type.String({ minLength: 1, description: 'kho lưu trữ trung tâm' }),
  stagingFolder: Type.String({ default: '', description: 'nơi nhận tệp trước khi kiểm tra; nên cùng ổ với kho' }),
  storeReserveMb: Type.Integer({
    default: 2048,
    minimum: 0,
    maximum: 100_000_000,
    description: 'dung lượng luôn chừa lại của kho',
  }),
  storeVerifyDays: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 365,
    description: 'mỗi tệp trong kho được đọc lại và đối chiếu mã băm ít nhất một lần trong số ngày này',
  }),
  storeVerifyMbPerSecond: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 100_000,
    description: 'tốc độ đọc tối đa khi đối chiếu mã băm của kho, MB mỗi giây',
  }),
  mediaSandbox: Type.Union([Type.Literal('required'), Type.Literal('where-possible')], {
    default: 'required',
    description:
      'required: chỉ đọc tệp ghi hình trong vùng cách ly (bubblewrap); where-possible: máy không cho cách ly thì chỉ giới hạn tài nguyên',
  }),
  smtpUrl: Type.String({ pattern: '^smtps?://', default: 'smtp://127.0.0.1:25' }),
  mailFrom: Type.String({ default: 'Tiếp công dân trực tuyến <khong-tra-loi@tiepdan.invalid>' }),
  officeMail: Type.String({ default: 'van-phong@tiepdan.invalid', description: 'nơi nhận cảnh báo của Văn phòng' }),
  officePhone: Type.String({
    pattern: '^([+(]?[0-9][0-9 .()-]{1,24})?$',
    default: '',
    description:
      'số điện thoại mà trang vào phòng, trang thiết bị và thư mời bảo gọi khi cần giúp, ví dụ 0269 3824 404; để trống: chỉ nêu tên Văn phòng',
  }),
  chromiumPath: Type.String({ default: '/usr/bin/chromium' }),
  roomAgent: Type.Boolean({ default: true, description: 'tiến trình này có chạy máy tham dự tự động không' }),
  intake: Type.Boolean({
    default: true,
    description: 'máy phòng họp và máy ghi có báo về tiến trình này không; false cho tiến trình chỉ chạy máy tham dự',
  }),
  drillAt: Type.String({
    pattern: '^(([01]\\d|2[0-3]):[0-5]\\d)?$',
    default: '',
    description: 'giờ diễn tập hằng đêm (giờ Việt Nam), ví dụ 02:30; để trống: không tự diễn tập',
  }),
  sessionIdleMinutes: Type.Integer({
    default: 30,
    minimum: 15,
    maximum: 30,
    description: 'phiên làm việc kết thúc sau số phút không thao tác (15–30)',
  }),
  seedAccounts: Type.String({ default: '', description: 'tệp JSON các tài khoản của lần khởi động đầu tiên' }),
  stage: Type.Boolean({ default: false, description: 'chạy thử: màn hình ghi rõ "chạy thử"' }),
  logLevel: Type.Union(
    [Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error'), Type.Literal('silent')],
    { default: 'info' },
  ),
  trustProxy: Type.Boolean({ default: false }),
})

export type Config = Static<typeof ConfigSchema>

const environmentName = (key: string): string =>
  `TIEPDAN_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/**
 * Reads the settings from the environment. `<NAME>_FILE` names a file that holds the value instead (systemd's LoadCredential): a secret then
 * stands in no unit, no environment and no process list.
 * @throws Error that lists every fault at once, with the variable's name and its meaning (design rule 9).
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const raw: Record<string, unknown> = {}
  const unread: string[] = []
  for (const key of Object.keys(ConfigSchema.properties)) {
    const name = environmentName(key)
    const text = environment[name] || contentOf(`${name}_FILE`, environment[`${name}_FILE`], unread)
    if (text !== undefined && text !== '') raw[key] = text
  }
  const value = Value.Default(ConfigSchema, Value.Convert(ConfigSchema, raw)) as Record<string, unknown>
  const faults = [...unread, ...[...Value.Errors(ConfigSchema, value)].map((error) => describe(error, raw))]
  if (faults.length > 0)
    throw new Error(`Cấu hình chưa hợp lệ:\n${[...new Set(faults)].map((line) => `  - ${line}`).join('\n')}`)
  const config = value as Config
  return {
    ...config,
    xmppMuc: config.xmppMuc || `conference.${config.xmppDomain}`,
    xmppFocus: config.xmppFocus || `focus.${config.xmppDomain}`,
    xmppRecorder: config.xmppRecorder || `recorder.${config.xmppDomain}`,
    stagingFolder: config.stagingFolder || `${config.storeFolder}/.staging`,
  }
}

function contentOf(name: string, path: string | undefined, faults: string[]): string | undefined {
  if (path === undefined || path === '') return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    faults.push(`${name} không đọc được (${(error as NodeJS.ErrnoException).code}): ${path}`)
    return undefined
  }
}

function describe(
  error: { instancePath: string; message: string; params?: unknown },
  raw: Record<string, unknown>,
): string {
  const missing = (error.params as { requiredProperties?: string[] } | undefined)?.requiredProperties
  const keys = missing ?? [error.instancePath.split('/')[1] ?? '']
  return keys
    .map((key) => {
      const meaning = (ConfigSchema.properties as Record<string, { description?: string } | undefined>)[key]
        ?.description
      const state = key in raw ? `không hợp lệ (${error.message})` : 'chưa được đặt'
      return `${environmentName(key)} ${state}${meaning === undefined ? '' : `: ${meaning}`}`
    })
    .join('\n  - ')
}
