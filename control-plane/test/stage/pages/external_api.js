// Stage stand-in for Jitsi Meet's external_api.js: the same constructor, events, commands and methods, as far as our pages use them.
;(() => {
  window.JitsiMeetExternalAPI = class {
    constructor(domain, options) {
      this.listeners = new Map()
      this.participants = 0
      const origin = /^https?:/.test(domain) ? domain : `${location.protocol}//${domain}`
      this.origin = new URL(origin).origin
      this.frame = document.createElement('iframe')
      this.frame.allow = 'camera; microphone; display-capture; autoplay; fullscreen'
      this.frame.style.cssText = 'border:0;width:100%;height:100%'
      const name = options.userInfo?.displayName ?? ''
      const fragment = `jwt=${JSON.stringify(options.jwt ?? '')}&userInfo.displayName=${JSON.stringify(name)}&embedded=true`
      const devices = Object.entries(options.devices ?? {}).map(
        ([kind, label]) => `&devices.${kind}=${encodeURIComponent(JSON.stringify(label))}`,
      )
      // As the real one: the token in the query too, for servers of before.
      const query = options.jwt ? `?jwt=${options.jwt}` : ''
      this.frame.src = `${this.origin}/${options.roomName}${query}#${encodeURI(fragment + devices.join(''))}`
      this.receive = (event) => {
        if (event.source !== this.frame.contentWindow || event.data?.stage !== 'jitsi') return
        if (event.data.event === 'videoConferenceJoined') this.participants = 1
        if (event.data.event === 'participantJoined') this.participants++
        if (event.data.event === 'participantLeft') this.participants--
        this.emit(event.data.event, event.data.payload ?? {})
      }
      window.addEventListener('message', this.receive)
      options.parentNode.appendChild(this.frame)
    }
    emit(name, payload) {
      for (const listener of this.listeners.get(name) ?? []) listener(payload)
    }
    addListener(name, listener) {
      this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener])
    }
    on(name, listener) {
      this.addListener(name, listener)
    }
    addEventListener(name, listener) {
      this.addListener(name, listener)
    }
    removeListener(name, listener) {
      this.listeners.set(
        name,
        (this.listeners.get(name) ?? []).filter((known) => known !== listener),
      )
    }
    executeCommand(command, ...values) {
      this.frame.contentWindow?.postMessage({ stage: 'command', command, values }, this.origin)
    }
    async setVideoInputDevice(label) {
      this.frame.contentWindow?.postMessage({ stage: 'device', kind: 'videoInput', label }, this.origin)
    }
    async setAudioInputDevice(label) {
      this.frame.contentWindow?.postMessage({ stage: 'device', kind: 'audioInput', label }, this.origin)
    }
    getNumberOfParticipants() {
      return this.participants
    }
    getIFrame() {
      return this.frame
    }
    dispose() {
      this.emit('_willDispose', {})
      window.removeEventListener('message', this.receive)
      this.frame.remove()
    }
  }
})()
