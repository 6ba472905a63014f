// What differs between the npm republish that the stage serves and the library that a deployment serves, as far as our pages depend on it
// (jitsi-integration §7, §11): a recording's state is told by the recorder's own presence, a recorder is nobody's peer, and a lost focus ends
// the conference. Without `hiddenDomain` in the conference's options the recorder is a stranger, and the starter's recording is `pending` for
// ever, as in production.
;(() => {
  const { JitsiConnection } = window.JitsiMeetJS
  const { initJitsiConference } = JitsiConnection.prototype

  /** Gives a session two memories: what it was told itself or by a recorder in the room comes before what the focus publishes. */
  const dress = (session, hearing) => {
    const told = { here: session.getStatus() ?? '', byFocus: '', recorder: null }
    session.getStatus = () => told.here || told.byFocus
    session.setStatus = (status) => {
      if (hearing.focus) told.byFocus = status
      else told.here = status
    }
    return told
  }

  const tellByPresence = (conference) => {
    const manager = conference.recordingManager
    const known = new Map()
    const hearing = { focus: false }
    const add = manager._addSession.bind(manager)
    const hearFocus = manager._handleFocusPresence.bind(manager)
    manager._addSession = (session) => {
      known.set(session, dress(session, hearing))
      add(session)
    }
    manager._handleFocusPresence = (presence) => {
      hearing.focus = true
      try {
        hearFocus(presence)
      } finally {
        hearing.focus = false
      }
    }
    manager._handleJibriPresence = (presence) => {
      const id = presence.querySelector('session_id')?.textContent
      if (!id) return
      const session = manager.getSession(id) ?? manager._createSession(id, 'on', 'file')
      Object.assign(known.get(session), { here: 'on', recorder: presence.getAttribute('from') })
      manager._emitSessionUpdate(session)
    }
    conference.room.eventEmitter.addListener('xmpp.muc_member_left', (who) => {
      for (const [session, told] of known) {
        if (told.recorder !== who) continue
        const before = session.getStatus()
        Object.assign(told, { here: '', recorder: null })
        if (session.getStatus() !== before) manager._emitSessionUpdate(session)
      }
    })
  }

  /** Calls of the stage are straight from one to the other: who is in the room without taking part must not end them. */
  const countPeople = (conference) => {
    const all = conference.getParticipants.bind(conference)
    conference.getParticipants = () => all().filter((participant) => !participant.isHidden())
  }

  /** The republish tells of a lost focus under no name, so that nobody hears of it: its moderator reads the name where it does not stand. */
  const tellFocusLeft = (conference) => {
    const { eventEmitter } = conference.room
    eventEmitter.addListener('xmpp.muc_member_left', (who) => {
      if (who.endsWith('/focus')) eventEmitter.emit('xmpp.focus_left')
    })
  }

  JitsiConnection.prototype.initJitsiConference = function (name, options) {
    const conference = initJitsiConference.call(this, name, options)
    tellByPresence(conference)
    countPeople(conference)
    tellFocusLeft(conference)
    return conference
  }
})()
