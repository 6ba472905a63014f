import { type CSSVariablesResolver, createTheme, DEFAULT_THEME, type MantineColorsTuple } from '@mantine/core'

/** Mantine's own shades with darker ends: 8 fills what carries white words, 9 writes on white and on tints; both at 4.5:1 or better (WCAG AA). */
const ending = (name: string, eighth: string, ninth: string): MantineColorsTuple => {
  const [s0, s1, s2, s3, s4, s5, s6, s7] = DEFAULT_THEME.colors[name] as MantineColorsTuple
  return [s0, s1, s2, s3, s4, s5, s6, s7, eighth, ninth]
}

export const theme = createTheme({
  // The system's own: every desktop font of today has all Vietnamese letters, and a web font would double the first screen's bytes.
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontWeight: '700' },
  primaryColor: 'teal',
  primaryShade: 8,
  defaultRadius: 'sm',
  colors: {
    teal: ending('teal', '#087f5b', '#055a40'),
    orange: ending('orange', '#b34700', '#8f3800'),
    yellow: ending('yellow', '#8a5a00', '#6b4600'),
    red: ending('red', '#c92a2a', '#a51111'),
    blue: ending('blue', '#1864ab', '#0b4d8f'),
  },
  components: {
    // A link within a sentence is told by more than its colour.
    Anchor: { defaultProps: { underline: 'always' } },
    // The head of a dialog is no second banner of the page.
    Modal: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
  },
})

/** Mantine's quiet texts are too pale to be read by everybody (3.3:1). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c6670',
    '--mantine-color-placeholder': '#5c6670',
    '--mantine-color-error': 'var(--mantine-color-red-8)',
  },
  dark: {},
})
