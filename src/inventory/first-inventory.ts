/** What a first inventory needs to say. */
export interface FirstInventory {
  /** The laptop's synced folder, as the inventory writes it: `~/btsync`. */
  readonly tree: string;
  readonly user: string | undefined;
  readonly nodes: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/** The text of a first inventory, with comments for somebody who has never seen one. */
export function firstInventoryText({ tree, user, nodes }: FirstInventory): string {
  const listed = nodes.map(({ name, addresses }) => {
    const written = addresses.map(yamlText);
    return `  ${yamlText(name)}:\n    address: ${written.length === 1 ? written[0] : `[${written.join(", ")}]`}\n`;
  });
  return `# The inventory of pimesh: which Pis there are, and what each of them is to be.
# \`pimesh check\` says what is wrong with it; every key is explained in inventory.example.yaml of pimesh.
# No password or key belongs in here.

laptop:
  tree: ${yamlText(tree)} # the folder on this machine that is on every Pi too; ~ and $NAME are known

# What holds for every Pi. Each key may also stand at a single one, which then goes its own way.
defaults:
  ${user === undefined ? "# user: pi # login name; without it your ssh configuration decides" : `user: ${yamlText(user)} # login name`}
  disk:
    label: btsync # the label of the USB disk's ext4 file system
    mount: /media/btsync # where it is mounted on the Pi
  tree: btsync # the synced folder on that disk
  folders: [] # folders that pimesh makes in it, such as [movies, photos, music]
  swap: false # or a swap file on the disk, such as { size: 4GiB }, or auto
  engine: syncthing # or resilio, btsync, false
  player: kodi # or xbmc, false

# A name, and one address or a list that is tried in order. \`jump: NAME\` goes through another Pi.
nodes:
${listed.join("")}
# Never synced, never counted: a name at any depth, or a path from the tree. * and ? are known.
ignore:
  - .DS_Store
  - Thumbs.db
  - desktop.ini
`;
}

/**
 * A text in one line of YAML: plain where nobody could read it as anything else, otherwise in double quotes. JSON's
 * strings are YAML's (YAML 1.2.2, section 1.2); a non-printable character is escaped, because YAML wants it so.
 */
export function yamlText(text: string): string {
  const plain =
    /^[A-Za-z_~/][\w~/.-]*$/.test(text) && !/^(?:~|null|true|false|yes|no|on|off|y|n)$/i.test(text);
  if (plain) return text;
  return JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u00ad\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
