import { Button, Card, Checkbox, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { readThresholds, setThresholds, type Thresholds } from '../../contract/test-calls.ts'
import { faultsOf, useAsk, useDo } from '../ask.ts'
import { Failed, Page, Shown } from '../parts/states.tsx'

type Saving = ReturnType<typeof useDo<typeof setThresholds>>
type Limit = Exclude<keyof Thresholds, 'toneRequired'>

/** What the administrator may set: a figure with its limits, the milder first. */
const figures: { name: string; limits: [Limit, string][] }[] = [
  {
    name: 'Độ trễ khứ hồi (ms)',
    limits: [
      ['rttWarnMs', 'Lưu ý khi trên'],
      ['rttFailMs', 'Không đạt khi trên'],
    ],
  },
  {
    name: 'Mất gói (%)',
    limits: [
      ['lossWarnPercent', 'Lưu ý khi trên'],
      ['lossFailPercent', 'Không đạt khi trên'],
    ],
  },
  {
    name: 'Biến động trễ (ms)',
    limits: [
      ['jitterWarnMs', 'Lưu ý khi trên'],
      ['jitterFailMs', 'Không đạt khi trên'],
    ],
  },
  {
    name: 'Tốc độ nhận (kbit/s)',
    limits: [
      ['bitrateWarnKbps', 'Lưu ý khi dưới'],
      ['bitrateFailKbps', 'Không đạt khi dưới'],
    ],
  },
  {
    name: 'Số hình mỗi giây',
    limits: [
      ['framesWarn', 'Lưu ý khi dưới'],
      ['framesFail', 'Không đạt khi dưới'],
    ],
  },
  { name: 'Độ nét (số dòng)', limits: [['heightWarn', 'Lưu ý khi dưới']] },
  { name: 'Hình đầu tiên (ms)', limits: [['firstFrameWarnMs', 'Lưu ý khi chậm hơn']] },
  { name: 'Đồng hồ lệch máy chủ (ms)', limits: [['clockWarnMs', 'Lưu ý khi trên']] },
  { name: 'Mức micro (0 đến 1; 0,002 là 0,2 %)', limits: [['microphoneSilent', 'Coi là không có tín hiệu khi dưới']] },
]

/** The limits by which test calls are judged from now on. */
export default function ThresholdsPage() {
  const asked = useAsk(['test-call-thresholds'], readThresholds, {})
  const save = useDo(setThresholds, ['test-call-thresholds'])
  return (
    <Page title="Ngưỡng kiểm thử">
      <Text c="dimmed">
        Dùng cho các lượt kiểm thử xong từ bây giờ trở đi. Biên bản cũ giữ nguyên ngưỡng lúc đó. Mỗi lần đổi được ghi
        vào nhật ký hệ thống.
      </Text>
      {/* Somebody else's change begins the form anew: what is shown is what holds. */}
      <Shown asked={asked}>{(now) => <Form key={JSON.stringify(now)} now={now} save={save} />}</Shown>
    </Page>
  )
}

const asText = (value: number): string => String(value).replace('.', ',')
/** Nothing for what is no number: the server then names the field as missing. */
function asNumber(text: string): number | undefined {
  const value = text.trim() === '' ? Number.NaN : Number(text.replace(',', '.'))
  return Number.isNaN(value) ? undefined : value
}

function Form({ now, save }: { now: Thresholds; save: Saving }) {
  const [typed, setTyped] = useState<Partial<Record<Limit, string>>>({})
  const [tone, setTone] = useState(now.toneRequired === 1)
  const faults = faultsOf(save.error)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const changed = Object.entries(typed).map(([name, text]) => [name, asNumber(text)])
    save.mutate({ body: { ...now, ...Object.fromEntries(changed), toneRequired: tone ? 1 : 0 } })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {figures.map(({ name, limits }) => (
            <Card key={name} withBorder component="fieldset" m={0}>
              <Text component="legend" fw={600} size="sm">
                {name}
              </Text>
              <SimpleGrid cols={limits.length} spacing="sm">
                {limits.map(([limit, label]) => (
                  <TextInput
                    key={limit}
                    label={label}
                    inputMode="decimal"
                    value={typed[limit] ?? asText(now[limit])}
                    error={faults[limit]}
                    onChange={(event) => setTyped({ ...typed, [limit]: event.currentTarget.value })}
                  />
                ))}
              </SimpleGrid>
            </Card>
          ))}
        </SimpleGrid>
        <Checkbox
          label="Âm thử không nghe lại được là không đạt (bỏ chọn: chỉ lưu ý, cho phòng có bộ khử tiếng vọng)"
          checked={tone}
          onChange={(event) => setTone(event.currentTarget.checked)}
        />
        {save.isError && <Failed error={save.error} without={Object.keys(faults)} />}
        <Group>
          <Button type="submit" loading={save.isPending}>
            Lưu ngưỡng
          </Button>
          {save.isSuccess && <Text role="status">Đã lưu.</Text>}
        </Group>
      </Stack>
    </form>
  )
}
