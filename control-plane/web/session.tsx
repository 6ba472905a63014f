import { createContext, useContext } from 'react'
import type { WhoAmI } from '../contract/identity.ts'

export type Me = WhoAmI

const Session = createContext<Me | null>(null)
export const SessionProvider = Session.Provider

/** Who is signed in; only below the signed-in part of the page. */
export function useMe(): Me {
  const me = useContext(Session)
  if (me === null) throw new Error('used outside a session')
  return me
}

/** Whether the role may do this at all; whether it may be done to a thing stands in that thing's own `may`. */
export const useMay = (): ((permission: string) => boolean) => {
  const me = useMe()
  return (permission) => (me.permissions as string[]).includes(permission)
}
