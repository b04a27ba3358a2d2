import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fleet } from "./fleet.ts";

/** What Ansible needs to reach a fleet, at its fastest: all nodes at once, pipelining, no facts. */
export interface Ansible {
  readonly environment: Readonly<Record<string, string>>;
  readonly ping: readonly string[];
  /** The playbook of twelve tasks. */
  readonly playbook: readonly string[];
}

let settings = 0;

/** Each has control sockets of its own, so that every run opens its connections, as ours does. */
export function ansibleFor({ nodes, laptop }: Fleet): Ansible {
  settings += 1;
  const folder = join(laptop.home, `a${settings}`);
  mkdirSync(folder);
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const inventory = write("hosts", nodes.map(({ name }) => `${name}\n`).join(""));
  const config = write(
    "ansible.cfg",
    `[defaults]
inventory = ${inventory}
forks = ${nodes.length}
gathering = explicit
interpreter_python = /usr/bin/python3
local_tmp = ${folder}/tmp
[ssh_connection]
pipelining = True
ssh_args = -F ${laptop.sshConfig} -o ControlMaster=auto -o ControlPersist=10s
control_path_dir = ${folder}/c
`,
  );
  write("template.j2", "host {{ inventory_hostname }}\nswap {{ swap }}\n");
  write("one.conf", "one\n");
  return {
    environment: { HOME: laptop.home, ANSIBLE_CONFIG: config, ANSIBLE_NOCOLOR: "1" },
    ping: ["ansible", "all", "-m", "ping"],
    playbook: ["ansible-playbook", write("site.yml", twelveTasks)],
  };
}

/** Small and idempotent: about what a provision of a Pi does, at a fraction of its size. */
const twelveTasks = `- hosts: all
  gather_facts: false
  vars: { swap: 1GiB }
  tasks:
    - file: { path: "~/bench", state: directory, mode: "0755" }
    - file: { path: "~/bench/movies", state: directory, mode: "0755" }
    - file: { path: "~/bench/photos", state: directory, mode: "0755" }
    - copy: { src: one.conf, dest: "~/bench/one.conf", mode: "0644" }
    - copy: { content: "two", dest: "~/bench/two.conf", mode: "0644" }
    - copy: { content: "three", dest: "~/bench/three.conf", mode: "0600" }
    - template: { src: template.j2, dest: "~/bench/node.conf", mode: "0644" }
    - lineinfile: { path: "~/bench/engine.conf", line: "engine syncthing", create: true, mode: "0644" }
    - lineinfile: { path: "~/bench/one.conf", regexp: "^one", line: "one" }
    - file: { src: one.conf, dest: "~/bench/link", state: link }
    - command: { cmd: "touch made", chdir: "~/bench", creates: made }
    - file: { path: "~/bench/made", mode: "0640" }
`;
