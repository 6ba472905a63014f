/** What a control plane needs to be told, and nothing else. */
export const leastSettings = {
  TIEPDAN_DATA_FOLDER: '/tmp/x',
  TIEPDAN_STORE_FOLDER: '/tmp/x/store',
  TIEPDAN_MASTER_KEY: 'ab'.repeat(32),
  TIEPDAN_EDGE_SECRET: 'x'.repeat(32),
  TIEPDAN_JITSI_URL: 'https://meet.example',
  TIEPDAN_EDGE_URL: 'http://127.0.0.1:5280',
  TIEPDAN_XMPP_DOMAIN: 'meet.example',
}
