/** The few members of lib-jitsi-meet that our pages use; the library itself is loaded from the deployment (global `JitsiMeetJS`). */
export interface JitsiTrack {
  getType(): 'audio' | 'video'
  isLocal(): boolean
  getParticipantId(): string
  attach(element: HTMLMediaElement): void
  detach(element: HTMLMediaElement): void
  getOriginalStream(): MediaStream
  dispose(): Promise<void>
}

export interface JitsiRecorderSession {
  getID(): string | undefined
  getStatus(): string | undefined
  getError(): string | null | undefined
}

type Listener = (...values: never[]) => void

export interface JitsiConference {
  on(event: string, listener: Listener): void
  addTrack(track: JitsiTrack): Promise<void>
  join(): void
  leave(): Promise<void>
  myUserId(): string
  setDisplayName(name: string): void
  setLocalParticipantProperty(name: string, value: string): void
  setReceiverConstraints?(constraints: unknown): void
  getActivePeerConnection(): { peerconnection: RTCPeerConnection } | null | undefined
  startRecording(options: { mode: 'file'; appData: string }): Promise<JitsiRecorderSession>
  stopRecording(sessionId: string): Promise<unknown>
}

export interface JitsiConnection {
  addEventListener(event: string, listener: Listener): void
  connect(options?: unknown): void
  disconnect(): unknown
  initJitsiConference(room: string, options: unknown): JitsiConference
}

export interface JitsiLibrary {
  init(options: unknown): void
  setLogLevel(level: string): void
  events: { conference: Record<string, string>; connection: Record<string, string> }
  JitsiConnection: new (appId: null, token: string, options: unknown) => JitsiConnection
  createLocalTracks(options: unknown): Promise<JitsiTrack[]>
}

let loading: Promise<JitsiLibrary> | undefined

/** Loads the deployment's library once. Rejects after 20 s. */
export function loadLibrary(url: string): Promise<JitsiLibrary> {
  loading ??= new Promise<JitsiLibrary>((resolve, reject) => {
    const script = document.createElement('script')
    const timer = setTimeout(() => reject(new Error('library-timeout')), 20_000)
    script.src = url
    script.onload = () => {
      clearTimeout(timer)
      const library = (window as unknown as { JitsiMeetJS?: JitsiLibrary }).JitsiMeetJS
      if (library === undefined) return reject(new Error('library-missing'))
      library.setLogLevel('error')
      library.init({ disableAudioLevels: true, enableAnalyticsLogging: false })
      resolve(library)
    }
    script.onerror = () => {
      clearTimeout(timer)
      reject(new Error('library-unreachable'))
    }
    document.head.append(script)
  }).catch((error: unknown) => {
    // The next try loads it again.
    loading = undefined
    throw error
  })
  return loading
}
