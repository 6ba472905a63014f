import { Button, Card, Stack, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { changeEmail } from '../../contract/identity.ts'
import { faultsOf, useDo } from '../ask.ts'
import { Failed } from '../parts/states.tsx'
import { useMe } from '../session.tsx'
import { isTyped, ProofFields, proofOf } from '../step-up.tsx'

const empty = { password: '', code: '' }

/** Where the person is told of changes to the account. */
export function Address() {
  const { staff } = useMe()
  const [email, setEmail] = useState(staff.email ?? '')
  const [proof, setProof] = useState(empty)
  const change = useDo(changeEmail, ['me'], { onDone: () => setProof(empty) })
  const faults = faultsOf(change.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    change.mutate({ body: { email: email.trim() || null, ...proofOf(proof, staff.secondFactor) } })
  }
  return (
    <Card withBorder component="form" onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          Địa chỉ thư
        </Title>
        <TextInput
          label="Thư điện tử"
          description="Mỗi lần mật khẩu, xác thực hai bước hoặc địa chỉ này thay đổi, hệ thống gửi thư báo."
          type="email"
          autoComplete="email"
          value={email}
          error={faults.email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <ProofFields typed={proof} onType={setProof} secondFactor={staff.secondFactor} faults={faults} />
        {change.isError && <Failed error={change.error} without={['email', 'password', 'code']} />}
        {change.isSuccess && <Text c="teal.8">Đã lưu địa chỉ thư.</Text>}
        <div>
          <Button
            type="submit"
            loading={change.isPending}
            disabled={!isTyped(proof, staff.secondFactor) || email.trim() === (staff.email ?? '')}
          >
            Lưu địa chỉ
          </Button>
        </div>
      </Stack>
    </Card>
  )
}
