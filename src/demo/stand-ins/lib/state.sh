# shellcheck shell=sh
# What the stand-ins of a simulated Pi share: where its state lies and how it is read. Sourced, never run.
# State: $sim/disks/NAME/record (key<tab>value) and files/, $sim/mounts, $sim/covered/, $sim/inodes/, $sim/units/.
: "${PIMESH_ROOT:?this is a stand-in for a simulated Pi and works only on one}"
sim=$PIMESH_ROOT/.sim
outer_path=$PATH
IFS= read -r PATH <"$sim/path" || exit 70
LC_ALL=C
export PATH LC_ALL outer_path
tab='	'
me=${0##*/}

# The uid that this process plays: the login user's until sudo makes it 0.
sim_uid() {
  if [ -n "${PIMESH_SIM_UID-}" ]; then
    printf '%s\n' "$PIMESH_SIM_UID"
  else
    setting uid
  fi
}

is_root() {
  [ "$(sim_uid)" = 0 ]
}

# setting KEY: a fixed property of this Pi (makePi wrote it); empty when it has none
setting() {
  if IFS= read -r value 2>/dev/null <"$sim/settings/$1"; then printf '%s\n' "$value"; fi
}

# stand_in NAME ARGS...: another stand-in of this Pi
stand_in() {
  name=$1
  shift
  "$sim/bin/$name" "$@"
}

# real NAME ARGS...: this machine's own tool instead
real() {
  exec "$@"
}

# names_in FOLDER: one a line, sorted; nothing when it is not there
names_in() {
  find "$1" -mindepth 1 -maxdepth 1 2>/dev/null | sed 's|.*/||' | sort
}

not_simulated() {
  printf '%s: the simulated Pi does not know: %s\n' "$me" "$*" >&2
  exit 64
}

# One change at a time; the kernel gives the lock back when we die. A stand-in started by the holder is inside already.
lock() {
  if [ "${PIMESH_SIM_LOCKED-}" = yes ]; then return; fi
  exec 8>>"$sim/lock"
  flock 8
  PIMESH_SIM_LOCKED=yes
  export PIMESH_SIM_LOCKED
}

# runs_units: there is a systemd, and it has started or failed something
runs_units() {
  for each in "$sim"/units/*.state; do [ -e "$each" ] && [ -x "$sim/bin/systemctl" ] && return; done
  return 1
}

# node_path PATH: as the Pi knows it: absolute, without our root in front. to_node_path leaves it in $path, without a fork
node_path() {
  to_node_path "$1"
  printf '%s\n' "$path"
}

to_node_path() {
  case $1 in
  /*) path=$1 ;;
  *) path=$PWD/$1 ;;
  esac
  case $path in
  "$PIMESH_ROOT") path=/ ;;
  "$PIMESH_ROOT"/*) path=${path#"$PIMESH_ROOT"} ;;
  esac
  while :; do
    case $path in
    *//*) path=${path%%//*}/${path#*//} ;;
    */./*) path=${path%%/./*}/${path#*/./} ;;
    /) break ;;
    */) path=${path%/} ;;
    */.) path=${path%.} ;;
    *) break ;;
    esac
  done
  path=${path:-/}
}

# in_octal PATH: blanks and backslashes as /proc/mounts and fstab write them
in_octal() {
  case $1 in
  *[\\\ "$tab"]*) printf '%s\n' "$1" | sed 's/\\/\\134/g; s/ /\\040/g; s/	/\\011/g' ;;
  *) printf '%s\n' "$1" ;;
  esac
}

from_octal() {
  case $1 in
  *\\*) printf '%b\n' "$(printf '%s\n' "$1" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')" ;;
  *) printf '%s\n' "$1" ;;
  esac
}

# --- mounts --------------------------------------------------------------------------------------------------------

mounts=$PIMESH_ROOT/proc/self/mounts

# mount_line TARGET: the line of what is mounted there (the last one decides), or nothing and 1
mount_line() {
  ml_target=$1
  case $1 in
  *[\\\ "$tab"]*) ml_target=$(in_octal "$1") ;;
  *) ;;
  esac
  ml_found=
  while IFS= read -r ml_line; do
    case ${ml_line#* } in
    "$ml_target "*) ml_found=$ml_line ;;
    *) ;;
    esac
  done <"$mounts"
  [ -n "$ml_found" ] && printf '%s\n' "$ml_found"
}

is_mounted() {
  mount_line "$1" >/dev/null
}

# mount_over PATH: the line of the file system that holds this path
mount_over() {
  over=$(node_path "$1")
  while ! mount_line "$over"; do
    case $over in
    / | '') return 1 ;;
    esac
    over=${over%/*}
    over=${over:-/}
  done
}

# --- disks ---------------------------------------------------------------------------------------------------------

# disk_value NAME KEY
disk_value() {
  [ -r "$sim/disks/$1/record" ] || return 0
  while IFS=$tab read -r key value; do
    if [ "$key" = "$2" ]; then printf '%s\n' "$value"; fi
  done <"$sim/disks/$1/record"
}

plugged_disks() {
  for each in "$sim"/disks/*/record; do
    [ -e "$each" ] || continue
    each=${each%/record}
    if [ -e "$each/plugged" ]; then printf '%s\n' "${each##*/}"; fi
  done
}

# disk_with KEY VALUE: the names of the plugged disks whose record says so
disk_with() {
  plugged_disks | while IFS= read -r disk; do
    if [ "$(disk_value "$disk" "$1")" = "$2" ]; then printf '%s\n' "$disk"; fi
  done
}

