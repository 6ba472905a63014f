// In Jitsi Meet's page by its own hook (plugin.head.html, docs/decisions/stalled-picture.md): tells the page around it, every 2 s, whether
// anything still comes over the connection that carries the media. Numbers only, and only to the control plane's pages.
;(() => {
  const { pageOrigin } = document.currentScript.dataset
  // A recorder's browser and an address opened by hand have nobody around them to tell.
  if (window.parent === window || !pageOrigin) return
  const connections = new Map()
  let opened = 0

  // The library is loaded before this hook and may hold the constructor already: the prototype is common to all, whoever made them.
  const { setRemoteDescription } = RTCPeerConnection.prototype
  RTCPeerConnection.prototype.setRemoteDescription = function (...values) {
    if (!connections.has(this)) connections.set(this, ++opened)
    return setRemoteDescription.apply(this, values)
  }

  // The newest is the one that carries the media: an older one is on its way out.
  const newest = () => {
    for (const connection of connections.keys())
      if (connection.signalingState === 'closed') connections.delete(connection)
    return [...connections].at(-1)
  }

  async function look() {
    const [connection, ordinal] = newest() ?? [undefined, 0]
    const told = { tiepdan: 'line', connection: ordinal, received: 0, framesDecoded: 0, state: 'none' }
    if (connection !== undefined) {
      told.state = connection.connectionState
      for (const stat of (await connection.getStats()).values()) {
        // Keep-alives are answered over a quiet line too; without them a room where all are muted would look dead.
        if (stat.type === 'candidate-pair') told.received += (stat.bytesReceived ?? 0) + (stat.responsesReceived ?? 0)
        if (stat.type === 'inbound-rtp') told.framesDecoded += stat.framesDecoded ?? 0
      }
    }
    window.parent.postMessage(told, pageOrigin)
  }
  setInterval(() => look().catch((error) => console.warn('line-watch', error)), 2_000)
})()
