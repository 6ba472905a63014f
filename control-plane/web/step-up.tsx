import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState, useSyncExternalStore } from 'react'
import { stepUp } from '../contract/identity.ts'
import { readDigits } from '../contract/short-code.ts'
import { faultsOf, useDo } from './ask.ts'
import { Failed } from './parts/states.tsx'
import { type Asked, proofAsked } from './proof.ts'

/** Asks for password and code before an act that lets somebody in; then the act goes on by itself. */
export function StepUpDialog() {
  const asked = useSyncExternalStore(proofAsked.watch, proofAsked.now)
  return (
    <Modal
      opened={asked !== null}
      onClose={() => asked?.end(false)}
      title="Xác nhận lại là ông/bà"
      closeButtonProps={{ 'aria-label': 'Đóng' }}
      // Above the dialog whose button was pressed, below the sign-in.
      zIndex={400}
    >
      {asked !== null && <Form asked={asked} />}
    </Modal>
  )
}

function Form({ asked }: { asked: Asked }) {
  const [typed, setTyped] = useState({ password: '', code: '' })
  const prove = useDo(stepUp, [], { onDone: () => asked.end(true) })
  const faults = faultsOf(prove.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    // React hands the event on to the form behind the dialog, which would send itself.
    event.stopPropagation()
    prove.mutate({ body: proofOf(typed, asked.secondFactor) })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>
          Việc này cho người khác vào hệ thống hoặc phòng họp, nên cần biết chắc người đang ngồi máy là ông/bà. Nhập một
          lần, dùng được trong 5 phút.
        </Text>
        <ProofFields typed={typed} onType={setTyped} secondFactor={asked.secondFactor} faults={faults} focus />
        {prove.isError && Object.keys(faults).length === 0 && <Failed error={prove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => asked.end(false)}>
            Hủy bỏ
          </Button>
          <Button type="submit" loading={prove.isPending} disabled={!isTyped(typed, asked.secondFactor)}>
            Xác nhận
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export interface TypedProof {
  password: string
  code: string
}

export const isTyped = (typed: TypedProof, secondFactor: boolean): boolean =>
  typed.password !== '' && (!secondFactor || /^\d{6}$/.test(readDigits(typed.code)))

/** As the contract wants it: no code where there is no second factor. */
export const proofOf = (typed: TypedProof, secondFactor: boolean): { password: string; code?: string } =>
  secondFactor ? { password: typed.password, code: readDigits(typed.code) } : { password: typed.password }

interface FieldsProps {
  typed: TypedProof
  onType(typed: TypedProof): void
  secondFactor: boolean
  faults: Record<string, string>
  focus?: true
}

/** Present password, and the code of the present second factor where there is one. */
export function ProofFields({ typed, onType, secondFactor, faults, focus }: FieldsProps) {
  return (
    <>
      <PasswordInput
        label="Mật khẩu hiện tại"
        autoComplete="current-password"
        required
        value={typed.password}
        error={faults.password ?? faults.current}
        onChange={(event) => onType({ ...typed, password: event.currentTarget.value })}
        {...(focus === true ? { 'data-autofocus': true } : {})}
      />
      {secondFactor && (
        <TextInput
          label="Mã xác thực"
          description="Mã 6 chữ số đang hiện trên ứng dụng xác thực; mỗi mã dùng một lần."
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          value={typed.code}
          error={faults.code}
          onChange={(event) => onType({ ...typed, code: event.currentTarget.value })}
        />
      )}
    </>
  )
}
