// Cameras and microphones as Jitsi Meet takes them from the page around its frame: by label, because its own origin has other ids. A label that
// it does not know is passed over. Before the browser has allowed anything there are no labels: it asks first, then looks.
;(() => {
  const kinds = { videoInput: 'videoinput', audioInput: 'audioinput' }

  const listed = async (kind) => {
    const all = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === kinds[kind])
    if (all.length === 0 || all.some((device) => device.label !== '')) return all
    const asked = await navigator.mediaDevices.getUserMedia(kind === 'videoInput' ? { video: true } : { audio: true })
    for (const track of asked.getTracks()) track.stop()
    return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === kinds[kind])
  }
  /** The id of the device of this name; undefined: there is none. */
  const idOf = async (kind, label) =>
    label ? (await listed(kind).catch(() => [])).find((device) => device.label === label)?.deviceId : undefined

  window.stageDevices = {
    idOf,
    /** What the frame's address names, as ids. */
    async handed() {
      const fragment = new URLSearchParams(decodeURIComponent(location.hash.slice(1)))
      const named = (name) => JSON.parse(fragment.get(`devices.${name}`) || '""')
      return {
        cameraDeviceId: await idOf('videoInput', named('videoInput')),
        micDeviceId: await idOf('audioInput', named('audioInput')),
      }
    },
    /** Hears the page around: another device is to be sent. */
    onSet(change) {
      window.addEventListener('message', async (event) => {
        if (event.source !== window.parent || event.data?.stage !== 'device') return
        const id = await idOf(event.data.kind, event.data.label)
        if (id !== undefined) change(event.data.kind, id)
      })
    },
  }
})()
