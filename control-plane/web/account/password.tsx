import { Button, Card, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { changePassword } from '../../contract/identity.ts'
import { faultsOf, useDo } from '../ask.ts'
import { Failed } from '../parts/states.tsx'
import { useMe } from '../session.tsx'
import { isTyped, ProofFields, proofOf } from '../step-up.tsx'

const empty = { password: '', code: '' }

/** Another password; who knows the present one (and has the code) alone may choose it. */
export function Password() {
  const { secondFactor } = useMe().staff
  const [proof, setProof] = useState(empty)
  const [fresh, setFresh] = useState('')
  const change = useDo(changePassword, ['sessions'], {
    onDone: () => {
      setProof(empty)
      setFresh('')
    },
  })
  const faults = faultsOf(change.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const { password: current, ...rest } = proofOf(proof, secondFactor)
    change.mutate({ body: { current, fresh, ...rest } })
  }
  return (
    <Card withBorder component="form" onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          Đổi mật khẩu
        </Title>
        <ProofFields typed={proof} onType={setProof} secondFactor={secondFactor} faults={faults} />
        <PasswordInput
          label="Mật khẩu mới"
          autoComplete="new-password"
          required
          value={fresh}
          error={faults.fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
        />
        {change.isError && <Failed error={change.error} without={['current', 'code', 'fresh']} />}
        {change.isSuccess && <Text c="teal.8">Đã đổi mật khẩu. Các phiên khác của ông/bà đã kết thúc.</Text>}
        <div>
          <Button type="submit" loading={change.isPending} disabled={!isTyped(proof, secondFactor) || fresh === ''}>
            Đổi mật khẩu
          </Button>
        </div>
      </Stack>
    </Card>
  )
}
