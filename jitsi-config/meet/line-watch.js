// In Jitsi Meet's page by its own hook (plugin.head.html, docs/decisions/stalled-picture.md): tells the page around it, every 2 s, what the
// browser counts of the connections that carry the media. Counters only, no address and no person, and only to the control plane's pages,
// which judge them (control-plane/media/line.ts): nothing is picked or summed here.
;(() => {
  const { pageOrigin } = document.currentScript.dataset
  // A recorder's browser and an address opened by hand have nobody around them to tell.
  if (window.parent === window || !pageOrigin) return
  const told = {
    'inbound-rtp': ['kind', 'mid', 'ssrc', 'bytesReceived', 'packetsReceived', 'framesDecoded'],
    transport: ['bytesReceived', 'selectedCandidatePairId'],
    // Keep-alives are answered over a quiet line too; without them a room where all are muted would look dead.
    'candidate-pair': ['bytesReceived', 'responsesReceived', 'nominated', 'state'],
  }
  const connections = new Map()
  let opened = 0

  // The library is loaded before this hook and may hold the constructor already: the prototype is common to all, whoever made them.
  const { setRemoteDescription } = RTCPeerConnection.prototype
  RTCPeerConnection.prototype.setRemoteDescription = function (...values) {
    if (!connections.has(this)) connections.set(this, ++opened)
    return setRemoteDescription.apply(this, values)
  }

  const countersOf = (stat) => Object.fromEntries(['id', 'type', ...told[stat.type]].map((name) => [name, stat[name]]))

  async function look() {
    for (const connection of connections.keys())
      if (connection.signalingState === 'closed') connections.delete(connection)
    const open = [...connections].map(async ([connection, ordinal]) => ({
      connection: ordinal,
      state: connection.connectionState,
      stats: [...(await connection.getStats()).values()].filter((stat) => stat.type in told).map(countersOf),
    }))
    window.parent.postMessage({ tiepdan: 'line', connections: await Promise.all(open) }, pageOrigin)
  }
  setInterval(() => look().catch((error) => console.warn('line-watch', error)), 2_000)
})()
