import { Component, type ErrorInfo, type ReactNode } from 'react'

interface Props {
  children: ReactNode
  /** What stands in the failed part's place; `again` tries the part once more. */
  fallback(error: unknown, again: () => void): ReactNode
  onAgain?: (() => void) | undefined
}

/** Keeps a failure in its part of the page: without one, React takes the whole page away and leaves it white. */
export class Guard extends Component<Props, { failed: { error: unknown } | null }> {
  override state: { failed: { error: unknown } | null } = { failed: null }

  static getDerivedStateFromError(error: unknown): { failed: { error: unknown } } {
    return { failed: { error } }
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    // The browser's console is all that an officer's computer keeps.
    console.error(error, info.componentStack)
  }

  readonly again = (): void => {
    this.props.onAgain?.()
    this.setState({ failed: null })
  }

  override render(): ReactNode {
    return this.state.failed === null ? this.props.children : this.props.fallback(this.state.failed.error, this.again)
  }
}
