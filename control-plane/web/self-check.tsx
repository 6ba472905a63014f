import { Badge, Card, Code, Group, Stack, Text } from '@mantine/core'
import { type Check, readSelfCheck } from '../contract/self-check.ts'
import { useAsk } from './ask.ts'
import { Shown } from './parts/states.tsx'
import { whenExactly } from './parts/words.ts'

const marks: Record<Check['is'], { text: string; colour: string }> = {
  bad: { text: 'Không đạt', colour: 'red' },
  note: { text: 'Lưu ý', colour: 'yellow' },
  good: { text: 'Đạt', colour: 'green' },
}

/** What the last scripts/self-check found on the servers. */
export function LastSelfCheck() {
  const asked = useAsk(['self-check'], readSelfCheck, {})
  return (
    <Card withBorder component="section" aria-labelledby="self-check">
      <Text id="self-check" component="h2" fz="md" fw={600} m={0}>
        Tự kiểm tra máy chủ
      </Text>
      <Shown asked={asked}>
        {({ last }) => (last === null ? <Never /> : <Result at={last.at} checks={last.checks} />)}
      </Shown>
    </Card>
  )
}

const Never = () => (
  <Text c="dimmed" mt="xs">
    Chưa có kết quả nào. Trên máy quản trị, chạy <Code>scripts/self-check</Code> trong thư mục cài đặt; kết quả sẽ hiện
    ở đây.
  </Text>
)

function Result({ at, checks }: { at: string; checks: Check[] }) {
  const of = (is: Check['is']) => checks.filter((check) => check.is === is)
  const good = of('good')
  const others = [...of('bad'), ...of('note')]
  return (
    <Stack gap="sm" mt="xs">
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Lần gần nhất: {whenExactly(at)}
        </Text>
        {(['good', 'bad', 'note'] as const).map((is) => (
          <Badge key={is} color={of(is).length === 0 ? 'gray' : marks[is].colour} variant="light">
            {marks[is].text}: {of(is).length}
          </Badge>
        ))}
      </Group>
      {others.map((check) => (
        <One key={`${check.host} ${check.name}`} check={check} />
      ))}
      {good.length > 0 && (
        <details>
          <summary>Các mục đạt ({good.length})</summary>
          <ul className="plain-list">
            {good.map((check) => (
              <li key={`${check.host} ${check.name}`}>
                {check.name} <Text span c="dimmed" size="sm">{`(${check.host})`}</Text>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Stack>
  )
}

const One = ({ check }: { check: Check }) => (
  <div>
    <Badge color={marks[check.is].colour}>{marks[check.is].text}</Badge>
    <Text mt={4}>
      {check.name} <Text span c="dimmed" size="sm">{`(${check.host})`}</Text>
    </Text>
    {check.remedy !== '' && <Text size="sm">Cách xử lý: {check.remedy}</Text>}
    {check.detail !== '' && (
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {check.detail}
      </Text>
    )}
  </div>
)
