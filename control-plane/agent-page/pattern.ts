/**
 * The agent's known picture and tone: a moving pattern drawn on a canvas and a tone that can be switched on and off.
 * `install` makes them what `getUserMedia` gives on this page, so that any build of lib-jitsi-meet sends them.
 */
export function installPattern(toneHz: number): { sound(on: boolean): void } {
  const canvas = document.createElement('canvas')
  canvas.width = 640
  canvas.height = 360
  const context = canvas.getContext('2d')
  let frame = 0
  const draw = (): void => {
    if (context === null) return
    frame++
    context.fillStyle = `hsl(${(frame * 3) % 360} 45% 40%)`
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.fillStyle = '#ffffff'
    context.fillRect((frame * 9) % canvas.width, 40, 90, 90)
    context.fillStyle = '#101820'
    context.fillRect((frame * 5) % canvas.width, 190, 60, 60)
    context.fillStyle = '#ffffff'
    context.font = '28px sans-serif'
    context.fillText(`Kiểm thử đường truyền  ${frame}`, 24, 330)
  }
  draw()
  setInterval(draw, 1000 / 20)

  const audio = new AudioContext()
  const oscillator = audio.createOscillator()
  const gain = audio.createGain()
  oscillator.frequency.value = toneHz
  gain.gain.value = 0
  const output = audio.createMediaStreamDestination()
  oscillator.connect(gain).connect(output)
  oscillator.start()

  const media = navigator.mediaDevices
  media.getUserMedia = async (wanted) => {
    const stream = new MediaStream()
    if (wanted?.video) for (const track of canvas.captureStream(20).getVideoTracks()) stream.addTrack(track)
    if (wanted?.audio) for (const track of output.stream.getAudioTracks()) stream.addTrack(track.clone())
    return stream
  }
  return {
    sound(on) {
      gain.gain.value = on ? 0.5 : 0
    },
  }
}
