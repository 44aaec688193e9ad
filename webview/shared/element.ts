type Attributes = Readonly<Record<string, string>>;

/** A DOM element with attributes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The page's own element, empty until the page fills it. */
export function page(): HTMLElement {
  const main = document.querySelector('main');
  if (main === null) throw new Error('The page has no <main>.');
  return main;
}
