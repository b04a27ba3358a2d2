import { expect, test } from "vitest";
import { markdownTable } from "./table.ts";

test("each row shows its target, the values, the ratio and whether it is met; a peer that is not there has an empty column", () => {
  const table = markdownTable([
    {
      work: "diff",
      unit: "bytes",
      ours: { value: 12_200 },
      theirs: { rsync: { value: 7_780_000 }, "find+zstd": { value: 5_180_000, computed: true } },
      target: { text: "≤ 30 KB", limit: 30_000 },
    },
    {
      work: "false | missed",
      unit: "count",
      ours: { value: 0 },
      theirs: { rsync: { value: 0 } },
      target: { text: "none", limit: 0 },
    },
    { work: "memory", unit: "bytes", ours: { value: 9_000_000, below: true }, theirs: {} },
    { work: "not measured", unit: "seconds", theirs: {} },
  ]);
  expect(table).toMatchInlineSnapshot(`
    "| work | target | **pimesh** | \`find\` | bare \`ssh\` | \`rsync -n\` | \`rclone check\` | \`find\`+\`zstd\` | \`pssh true\` | Ansible | ratio | met |
    | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
    | diff | ≤ 30 KB | **12.2 KB** |  |  | 7.78 MB |  | ≈ 5.18 MB |  |  | 0.00236 of \`find\`+\`zstd\` | met |
    | false \\| missed | none | **0** |  |  | 0 |  |  |  |  |  | met |
    | memory |  | **< 9 MB** |  |  |  |  |  |  |  |  | – |
    | not measured |  |  |  |  |  |  |  |  |  |  | – |
    "
  `);
});
