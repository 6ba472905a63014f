import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Host, type Network, spawnBeside } from './hosts.ts'

/** An ACME server of the test's own (pebble) that asks the hosts for their challenges as Let's Encrypt would. */
export interface AcmeServer {
  /** What an inventory says to use it, and to trust what it signs. */
  settings: Record<string, string>
  /** Lets a host trust the server's own https, as it does Let's Encrypt's. */
  makeKnownTo(host: Host): void
  stop(): void
}

const managementPort = 15_000

/** `names`: under which address of `network` it finds whom it certifies. Needs root. */
export async function startAcme(network: Network, names: Record<string, string>): Promise<AcmeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tiepdan-acme-'))
  const file = (name: string): string => join(folder, `acme-${name}`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('https.key')]
  const subject = ['-subj', '/CN=ACME test', '-addext', `subjectAltName=IP:${network.machine},IP:127.0.0.1`]
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-days', '3', '-out', file('https.crt')], {
    stdio: 'ignore',
  })
  const settings = {
    listenAddress: '0.0.0.0:14000',
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: file('https.crt'),
    privateKey: file('https.key'),
    httpPort: 80,
    tlsPort: 443,
  }
  writeFileSync(file('settings.json'), JSON.stringify({ pebble: settings }))
  writeFileSync(
    file('hosts'),
    Object.entries(names)
      .map(([name, address]) => `${address} ${name}\n`)
      .join(''),
  )
  // A file of hosts of its own: the names are nobody else's business on this machine.
  const line = `mount --bind ${file('hosts')} /etc/hosts && exec pebble -config ${file('settings.json')}`
  const server = spawnBeside('unshare', ['-m', 'bash', '-c', line], {
    stdio: 'ignore',
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' },
  })
  const https = readFileSync(file('https.crt'), 'utf8')
  for (let attempt = 0; ; attempt++) {
    const root = await get(`https://127.0.0.1:${managementPort}/roots/0`, https).catch(() => undefined)
    if (root !== undefined) {
      writeFileSync(file('ca.crt'), root)
      return {
        settings: {
          tiepdan_certificates: 'acme',
          nginx_acme_server: `https://${network.machine}:14000/dir`,
          tiepdan_trusted_ca: file('ca.crt'),
        },
        makeKnownTo(host) {
          writeFileSync(join(host.root, 'usr/local/share/ca-certificates/acme.crt'), https)
          host.run('update-ca-certificates')
        },
        stop() {
          server.kill()
          rmSync(folder, { recursive: true, force: true })
        },
      }
    }
    if (attempt === 50 || server.exitCode !== null) throw new Error('pebble does not answer')
    await new Promise((done) => setTimeout(done, 100))
  }
}

function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { ca }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => resolve(text))
    })
    asking.on('error', reject).end()
  })
}
