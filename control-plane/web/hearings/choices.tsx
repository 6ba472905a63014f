import { type ComboboxItem, MultiSelect, type OptionsFilter } from '@mantine/core'
import { listCases } from '../../contract/cases.ts'
import { type Endpoint, listEndpoints } from '../../contract/endpoints.ts'
import { useAsk } from '../ask.ts'
import { Failed } from '../parts/states.tsx'
import { fold } from '../parts/words.ts'

/** Finds "An Nhơn" by "an nhon". */
const withoutAccents: OptionsFilter = ({ options, search }) =>
  (options as ComboboxItem[]).filter((option) => fold(option.label).includes(fold(search.trim())))

interface Props {
  chosen: string[]
  faults: Record<string, string>
  onChosen(ids: string[]): void
}

/** The first fault of a list field or of one of its rows. */
const faultOf = (faults: Record<string, string>, field: string): string | undefined =>
  Object.entries(faults).find(([name]) => name === field || name.startsWith(`${field}.`))?.[1]

export const useEndpoints = () => useAsk(['endpoints'], listEndpoints, { querystring: {} })

export function DelegateChoice({ chosen, faults, onChosen, endpoints }: Props & { endpoints: Endpoint[] }) {
  return (
    <MultiSelect
      label="Điểm cầu đại biểu"
      description="Điểm cầu trung tâm luôn tham gia. Gõ tên không cần dấu."
      required
      searchable
      clearable
      hidePickedOptions
      limit={60}
      filter={withoutAccents}
      nothingFoundMessage="Không có điểm cầu nào phù hợp"
      value={chosen}
      onChange={onChosen}
      error={faultOf(faults, 'delegates')}
      data={endpoints
        .filter((endpoint) => endpoint.kind === 'delegate' && (endpoint.active || chosen.includes(endpoint.id)))
        .map((endpoint) => ({ value: endpoint.id, label: endpoint.name }))}
    />
  )
}

/** Cases that the chairman consented to, and those chosen before. */
export function CaseChoice({ chosen, faults, onChosen, known }: Props & { known: { id: string; label: string }[] }) {
  const asked = useAsk(['cases', 'consented'], listCases, { querystring: { consent: 'consented', limit: 200 } })
  const consented = (asked.data?.items ?? []).map((item) => ({ value: item.id, label: `${item.code} – ${item.title}` }))
  const before = known
    .filter(({ id }) => !consented.some((item) => item.value === id))
    .map(({ id, label }) => ({ value: id, label }))
  return (
    <>
      <MultiSelect
        label="Vụ việc"
        description="Chỉ gồm vụ việc đã được Chủ tịch đồng ý (Điều 4 khoản 2)."
        searchable
        clearable
        hidePickedOptions
        filter={withoutAccents}
        nothingFoundMessage="Không có vụ việc nào phù hợp"
        value={chosen}
        onChange={onChosen}
        error={faultOf(faults, 'caseIds')}
        data={[...before, ...consented]}
      />
      {asked.isError && <Failed error={asked.error} onAgain={() => asked.refetch()} />}
    </>
  )
}
