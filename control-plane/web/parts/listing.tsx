import { Table } from '@mantine/core'
import { Children, cloneElement, createContext, isValidElement, type ReactNode, useContext } from 'react'

const Names = createContext<string[]>([])

/**
 * A list: a table on a desk, a card for each row on a phone (below 48em), where no column is lost behind the screen's edge.
 * `names`: of the columns, in order. Roles are given, because what a stylesheet shows as a card would not be told as a table any more.
 */
export function Listing({ names, children }: { names: string[]; children: ReactNode }) {
  return (
    <Names.Provider value={names}>
      <Table striped highlightOnHover className="listing" role="table">
        <Table.Thead role="rowgroup">
          <Table.Tr role="row">
            {names.map((name) => (
              <Table.Th key={name} role="columnheader" scope="col">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody role="rowgroup">{children}</Table.Tbody>
      </Table>
    </Names.Provider>
  )
}

/** One row of a listing; its children are `Table.Td`, as many as there are names. */
export function Row({ children }: { children: ReactNode }) {
  const names = useContext(Names)
  return (
    <Table.Tr role="row">
      {Children.toArray(children).map((cell, index) =>
        isValidElement<object>(cell) ? cloneElement(cell, { role: 'cell', 'data-name': names[index] } as object) : cell,
      )}
    </Table.Tr>
  )
}
