import { type ComboboxItem, MultiSelect, type OptionsFilter } from '@mantine/core'
import { listCases } from '../../contract/cases.ts'
import { type Endpoint, listEndpoints } from '../../contract/endpoints.ts'
import { foldForSearch } from '../../contract/text.ts'
import { useAsk } from '../ask.ts'
import { Failed } from '../parts/states.tsx'

/** Finds "An Nhơn" by "an nhon", and a ward by the names of those it was made of. */
const withoutAccents: OptionsFilter = ({ options, search }) =>
  (options as (ComboboxItem & { also?: string[] })[]).filter(({ label, also = [] }) =>
    [label, ...also].some((name) => foldForSearch(name).includes(foldForSearch(search))),
  )

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
      description="Điểm cầu trung tâm luôn tham gia. Gõ tên không cần dấu, cả tên xã, phường cũ."
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
        .map((endpoint) => ({ value: endpoint.id, label: endpoint.name, also: endpoint.formerNames }))}
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
