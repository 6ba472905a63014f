import { type Static, Type } from 'typebox'

/** What is missing in a stretch of a film. `silence`: a sound track in which nothing is heard; `no-sound`: no sound track at all. */
export const bandKinds = ['no-sound', 'silence', 'no-picture', 'black', 'frozen'] as const
export type BandKind = (typeof bandKinds)[number]
export const bandLabels: Record<BandKind, string> = {
  'no-sound': 'Không ghi âm thanh',
  silence: 'Không có tiếng',
  'no-picture': 'Không có hình',
  black: 'Hình đen',
  frozen: 'Hình đứng yên',
}

export const ContentBand = Type.Object({
  kind: Type.Unsafe<BandKind>({ type: 'string', enum: [...bandKinds] }),
  /** Milliseconds from the part's first picture. */
  fromMs: Type.Integer(),
  toMs: Type.Integer(),
})
export type ContentBand = Static<typeof ContentBand>

/** `none`: the film has no such track; `unmeasured`: nobody could measure it, and nothing is said of it. */
const TrackSight = Type.Unsafe<'measured' | 'none' | 'unmeasured'>({
  type: 'string',
  enum: ['measured', 'none', 'unmeasured'],
})

/** What a stored part was found to show and let hear (docs/decisions/recording-content.md). */
export const RecordedContent = Type.Object({
  sound: TrackSight,
  picture: TrackSight,
  bands: Type.Array(ContentBand),
})
export type RecordedContent = Static<typeof RecordedContent>

export const soundNow = ['heard', 'silent', 'none', 'unmeasured'] as const
export const pictureNow = ['moving', 'black', 'frozen', 'none', 'unmeasured'] as const

/** What a recorder host finds in the last minute of the file that its Jibri writes. */
export const LiveContent = Type.Object(
  {
    sound: Type.Unsafe<(typeof soundNow)[number]>({ type: 'string', enum: [...soundNow] }),
    picture: Type.Unsafe<(typeof pictureNow)[number]>({ type: 'string', enum: [...pictureNow] }),
  },
  { maxProperties: 10 },
)
export type LiveContent = Static<typeof LiveContent>

const soundNowLabels = { silent: 'không có tiếng từ hơn một phút nay', none: 'không có luồng âm thanh' } as const
const pictureNowLabels = {
  black: 'chỉ có hình đen từ hơn một phút nay',
  frozen: 'có hình đứng yên từ nhiều phút nay',
  none: 'không có luồng hình',
} as const

/** What the file that is being written lacks, in words; null when nothing, or when nobody measured it. */
export const soundNowWords = ({ sound }: LiveContent): string | null =>
  sound === 'silent' || sound === 'none' ? soundNowLabels[sound] : null
export const pictureNowWords = ({ picture }: LiveContent): string | null =>
  picture === 'moving' || picture === 'unmeasured' ? null : pictureNowLabels[picture]
