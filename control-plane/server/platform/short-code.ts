import { codeAlphabet, shownCode } from '../../contract/short-code.ts'

/**
 * A code of this many characters from random or keyed bytes (32 of them), shown in two groups. No character stands beside itself: short cuts of
 * Vietnamese input methods make one of two ("nn" becomes "ng").
 */
export function codeFrom(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let code = ''
  while (code.length < length) {
    const letters = [...codeAlphabet].filter((letter) => letter !== code.at(-1))
    code += letters[Number(rest % BigInt(letters.length))]
    rest /= BigInt(letters.length)
  }
  return shownCode(code)
}