# device_of WORD: /dev/NAME of a device as tools are told of it (a path, a link in /dev/disk, UUID=, LABEL=), or nothing
device_of() {
  case $1 in
  UUID=*) set -- "/dev/disk/by-uuid/$(unquoted "${1#UUID=}")" ;;
  LABEL=*) set -- "/dev/disk/by-label/$(udev_encoded "$(unquoted "${1#LABEL=}")")" ;;
  PARTUUID=*) set -- "/dev/disk/by-partuuid/$(unquoted "${1#PARTUUID=}")" ;;
  esac
  set -- "$(node_path "$1")"
  [ -e "$PIMESH_ROOT$1" ] || return 0
  set -- "$(readlink -f "$PIMESH_ROOT$1")"
  printf '%s\n' "${1#"$PIMESH_ROOT"}"
}

unquoted() {
  case $1 in
  \"*\") set -- "${1#\"}" && printf '%s\n' "${1%\"}" ;;
  *) printf '%s\n' "$1" ;;
  esac
}

# udev_encoded TEXT: as udev names links: everything but [0-9A-Za-z#+.:=@_-] and UTF-8 becomes \xNN
udev_encoded() {
  case $1 in
  *[!0-9A-Za-z#+.:=@_-]*) ;;
  *)
    printf '%s\n' "$1"
    return
    ;;
  esac
  printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../& /g' | tr ' ' '\n' | while IFS= read -r byte; do
    [ -n "$byte" ] || continue
    case $byte in
    3[0-9] | 4[1-9a-f] | 5[0-9a] | 6[1-9a-f] | 7[0-9a] | 23 | 2[bde] | 3a | 3d | 40 | 5f | [89a-f]?)
      printf '%b' "\\0$(printf '%o' "0x$byte")"
      ;;
    *) printf '%s' "\\x$byte" ;;
    esac
  done
  printf '\n'
}

# disk_files NAME: where the disk's files are at this moment
disk_files() {
  if [ -d "$sim/disks/$1/files" ]; then
    printf '%s\n' "$sim/disks/$1/files"
  else
    disk=$1 awk -F '\t' '$2 == "disk" && $3 == ENVIRON["disk"] { print $4 }' "$sim/mounts" |
      while IFS= read -r place; do printf '%s\n' "$PIMESH_ROOT$place"; done
  fi
}

# --- what a real file system would keep beside a file ----------------------------------------------------------------

# inode_key PATH: names the file through renames; the birth time tells a reused inode number apart
inode_key() {
  stat -c '%i-%.9W' -- "$1" 2>/dev/null
}

# remembered PATH WHAT: owner ("uid gid"), flags ("i") or allocated (bytes) of the file, or nothing
remembered() {
  key=$(inode_key "$1") && [ -r "$sim/inodes/$key.$2" ] && cat "$sim/inodes/$key.$2"
}

remember() { # remember PATH WHAT VALUE
  key=$(inode_key "$1") || return
  if [ -n "$3" ]; then
    printf '%s\n' "$3" >"$sim/inodes/$key.$2"
  else
    rm -f "$sim/inodes/$key.$2"
  fi
}

# owner_of PATH: "uid gid": as chown left it, else the login user's below its home and for what lay on its disks from the
# start, else root's. (Who made a file later is not known: everything really belongs to whoever runs the simulation.)
owner_of() {
  owner_by_key "$(inode_key "$1")" "$1"
  printf '%s\n' "$owner"
}

# owner_by_key KEY PATH: sets $owner, without a process of its own
owner_by_key() {
  if [ -r "$sim/inodes/$1.owner" ]; then
    IFS= read -r owner <"$sim/inodes/$1.owner"
    return
  fi
  IFS= read -r home <"$sim/settings/home"
  to_node_path "$2"
  case $path/ in
  "$home"/*) ;;
  /etc/* | /usr/* | /var/* | /run/*)
    owner='0 0'
    return
    ;;
  *)
    if ! is_owned "$1"; then
      owner='0 0'
      return
    fi
    ;;
  esac
  IFS= read -r uid <"$sim/settings/uid"
  IFS= read -r gid <"$sim/settings/gid"
  owner="$uid $gid"
}

# is_owned KEY: it lay on a disk of the user's from the start
is_owned() {
  [ -r "$sim/owned" ] || return
  while IFS= read -r each; do
    if [ "$each" = "$1" ]; then return; fi
  done <"$sim/owned"
  return 1
}

# id_number passwd|group NAME-OR-NUMBER
id_number() {
  case $2 in
  '' | *[!0-9]*) name=$2 awk -F : '$1 == ENVIRON["name"] { print $3; found = 1 } END { exit !found }' "$PIMESH_ROOT/etc/$1" ;;
  *) printf '%s\n' "$2" ;;
  esac
}

# id_name passwd|group NUMBER
id_name() {
  number=$2 awk -F : '$3 == ENVIRON["number"] { print $1; found = 1; exit } END { if (!found) print ENVIRON["number"] }' \
    "$PIMESH_ROOT/etc/$1"
}

# sum_swaps: /proc/meminfo follows /proc/swaps
sum_swaps() {
  text=$(awk 'FNR == NR { if (FNR > 1) { total += $3; used += $4 } next }
    $1 == "SwapTotal:" { printf "SwapTotal:      %8.0f kB\n", total; next }
    $1 == "SwapFree:" { printf "SwapFree:       %8.0f kB\n", total - used; next }
    { print }' "$PIMESH_ROOT/proc/swaps" "$PIMESH_ROOT/proc/meminfo")
  printf '%s\n' "$text" >"$PIMESH_ROOT/proc/meminfo"
}
