import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../support/databases.ts'
import { type StageFocus, startStageFocus } from './focus.ts'
import type { RecorderAccount } from './jibri-browser.ts'
import { createStageProsody, type EdgeSettings, type StageProsody, stageXmpp } from './prosody.ts'
import { startStageWeb } from './web.ts'

export interface StagePorts {
  prosody: number
  web: number
  focus: number
}

export interface Stage {
  /** The origin of the stage's "Jitsi Meet". */
  jitsiUrl: string
  edgeUrl: string
  focusUrl: string
  focusPassword: string
  xmpp: typeof stageXmpp
  prosody: StageProsody
  focus: StageFocus
  /** How recorders enter rooms. */
  recorder: RecorderAccount
  /** What the control plane needs in its environment to stand on this stage. */
  environment: Record<string, string>
  stop(): Promise<void>
}

/** Starts Prosody with the edge module, the focus and the room pages; the control plane and the recorders come from elsewhere. */
export async function startStage(options: {
  folder: string
  controlPlaneUrl: string
  edgeSecret: string
  ports?: StagePorts
  jibris?: string[]
  edge?: EdgeSettings
  /** The web server hands Jicofo's HTTP conference request on, as Jitsi's own site does and ours must not. */
  opensConferenceRequest?: boolean
}): Promise<Stage> {
  mkdirSync(options.folder, { recursive: true })
  const ports = options.ports ?? { prosody: await freePort(), web: await freePort(), focus: await freePort() }
  const recorderPassword = `recorder-${options.edgeSecret.slice(0, 12)}`
  const focusPassword = `focus-${options.edgeSecret.slice(0, 12)}`
  const prosody = await createStageProsody({
    folder: join(options.folder, 'prosody'),
    port: ports.prosody,
    controlPlaneUrl: options.controlPlaneUrl,
    edgeSecret: options.edgeSecret,
    focusPassword,
    recorderPassword,
    ...(options.edge === undefined ? {} : { edge: options.edge }),
  })
  const focus = await startStageFocus({
    prosodyUrl: prosody.httpUrl,
    password: focusPassword,
    port: ports.focus,
    jibris: options.jibris ?? [],
  })
  const web = await startStageWeb({
    port: ports.web,
    prosodyUrl: prosody.httpUrl,
    pageOrigin: options.controlPlaneUrl,
    ...(options.opensConferenceRequest === true ? { focusUrl: focus.url } : {}),
  })
  return {
    jitsiUrl: web.url,
    edgeUrl: prosody.edgeUrl,
    focusUrl: focus.url,
    focusPassword,
    xmpp: stageXmpp,
    prosody,
    focus,
    recorder: {
      service: `${prosody.httpUrl.replace(/^http/, 'ws')}/xmpp-websocket`,
      domain: stageXmpp.recorder,
      muc: stageXmpp.muc,
      username: 'recorder',
      password: recorderPassword,
    },
    environment: {
      TIEPDAN_JITSI_URL: web.url,
      TIEPDAN_JITSI_PEER_TO_PEER: 'true',
      TIEPDAN_XMPP_DOMAIN: stageXmpp.domain,
      TIEPDAN_EDGE_URL: prosody.edgeUrl,
      TIEPDAN_EDGE_SECRET: options.edgeSecret,
      TIEPDAN_STAGE: 'true',
    },
    async stop() {
      await web.stop()
      await focus.stop()
      await prosody.stop()
    },
  }
}
