import { Alert, Anchor, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { Link, useParams } from 'react-router'
import { type CaseAnswer, consentCase, consentLabels, getCase, refuseCase } from '../../contract/cases.ts'
import { caseKindLabels, criterionLabels } from '../../contract/words.ts'
import { useAsk, useDo } from '../ask.ts'
import { ReasonButton } from '../parts/reason-button.tsx'
import { Facts, Page, Shown } from '../parts/states.tsx'
import { consentColours, when } from '../parts/words.ts'

/** One case: the matter, the citizen, and the chairman's word on it. */
export default function CaseDetail() {
  const { id = '' } = useParams()
  const asked = useAsk(['case', id], getCase, { params: { id } })
  return <Shown asked={asked}>{(shown) => <One shown={shown} />}</Shown>
}

function One({ shown }: { shown: CaseAnswer }) {
  const { citizen } = shown
  return (
    <Page
      title={shown.title}
      over={
        <>
          <Anchor component={Link} to="/vu-viec" size="sm">
            Vụ việc
          </Anchor>{' '}
          / {shown.code}
        </>
      }
      badge={{ text: consentLabels[shown.consent], colour: consentColours[shown.consent] }}
      actions={
        <>
          {(shown.may.includes('edit') || shown.may.includes('edit-citizen')) && (
            <Button component={Link} to={`/vu-viec/${shown.id}/sua`} variant="default">
              {shown.may.includes('edit') ? 'Sửa vụ việc' : 'Sửa thông tin công dân'}
            </Button>
          )}
          <Decision shown={shown} />
        </>
      }
    >
      {shown.consent === 'refused' && (
        <Alert color="red" title="Chủ tịch không đồng ý">
          {shown.consentReason}. Sửa nội dung vụ việc để xin ý kiến lại.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder>
          <Title order={2} size="h4" mb="sm">
            Nội dung
          </Title>
          <Facts
            rows={[
              ['Loại', caseKindLabels[shown.kind]],
              ['Tiêu chí (Điều 4 khoản 1)', criterionLabels[shown.criterion]],
              ['Lý do đáp ứng tiêu chí', shown.criterionReason],
            ]}
          />
          <Text fw={500} mt="md">
            Tóm tắt
          </Text>
          <Text className="lines">{shown.summary}</Text>
        </Card>
        <Stack>
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              Công dân
            </Title>
            <Facts
              rows={[
                ['Họ và tên', citizen.name],
                ['Số căn cước', citizen.idNumber ?? '—'],
                ['Điện thoại', citizen.phone ?? '—'],
                ['Địa chỉ', citizen.address ?? '—'],
              ]}
            />
            {citizen.masked && (
              <Text size="sm" c="dimmed" mt="sm">
                Dữ liệu cá nhân được che theo vai trò của ông/bà.
              </Text>
            )}
          </Card>
          <Card withBorder>
            <Title order={2} size="h4" mb="sm">
              Ý kiến của Chủ tịch (Điều 4 khoản 2)
            </Title>
            <Facts
              rows={[
                ['Kết quả', consentLabels[shown.consent]],
                ['Người cho ý kiến', shown.consentByName ?? '—'],
                ['Thời điểm', when(shown.consentAt)],
                ['Ghi chú', shown.consentReason ?? '—'],
                ['Người nhập', `${shown.createdByName}, ${when(shown.createdAt)}`],
              ]}
            />
          </Card>
        </Stack>
      </SimpleGrid>
    </Page>
  )
}

function Decision({ shown }: { shown: CaseAnswer }) {
  const again = ['case', 'cases']
  const consent = useDo(consentCase, again)
  const refuse = useDo(refuseCase, again)
  const params = { id: shown.id }
  return (
    <Group gap="xs">
      {shown.may.includes('refuse') && (
        <ReasonButton
          label="Không đồng ý"
          colour="red"
          title={`Không đồng ý vụ việc ${shown.code}`}
          explain="Vụ việc không được đưa vào buổi tiếp cho đến khi nội dung được sửa và xin ý kiến lại."
          ask={{ label: 'Lý do', lines: true }}
          confirm="Không đồng ý"
          act={refuse}
          onConfirm={(reason) => refuse.mutateAsync({ params, body: { version: shown.version, reason } })}
        />
      )}
      {shown.may.includes('consent') && (
        <ReasonButton
          label="Đồng ý"
          title={`Đồng ý đưa vụ việc ${shown.code} ra tiếp công dân trực tuyến`}
          explain={criterionLabels[shown.criterion]}
          ask={{ label: 'Ghi chú (nếu có)', lines: true, optional: true }}
          confirm="Đồng ý"
          act={consent}
          onConfirm={(reason) =>
            consent.mutateAsync({ params, body: { version: shown.version, reason: reason === '' ? null : reason } })
          }
        >
          <Text size="sm">Lý do đáp ứng: {shown.criterionReason}</Text>
        </ReasonButton>
      )}
    </Group>
  )
}
