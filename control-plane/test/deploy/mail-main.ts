// A mail server that takes everything, for the hosts of a deployment test: mail-main.ts ADDRESS PORT.
import { SMTPServer } from 'smtp-server'

const [address = '127.0.0.1', port = '2525'] = process.argv.slice(2)
new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _session, done) => stream.resume().once('end', () => done()),
}).listen(Number(port), address)
