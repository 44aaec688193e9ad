/** Names and errors as they are, where VS Code would take parts of them for more. Pure: no `vscode`. */

/** For a message, in which `[words](command:…)` is a link: with a space of no width where it would begin. */
export const withoutLinks = (text: string): string => text.replaceAll('](', ']\u200b(');

/** For the labels, descriptions and details of a list, in which `$(bug)` is an icon. */
export const withoutIcons = (text: string): string => text.replace(/\$\([\w~-]+\)/g, '\\$&');
