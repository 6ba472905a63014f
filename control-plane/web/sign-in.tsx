import { Anchor, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { renderSVG } from 'uqr'
import {
  beginTotpEnrolment,
  type confirmSecondFactor,
  confirmTotpEnrolment,
  type SignInStep,
  signIn,
  signInSecondFactor,
  type TotpEnrolment,
} from '../contract/identity.ts'
import type { ProblemDocument } from '../contract/route.ts'
import { readDigits } from '../contract/short-code.ts'
import { problemOf, useDo } from './ask.ts'
import { Failed } from './parts/states.tsx'

type Step = { at: 'password' } | { at: 'code' } | { at: 'enrol'; enrolment: TotpEnrolment }

/** Password, then the second factor; who has none yet sets it up here. */
export function SignIn({ problem, onDone, again }: { problem: ProblemDocument; onDone(): void; again?: boolean }) {
  const asked = (problem as ProblemDocument & { next?: SignInStep }).next
  const [step, setStep] = useState<Step>({ at: asked === 'totp' ? 'code' : 'password' })
  const begin = useDo(beginTotpEnrolment, [], { onDone: (enrolment) => setStep({ at: 'enrol', enrolment }) })
  const goOn = ({ next }: { next: SignInStep }): void => {
    if (next === 'done') onDone()
    else if (next === 'totp') setStep({ at: 'code' })
    else begin.mutate({})
  }
  return (
    <Center mih="100vh" p="md" bg="gray.1">
      <Paper component="main" p="xl" maw={430} w="100%" withBorder>
        <Text c="dimmed" size="sm">
          UBND tỉnh Gia Lai
        </Text>
        <Title order={1} size="h2" mb="md">
          Tiếp công dân trực tuyến
        </Title>
        {again === true && (
          <Text mb="md">Phiên làm việc đã hết hạn. Vui lòng đăng nhập lại; nội dung đang nhập vẫn được giữ.</Text>
        )}
        {step.at === 'password' && <Password onNext={goOn} />}
        {step.at === 'code' && (
          <Code contract={signInSecondFactor} explain="Nhập mã 6 chữ số trên ứng dụng xác thực." onNext={goOn} />
        )}
        {step.at === 'enrol' && <Enrol enrolment={step.enrolment} onNext={goOn} />}
        {begin.isError && <Failed error={begin.error} onAgain={() => begin.mutate({})} />}
        {again !== true && (
          <Text size="sm" mt="lg">
            Trang này dành cho cán bộ. Ông/bà được mời dự buổi tiếp:{' '}
            <Anchor href="/vao" underline="always">
              nhập mã đăng nhập
            </Anchor>
            . Máy phòng họp:{' '}
            <Anchor href="/kiosk" underline="always">
              trang thiết bị
            </Anchor>
            .
          </Text>
        )}
      </Paper>
    </Center>
  )
}

function Password({ onNext }: { onNext(answer: { next: SignInStep }): void }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [withCode, setWithCode] = useState(false)
  const enter = useDo(signIn, [], {
    onDone: onNext,
    // From then on both are asked at once: strangers' guesses do not slow that way in.
    onRefused: (error) => setWithCode((before) => before || problemOf(error).withCode === true),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    enter.mutate({
      body: { username, password, ...(withCode && code.trim() !== '' ? { code: readDigits(code) } : {}) },
    })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Tài khoản"
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          autoComplete="username"
          required
          autoFocus
          data-testid="username"
        />
        <PasswordInput
          label="Mật khẩu"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="current-password"
          required
          data-testid="password"
        />
        {withCode && (
          <TextInput
            label="Mã xác thực"
            description="Mã 6 chữ số trên ứng dụng xác thực; để trống nếu tài khoản chưa có xác thực hai bước."
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            inputMode="numeric"
            autoComplete="one-time-code"
            data-testid="code"
          />
        )}
        {enter.isError && <Failed error={enter.error} />}
        <Button type="submit" loading={enter.isPending}>
          Đăng nhập
        </Button>
      </Stack>
    </form>
  )
}

export function Code({
  contract,
  explain,
  onNext,
}: {
  contract: typeof signInSecondFactor | typeof confirmTotpEnrolment | typeof confirmSecondFactor
  explain: string
  onNext(answer: { next: SignInStep }): void
}) {
  const [code, setCode] = useState('')
  const check = useDo(contract, [], { onDone: onNext })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    check.mutate({ body: { code: readDigits(code) } })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Mã xác thực"
          description={explain}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          autoFocus
          data-testid="code"
        />
        {check.isError && <Failed error={check.error} />}
        <Button type="submit" loading={check.isPending} disabled={!/^\d{6}$/.test(readDigits(code))}>
          Xác nhận
        </Button>
      </Stack>
    </form>
  )
}

function Enrol({ enrolment, onNext }: { enrolment: TotpEnrolment; onNext(answer: { next: SignInStep }): void }) {
  return (
    <Stack>
      <Text>
        Vai trò của ông/bà cần xác thực hai bước. Quét mã bằng ứng dụng xác thực trên điện thoại, rồi nhập mã 6 chữ số
        mà ứng dụng hiện.
      </Text>
      <TotpPicture enrolment={enrolment} />
      <Code contract={confirmTotpEnrolment} explain="Mã 6 chữ số trên ứng dụng." onNext={onNext} />
    </Stack>
  )
}

/** The secret as a picture for the authenticator, and to type by hand. */
export function TotpPicture({ enrolment }: { enrolment: TotpEnrolment }) {
  const picture = `data:image/svg+xml,${encodeURIComponent(renderSVG(enrolment.uri))}`
  return (
    <>
      <Center>
        <img src={picture} alt="Mã QR để thêm tài khoản vào ứng dụng xác thực" width={220} height={220} />
      </Center>
      <Text size="sm">
        Không quét được? Nhập tay: <span className="mono">{enrolment.secret}</span>
      </Text>
    </>
  )
}
