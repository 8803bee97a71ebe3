type Table = {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object: { metadata: { namespace?: string } } }[];
};

/**
 * A list as `kubectl get -A` prints it: the API server itself says what the columns are.
 *
 * @param url of the list
 */
export async function tableOf(url: string): Promise<string[]> {
  const response = await fetch(url, { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } });
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  const { columnDefinitions, rows } = (await response.json()) as Table;
  const shown = columnDefinitions.map(({ priority }) => priority === 0);
  const heads = [
    "NAMESPACE",
    ...columnDefinitions.filter((_, index) => shown[index]).map(({ name }) => name.toUpperCase()),
  ];
  const lines = rows.map(({ cells, object }) => [
    object.metadata.namespace ?? "",
    ...cells
      .filter((_, index) => shown[index])
      .map((cell) => (cell === null || cell === "" ? "<none>" : String(cell))),
  ]);
  return align([heads, ...lines]);
}

function align(lines: string[][]): string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}
