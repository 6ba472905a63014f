import { Center, Loader } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { createBrowserRouter, Route, RouterProvider, Routes, useLocation } from 'react-router'
import { whoAmI } from '../contract/identity.ts'
import { fetchRest } from '../page-kit/part.ts'
import { problemOf, queries, useAsk } from './ask.ts'
import { Frame } from './frame.tsx'
import { Home } from './home.tsx'
import { Guarded, part } from './parts/part.tsx'
import { Failed } from './parts/states.tsx'
import { SessionProvider } from './session.tsx'
import { SignIn } from './sign-in.tsx'
import { StepUpDialog } from './step-up.tsx'

const Endpoints = part(() => import('./endpoints/list.tsx'))
const Endpoint = part(() => import('./endpoints/detail.tsx'))
const Cases = part(() => import('./cases/list.tsx'))
const CaseDetail = part(() => import('./cases/detail.tsx'))
const CaseForm = part(() => import('./cases/form.tsx'))
const Hearings = part(() => import('./hearings/list.tsx'))
const Hearing = part(() => import('./hearings/detail.tsx'))
const HearingForm = part(() => import('./hearings/form.tsx'))
const TestCallPage = part(() => import('./tests/detail.tsx'))
const Minutes = part(() => import('./tests/minutes.tsx'))
const Thresholds = part(() => import('./tests/thresholds.tsx'))
const Recordings = part(() => import('./recordings/list.tsx'))
const RecordingPage = part(() => import('./recordings/detail.tsx'))
const Audit = part(() => import('./audit.tsx'))
const Account = part(() => import('./account/page.tsx'))
const Staff = part(() => import('./staff.tsx'))
const Alerts = part(() => import('./alerts.tsx'))
const Calendar = part(() => import('./calendar.tsx'))

const restAfterMs = 3_000

const Waiting = () => (
  <Center h="60vh" role="status" aria-label="Đang tải">
    <Loader type="bars" />
  </Center>
)

// Of the kind that can hold a navigation back: a form that is not saved asks first.
const router = createBrowserRouter([
  {
    path: '*',
    element: (
      <Frame>
        <Screens />
      </Frame>
    ),
  },
])

/** Signed in: the screens; otherwise the sign-in. A session that ends on the way keeps the screen and what was typed below the sign-in. */
export function App() {
  const me = useAsk(['me'], whoAmI, {})
  const signedOut = me.isError && problemOf(me.error).status === 401
  const known = useRef<string>(undefined)
  useEffect(() => {
    const id = me.data?.staff.id
    // Somebody else signed in at this desk: nothing of the former person's screens may stay.
    if (known.current !== undefined && id !== undefined && known.current !== id) location.assign('/')
    known.current = id ?? known.current
  }, [me.data])
  if (me.data === undefined) {
    if (signedOut) return <SignIn problem={problemOf(me.error)} onDone={() => me.refetch()} />
    return me.isError ? <Failed error={me.error} onAgain={() => me.refetch()} /> : <Waiting />
  }
  return (
    <SessionProvider value={me.data}>
      <RouterProvider router={router} />
      <Guarded>
        <StepUpDialog />
      </Guarded>
      {signedOut && (
        <div className="above">
          <SignIn problem={problemOf(me.error)} onDone={() => queries.invalidateQueries()} again />
        </div>
      )}
    </SessionProvider>
  )
}

/** Each address has its own guard: what breaks on one screen leaves the menu and the others as they are. */
function Screens() {
  const { pathname } = useLocation()
  useEffect(() => {
    // After the screen itself: its own requests go first.
    const timer = setTimeout(fetchRest, restAfterMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Guarded key={pathname}>
      <Routes>
        <Route path="/" element={<Home />} />
        <Route path="/diem-cau" element={<Endpoints />} />
        <Route path="/diem-cau/:id" element={<Endpoint />} />
        <Route path="/vu-viec" element={<Cases />} />
        <Route path="/vu-viec/moi" element={<CaseForm />} />
        <Route path="/vu-viec/:id" element={<CaseDetail />} />
        <Route path="/vu-viec/:id/sua" element={<CaseForm />} />
        <Route path="/buoi-tiep" element={<Hearings />} />
        <Route path="/buoi-tiep/moi" element={<HearingForm />} />
        <Route path="/buoi-tiep/:id" element={<Hearing />} />
        <Route path="/buoi-tiep/:id/sua" element={<HearingForm />} />
        <Route path="/kiem-thu/:id" element={<TestCallPage />} />
        <Route path="/kiem-thu/:id/bien-ban" element={<Minutes />} />
        <Route path="/nguong-kiem-thu" element={<Thresholds />} />
        <Route path="/ban-ghi-hinh" element={<Recordings />} />
        <Route path="/ban-ghi-hinh/:id" element={<RecordingPage />} />
        <Route path="/nhat-ky" element={<Audit />} />
        <Route path="/canh-bao" element={<Alerts />} />
        <Route path="/lich" element={<Calendar />} />
        <Route path="/tai-khoan" element={<Account />} />
        <Route path="/nhan-su" element={<Staff />} />
        <Route path="*" element={<p>Không có trang này. Vui lòng chọn một mục ở thực đơn.</p>} />
      </Routes>
    </Guarded>
  )
}
