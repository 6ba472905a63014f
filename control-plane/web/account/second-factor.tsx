import { Button, Card, Stack, Text, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { beginSecondFactor, confirmSecondFactor, type TotpEnrolment } from '../../contract/identity.ts'
import { faultsOf, queries, useDo } from '../ask.ts'
import { Failed } from '../parts/states.tsx'
import { useMe } from '../session.tsx'
import { Code, TotpPicture } from '../sign-in.tsx'
import { isTyped, ProofFields, proofOf } from '../step-up.tsx'

const empty = { password: '', code: '' }
type Step = { at: 'rest' } | { at: 'confirm'; enrolment: TotpEnrolment } | { at: 'done' }

/** The first second factor, or another in place of the present one, which holds until the new one gave its first code. */
export function SecondFactor() {
  const { secondFactor } = useMe().staff
  const [step, setStep] = useState<Step>({ at: 'rest' })
  const [proof, setProof] = useState(empty)
  const begin = useDo(beginSecondFactor, [], {
    onDone: (enrolment) => {
      setProof(empty)
      setStep({ at: 'confirm', enrolment })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    begin.mutate({ body: proofOf(proof, secondFactor) })
  }
  const done = (): void => {
    setStep({ at: 'done' })
    queries.invalidateQueries()
  }
  const act = secondFactor ? 'Đổi thiết bị xác thực' : 'Thiết lập xác thực hai bước'
  return (
    <Card withBorder>
      <Stack>
        <Title order={2} size="h4">
          Xác thực hai bước
        </Title>
        {step.at === 'done' && <Text c="teal.8">Đã thiết lập. Các phiên khác của ông/bà đã kết thúc.</Text>}
        {step.at === 'confirm' ? (
          <>
            <Text>Quét mã bằng ứng dụng xác thực, rồi nhập mã 6 chữ số mà ứng dụng hiện.</Text>
            <TotpPicture enrolment={step.enrolment} />
            <Code contract={confirmSecondFactor} explain="Mã của thiết bị mới." onNext={done} />
            <Button variant="default" onClick={() => setStep({ at: 'rest' })}>
              Hủy bỏ
            </Button>
          </>
        ) : (
          <form onSubmit={submit}>
            <Stack>
              <ProofFields typed={proof} onType={setProof} secondFactor={secondFactor} faults={faultsOf(begin.error)} />
              {begin.isError && <Failed error={begin.error} without={['password', 'code']} />}
              <div>
                <Button type="submit" loading={begin.isPending} disabled={!isTyped(proof, secondFactor)}>
                  {act}
                </Button>
              </div>
            </Stack>
          </form>
        )}
      </Stack>
    </Card>
  )
}
