// In Jitsi Meet's page by its own hook (plugin.head.html, docs/decisions/stalled-picture.md, failed-entries.md): tells the page around it every
// 2 s what the browser counts of the connections that carry the media, and every second how far the page is with its entry. Counters, states
// and the names of errors only, no address and no person, and only to the control plane's pages, which judge them
// (control-plane/media/line.ts, entrance.ts): nothing is picked or summed here.
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

  const nameOf = (error) => (error === undefined || error === null ? null : String(error.name ?? error).slice(0, 100))

  // Jitsi Meet tells the page around it no more than some of its errors: what it knows stands in its store. Where an upgrade has moved that,
  // `known` is false, and a box that waits for a press is still seen.
  function tellEntry() {
    const state = window.APP?.store?.getState()
    const conference = state?.['features/base/conference']
    const connection = state?.['features/base/connection']
    const boxes = [...document.querySelectorAll('[role="dialog"], [role="alertdialog"]')]
    const entry = {
      known: conference !== undefined && connection !== undefined,
      connecting: Boolean(connection?.connecting),
      joining: Boolean(conference?.joining),
      joined: Boolean(conference?.conference),
      // An error of the last try may stand there still after the next has succeeded.
      error: conference?.conference ? null : nameOf(connection?.error ?? conference?.error),
      asks: boxes.some((box) => box.getClientRects().length > 0),
    }
    window.parent.postMessage({ tiepdan: 'entry', entry }, pageOrigin)
  }
  setInterval(() => look().catch((error) => console.warn('line-watch', error)), 2_000)
  setInterval(tellEntry, 1_000)
})()
