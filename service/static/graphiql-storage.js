/**
 * GraphiQL's storage. Queries, variables, history and answers hold personal numbers, so they live in memory and end with
 * the page; only the look of the page (theme, sizes of the panes) is kept in the browser.
 */

const KEPT = new Set(['theme', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map((name) => `graphiql:${name}`));

export function createStorage() {
  const memory = new Map();
  return {
    getItem: (key) => (KEPT.has(key) ? localStorage.getItem(key) : memory.get(key) ?? null),
    setItem: (key, value) => (KEPT.has(key) ? localStorage.setItem(key, value) : memory.set(key, value)),
    removeItem: (key) => (KEPT.has(key) ? localStorage.removeItem(key) : memory.delete(key)),
    clear() {
      memory.clear();
      for (const key of KEPT) localStorage.removeItem(key);
    },
    get length() {
      return memory.size;
    },
  };
}
