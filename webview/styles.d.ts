/** Style sheets are bundled beside the script that imports them; the import itself has no value. */
declare module '*.css';
