// Stage stand-in for the Jitsi Meet page: enters the room in its address with the token in its fragment, peer to peer with exactly one
// other, and tells the embedding page the events that Jitsi Meet tells.
/* global JitsiMeetJS, stageDevices */
;(async () => {
  const fragment = new URLSearchParams(decodeURIComponent(location.hash.slice(1)))
  const text = (name) => {
    const value = fragment.get(name)
    return value ? JSON.parse(value) : ''
  }
  const token = text('jwt')
  const displayName = text('userInfo.displayName')
  const roomName = location.pathname.slice(1).toLowerCase()
  const settingsAnswer = fetch('/stage-settings.json').then((answer) => answer.json())
  const element = (id) => document.getElementById(id)
  const tell = (event, payload) =>
    window.parent !== window && window.parent.postMessage({ stage: 'jitsi', event, payload }, '*')
  const show = (words) => {
    element('state').textContent = words
  }
  // As Jitsi Meet keeps its state, as far as the script beside it looks (jitsi-config/meet/line-watch.js).
  const state = { 'features/base/conference': {}, 'features/base/connection': { connecting: true } }
  window.APP = { store: { getState: () => state } }
  const now = (feature, values) => {
    state[`features/base/${feature}`] = values
  }
  // What Jitsi Meet itself answers by reloading. Nothing else is told as fatal: not a room that does not exist, not a refused token.
  const fatalNames = [
    'conference.focusDisconnected',
    'conference.focusLeft',
    'conference.iceFailed',
    'conference.offerAnswerFailed',
    'conference.videobridgeNotAvailable',
    'connection.droppedError',
    'connection.otherError',
    'connection.serverError',
  ]
  const failed = (name, message) => {
    const type = name.startsWith('connection.') ? 'CONNECTION' : 'CONFERENCE'
    show(`Bạn đã bị ngắt kết nối (${name})`)
    now(type.toLowerCase(), { error: { name } })
    tell('errorOccurred', { error: { name, message: message ?? '', type, isFatal: fatalNames.includes(name) } })
  }
  window.stageRoom = { state: 'connecting', firstFrameAt: null, openedAt: performance.now() }

  JitsiMeetJS.setLogLevel('error')
  JitsiMeetJS.init({ disableAudioLevels: true, enableAnalyticsLogging: false })
  const connectionEvents = JitsiMeetJS.events.connection
  const events = JitsiMeetJS.events.conference
  // As Jitsi Meet does: devices and signalling are opened side by side.
  let tracks = []
  const available = { audio: 'audioAvailabilityChanged', video: 'videoAvailabilityChanged' }
  const open = (type, id) =>
    JitsiMeetJS.createLocalTracks({
      devices: [type],
      resolution: 360,
      ...(id === undefined ? {} : { [type === 'video' ? 'cameraDeviceId' : 'micDeviceId']: id }),
    })
      .then(async (opened) => {
        // Jitsi Meet's library of today demands 15 frames a second of a camera, that of the stage does not.
        if (type === 'video' && opened[0]?.getTrack().getSettings().frameRate < 15) {
          for (const track of opened) await track.dispose()
          throw Object.assign(new Error('Constraint could not be satisfied: undefined'), {
            name: 'gum.constraint_failed',
          })
        }
        tell(available[type], { available: true })
        // As Jitsi Meet tells it: a picture without a track is a muted one.
        if (type === 'video') tell('videoMuteStatusChanged', { muted: false })
        return opened
      })
      .catch(async (error) => {
        tell(type === 'video' ? 'cameraError' : 'micError', { type: error.name, message: error.message })
        // As Jitsi Meet does: whatever is plugged in is available, also where it could not be opened.
        const devices = await navigator.mediaDevices.enumerateDevices().catch(() => [])
        tell(available[type], { available: devices.some(({ kind }) => kind === `${type}input`) })
        return []
      })
  // Each by itself, as Jitsi Meet does when both together were refused.
  const tracksReady = stageDevices
    .handed()
    .then(async ({ cameraDeviceId, micDeviceId }) => [
      ...(await open('audio', micDeviceId)),
      ...(await open('video', cameraDeviceId)),
    ])
  const settings = await settingsAnswer
  const socket = `${location.origin.replace(/^http/, 'ws')}/xmpp-websocket?room=${roomName}`
  const connection = new JitsiMeetJS.JitsiConnection(null, token, {
    hosts: { domain: settings.domain, muc: settings.muc, focus: settings.focus },
    serviceUrl: socket,
    p2p: { enabled: true, stunServers: [] },
  })
  let conference
  let left = false
  const tile = (id, label) => {
    let box = document.querySelector(`[data-id="${id}"]`)
    if (!box) {
      box = document.createElement('div')
      box.className = 'tile'
      box.dataset.id = id
      box.append(document.createElement('span'))
      element('tiles').append(box)
    }
    box.querySelector('span').textContent = label
    return box
  }
  const attach = (id, label, track) => {
    const box = tile(id, label)
    const media = document.createElement(track.getType() === 'video' ? 'video' : 'audio')
    media.autoplay = true
    media.playsInline = true
    if (track.isLocal()) media.muted = true
    if (!(track.isLocal() && track.getType() === 'audio')) {
      box.querySelector(track.getType())?.remove()
      box.prepend(media)
      track.attach(media)
    }
    if (!track.isLocal() && track.getType() === 'video') {
      media.requestVideoFrameCallback(() => {
        window.stageRoom.firstFrameAt ??= performance.now()
      })
    }
  }
  const leave = async () => {
    if (left) return
    left = true
    await conference?.leave().catch(() => undefined)
    connection.disconnect()
    tell('videoConferenceLeft', { roomName })
    tell('readyToClose', {})
    show('Đã rời phòng')
  }

  const join = async () => {
    tracks = await tracksReady
    for (const track of tracks) attach('local', displayName || 'Điểm cầu này', track)
    if (left) return
    conference = connection.initJitsiConference(roomName, {
      p2p: { enabled: true, stunServers: [] },
      openBridgeChannel: false,
      hiddenDomain: settings.recorder,
    })
    conference.on(events.CONFERENCE_JOINED, () => {
      window.stageRoom.state = 'joined'
      now('conference', { conference: true })
      show('Đã vào phòng')
      tell('videoConferenceJoined', { roomName, id: conference.myUserId(), displayName })
    })
    conference.on(events.CONFERENCE_FAILED, (name, ...details) => {
      window.stageRoom.state = 'failed'
      failed(name, details.map(String).join(' '))
      if (name === events.CONFERENCE_DESTROYED || name === 'conference.destroyed')
        tell('videoConferenceLeft', { roomName })
    })
    conference.on(events.KICKED, () => {
      window.stageRoom.state = 'kicked'
      left = true
      show('Bạn đã được mời ra khỏi phòng')
      tell('participantKickedOut', { kicked: { id: conference.myUserId(), local: true } })
      tell('videoConferenceLeft', { roomName })
    })
    conference.on(events.USER_JOINED, (id, participant) => {
      // As Jitsi Meet: a recorder is in the room and nobody's company.
      if (participant.isHidden()) return
      tile(id, participant.getDisplayName() || 'Người tham dự')
      tell('participantJoined', { id, displayName: participant.getDisplayName() })
    })
    conference.on(events.USER_LEFT, (id, participant) => {
      if (participant?.isHidden()) return
      document.querySelector(`[data-id="${id}"]`)?.remove()
      tell('participantLeft', { id })
    })
    conference.on(events.DISPLAY_NAME_CHANGED, (id, name) => tile(id, name))
    conference.on(events.TRACK_ADDED, (track) => {
      if (!track.isLocal())
        attach(
          track.getParticipantId(),
          document.querySelector(`[data-id="${track.getParticipantId()}"] span`)?.textContent ?? '',
          track,
        )
    })
    conference.on(events.CONNECTION_INTERRUPTED, () => show('Kết nối bị gián đoạn…'))
    conference.on(events.CONNECTION_RESTORED, () => show('Đã vào phòng'))
    conference.on(events.RECORDER_STATE_CHANGED, (session) => {
      const on = session.getStatus() === 'on' && !session.getError()
      element('recording').hidden = !on
      tell('recordingStatusChanged', { on, mode: 'file', ...(session.getError() ? { error: session.getError() } : {}) })
    })
    for (const track of tracks) conference.addTrack(track)
    if (displayName) conference.setDisplayName(displayName)
    now('conference', { joining: true })
    conference.join()
    // The npm republish says nothing when the reservation refuses: the page has its own time-out.
    setTimeout(() => {
      if (window.stageRoom.state === 'connecting') failed('conference.reservationError', 'no answer')
    }, 15_000)
  }
  connection.addEventListener(connectionEvents.CONNECTION_ESTABLISHED, () => {
    now('connection', { connection: true })
    return join()
  })
  connection.addEventListener(connectionEvents.CONNECTION_FAILED, (name, message) => {
    window.stageRoom.state = 'failed'
    window.stageRoom.error = name
    if (!left) failed(name, message)
  })
  connection.addEventListener(connectionEvents.CONNECTION_DISCONNECTED, () => {
    if (!left) failed('connection.droppedError', 'disconnected')
  })
  element('hangup').onclick = leave
  const toggle = (kind, button, words) => async () => {
    const track = tracks.find((candidate) => candidate.getType() === kind)
    if (!track) return
    const muted = !track.isMuted()
    await (muted ? track.mute() : track.unmute())
    button.setAttribute('aria-pressed', String(muted))
    button.textContent = words[Number(muted)]
    tell(kind === 'audio' ? 'audioMuteStatusChanged' : 'videoMuteStatusChanged', { muted })
  }
  element('audio').onclick = toggle('audio', element('audio'), ['Tắt tiếng', 'Bật tiếng'])
  element('video').onclick = toggle('video', element('video'), ['Tắt hình', 'Bật hình'])
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || event.data?.stage !== 'command') return
    const { command } = event.data
    if (command === 'hangup') leave()
    if (command === 'toggleAudio') element('audio').onclick()
    if (command === 'toggleVideo') element('video').onclick()
  })
  stageDevices.onSet(async (kind, id) => {
    const type = kind === 'videoInput' ? 'video' : 'audio'
    const [opened] = await open(type, id)
    if (opened === undefined) return
    const before = tracks.find((track) => track.getType() === type)
    tracks = [...tracks.filter((track) => track !== before), opened]
    attach('local', displayName || 'Điểm cầu này', opened)
    if (before === undefined) conference?.addTrack(opened)
    else await conference?.replaceTrack(before, opened)
    before?.dispose()
  })
  window.addEventListener('pagehide', () => {
    if (!left) conference?.leave().catch(() => undefined)
  })
  connection.connect()
})()
