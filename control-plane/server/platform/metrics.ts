import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** The Prometheus registry of one control plane (served at `/metrics`), and the figures that every module may set. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'tiepdan_request_seconds',
      help: 'HTTP requests by route and status',
      labelNames: ['route', 'status'],
      buckets: [0.01, 0.05, 0.2, 1, 5],
      registers,
    }),
    openAlerts: new Gauge({
      name: 'tiepdan_open_alerts',
      help: 'Open alerts by kind',
      labelNames: ['kind', 'severity'],
      registers,
    }),
    waitingMails: new Gauge({ name: 'tiepdan_waiting_mails', help: 'Mails that the server has not taken', registers }),
    auditRows: new Gauge({ name: 'tiepdan_audit_rows', help: 'Rows of the audit trail', registers }),
    auditHead: new Gauge({
      name: 'tiepdan_audit_head',
      help: 'The hash of the last row of the audit trail, which stands for all of them',
      labelNames: ['hash'],
      registers,
    }),
    faults: new Counter({
      name: 'tiepdan_faults_total',
      help: 'Background work that failed and will be tried again',
      labelNames: ['part'],
      registers,
    }),
    /** Makes a further gauge in the same registry. */
    gauge: (name: string, help: string, labelNames: string[] = []) => new Gauge({ name, help, labelNames, registers }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>
