import type { Logger } from 'pino'
import { type Alerts, createAlerts } from './alerts.ts'
import { type Audit, createAudit } from './audit.ts'
import { createAuditKeys } from './audit-keys.ts'
import { type Changes, createChanges } from './changes.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { type Database, type OpenDatabase, openDatabase } from './database.ts'
import { createIntake, type Intake } from './intake.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { createLog } from './log.ts'
import { createMail, type Mail } from './mail.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createSecrets, type Secrets } from './secrets.ts'

/** What every module stands on. */
export interface Platform {
  config: Config
  clock: Clock
  log: Logger
  database: OpenDatabase
  db: Database
  jobs: Jobs
  mail: Mail
  alerts: Alerts
  audit: Audit
  changes: Changes
  secrets: Secrets
  metrics: Metrics
  intake: Intake
}

/** Opens the database and builds the platform on it. */
export async function createPlatform(
  config: Config,
  options: { clock?: Clock; database?: OpenDatabase; log?: Logger } = {},
): Promise<Platform> {
  const clock = options.clock ?? systemClock
  const log = options.log ?? createLog(config.logLevel)
  const database =
    options.database ?? (await openDatabase({ url: config.databaseUrl, folder: `${config.dataFolder}/database` }))
  const db = database.db
  const changes = createChanges(database)
  const secrets = createSecrets(Buffer.from(config.masterKey, 'hex'))
  const mail = createMail({
    db,
    clock,
    secrets,
    smtpUrl: config.smtpUrl,
    from: config.mailFrom,
    async onRefused(tx, refused) {
      await alerts.raise(tx, {
        kind: 'mail-refused',
        subject: `mail:${refused.id}`,
        severity: 'warning',
        message: `Máy chủ thư từ chối thư "${refused.subject.slice(0, 120)}". Kiểm tra địa chỉ người nhận rồi báo cho họ bằng cách khác.`,
      })
      await changes.announce(tx, 'alerts')
    },
  })
  const alerts = createAlerts(clock, mail, config.officeMail)
  return {
    config,
    clock,
    log,
    database,
    db,
    mail,
    jobs: createJobs(database, log),
    alerts,
    audit: createAudit(clock, createAuditKeys(config.auditKeys, secrets)),
    changes,
    secrets,
    metrics: createMetrics(),
    intake: createIntake(clock, config.intake),
  }
}
