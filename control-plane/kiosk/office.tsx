/** Whom a room or a person calls, as the server marked the page (server/platform/web-pages.ts); undefined where no number is set. */
export const officePhone = (): string | undefined => document.documentElement.dataset.officePhone

/** The office with its number, in a sentence. */
export function Office() {
  const phone = officePhone()
  return (
    <>
      Văn phòng UBND tỉnh
      {phone !== undefined && (
        <>
          , số <strong className="phone">{phone}</strong>
        </>
      )}
    </>
  )
}

/** The same on a device that can call: one press dials. */
export function OfficeToDial() {
  const phone = officePhone()
  return (
    <>
      Văn phòng UBND tỉnh
      {phone !== undefined && (
        <>
          , số{' '}
          <a className="phone" href={`tel:${phone.replace(/[^+\d]/g, '')}`}>
            {phone}
          </a>
        </>
      )}
    </>
  )
}
