import { Anchor, Text } from '@mantine/core'
import { Link } from 'react-router'

/** Says that the test that was asked for is one that waits or runs already. */
export function AlreadyTested({ ordered }: { ordered: { id: string; already: boolean } | undefined }) {
  if (ordered?.already !== true) return null
  return (
    <Text size="sm" role="status">
      Điểm cầu này đang có một lượt kiểm thử chờ gọi hoặc đang chạy, nên không tạo thêm lượt nữa.{' '}
      <Anchor component={Link} to={`/kiem-thu/${ordered.id}`} underline="always">
        Xem lượt đó
      </Anchor>
    </Text>
  )
}
