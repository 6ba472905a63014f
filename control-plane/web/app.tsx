import { Center, Loader } from '@mantine/core'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { createBrowserRouter, Route, RouterProvider, Routes } from 'react-router'
import { whoAmI } from '../contract/identity.ts'
import { problemOf, queries, useAsk } from './ask.ts'
import { Frame } from './frame.tsx'
import { Home } from './home.tsx'
import { Failed } from './parts/states.tsx'
import { SessionProvider } from './session.tsx'
import { SignIn } from './sign-in.tsx'
import { StepUpDialog } from './step-up.tsx'

const Endpoints = lazy(() => import('./endpoints/list.tsx'))
const Endpoint = lazy(() => import('./endpoints/detail.tsx'))
const Cases = lazy(() => import('./cases/list.tsx'))
const CaseDetail = lazy(() => import('./cases/detail.tsx'))
const CaseForm = lazy(() => import('./cases/form.tsx'))
const Hearings = lazy(() => import('./hearings/list.tsx'))
const Hearing = lazy(() => import('./hearings/detail.tsx'))
const HearingForm = lazy(() => import('./hearings/form.tsx'))
const TestCallPage = lazy(() => import('./tests/detail.tsx'))
const Minutes = lazy(() => import('./tests/minutes.tsx'))
const Thresholds = lazy(() => import('./tests/thresholds.tsx'))
const Recordings = lazy(() => import('./recordings/list.tsx'))
const RecordingPage = lazy(() => import('./recordings/detail.tsx'))
const Audit = lazy(() => import('./audit.tsx'))
const Account = lazy(() => import('./account/page.tsx'))
const Staff = lazy(() => import('./staff.tsx'))
const Alerts = lazy(() => import('./alerts.tsx'))
const Calendar = lazy(() => import('./calendar.tsx'))

const Waiting = () => (
  <Center h="60vh" role="status" aria-label="Đang tải">
    <Loader type="bars" />
  </Center>
)

function Screens() {
  return (
    <Frame>
      <Suspense fallback={<Waiting />}>
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
      </Suspense>
    </Frame>
  )
}

// Of the kind that can hold a navigation back: a form that is not saved asks first.
const router = createBrowserRouter([{ path: '*', element: <Screens /> }])

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
      <StepUpDialog />
      {signedOut && (
        <div className="above">
          <SignIn problem={problemOf(me.error)} onDone={() => queries.invalidateQueries()} again />
        </div>
      )}
    </SessionProvider>
  )
}
