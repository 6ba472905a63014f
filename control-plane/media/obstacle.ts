import { CallFailed } from '../contract/route.ts'

// What the names of faults (lib-jitsi-meet's JitsiConnectionErrors and JitsiConferenceErrors, and ours) mean for who waits in front of the page.
const words: [names: RegExp, words: string][] = [
  [
    /^connection\.passwordRequired$|^conference\.authenticationRequired$|^asks-for-a-press$|^no-token$/,
    'Máy chủ phòng họp chưa nhận thông tin vào phòng. Đang chờ thông tin mới từ hệ thống.',
  ],
  [
    /notAllowed$|reservationError$|conferenceRequestFailed$|notLiveError$|^conference\.destroyed$|^no-answer$/,
    'Máy chủ phòng họp chưa mở phòng. Đang chờ phòng được mở.',
  ],
  [/max_users$/, 'Phòng họp đã đủ số người. Đang chờ có chỗ.'],
  [
    /^conference\.(focus|videobridge|gracefulShutdown|iceFailed|offerAnswer)/,
    'Máy chủ hình và tiếng đang khởi động lại. Đang chờ máy chủ trở lại.',
  ],
  [
    /^connection\.|^conference\.connectionError$|^no-connection$/,
    'Chưa nối được máy chủ phòng họp. Đang chờ đường truyền.',
  ],
  [/^meeting-unreachable$|^page-silent$/, 'Chưa mở được trang phòng họp. Đang chờ đường truyền.'],
  [/^system-unreachable$/, 'Hệ thống chưa trả lời. Đang chờ hệ thống trở lại.'],
]

/** What is waited for, in a sentence, for any fault of an entry or of a call. */
export const obstacleWords = (fault: string): string =>
  words.find(([names]) => names.test(fault))?.[1] ?? 'Kết nối bị gián đoạn.'

/** The same for what could not even be begun: the refusal's own title, else what `silent` (a fault's name) means. */
export const obstacleOf = (error: unknown, silent: 'system-unreachable' | 'meeting-unreachable'): string =>
  error instanceof CallFailed && error.problem.status >= 400 && error.problem.status < 500
    ? error.problem.title
    : obstacleWords(silent)
