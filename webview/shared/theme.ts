/** The colors of VS Code's theme for what is drawn on a canvas, which does not follow them by itself. */

export interface Theme {
  readonly kind: 'light' | 'dark';
  readonly isHighContrast: boolean;
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly grid: string;
  readonly font: string;
  /**
   * Of the runs, by their look. Told apart by color-blind people too (Okabe and Ito's palette, in a light and a dark
   * form); VS Code's setting for colors can change them.
   */
  readonly series: readonly string[];
}

const SERIES = {
  light: ['#0072b2', '#b35000', '#007a58', '#a3427f', '#6b5b00', '#4b4bc8', '#5c5c5c'],
  dark: ['#56b4e9', '#e69f00', '#2fc59a', '#e08fc0', '#f0e442', '#a9a3ff', '#c8c8c8'],
} as const;

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const variable = (name: string, otherwise: string) => style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const { classList } = document.body;
  const isHighContrast = classList.contains('vscode-high-contrast');
  const kind =
    classList.contains('vscode-light') || classList.contains('vscode-high-contrast-light') ? 'light' : 'dark';
  const foreground = variable('foreground', kind === 'light' ? '#333333' : '#cccccc');
  return {
    kind,
    isHighContrast,
    foreground,
    muted: isHighContrast ? foreground : variable('descriptionForeground', foreground),
    background: variable('editor-background', kind === 'light' ? '#ffffff' : '#1e1e1e'),
    // The border of a contrast theme would be taken for a curve.
    grid: isHighContrast ? '#80808080' : variable('editorWidget-border', '#80808040'),
    font: variable('font-family', 'sans-serif'),
    series: SERIES[kind].map((color, look) => variable(`dino-run${look + 1}`, color)),
  };
}

/** VS Code tells of another theme by the classes of the body and the variables of the root. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
