# shellcheck shell=sh
# shellcheck disable=SC2154  # root, nonce, mount and private are the caller's
# shellcheck disable=SC2012  # ls -ldn of one file is the portable stat: LibreELEC's busybox has no stat -c
# shellcheck disable=SC2015  # A && B || C: C is right whichever of the two went wrong
# What `pimesh provision` asks a node before it plans, as root: a library, prepended to the list of questions. It changes nothing.
#
# Every answer is a record: a line "<nonce> <key> <length>", <length> bytes, a newline. Texts of files come as they are.
# Set by the caller: root, nonce, mount, and private (yes inside a mount namespace of our own, where mounts of ours
# are seen by nobody else and end with us; no where the node has no unshare).

record() { # record KEY ASCII-TEXT
  printf '%s %s %s\n%s\n' "$nonce" "$1" "${#2}" "$2"
}

record_bytes() { # record KEY TEXT: ${#x} counts letters in some shells
  printf '%s %s %s\n%s\n' "$nonce" "$1" "$(($(printf %s "$2" | wc -c)))" "$2"
}

# look_all KEY PATH...: the last question. What stands at each path: absent, file, folder, link or other, with the path as
# ls will print it; then one `ls -ldn` of all files and folders, and the texts of the files, one behind the other. The laptop
# tells them apart by their sizes: a file that changes in this very moment makes the sum wrong, and the person asks again
look_all() {
  pairs=$#
  while [ "$pairs" -gt 0 ]; do
    kind=absent
    if [ -L "$2" ]; then
      kind='link'
    elif [ -f "$2" ]; then
      kind='file'
    elif [ -d "$2" ]; then
      kind=folder
    elif [ -e "$2" ]; then
      kind=other
    fi
    record_bytes_of "$1" "$kind $2"
    case $kind in
    file | folder) set -- "$@" "$2" ;;
    esac
    shift 2
    pairs=$((pairs - 2))
  done
  if [ $# != 0 ]; then record_bytes modes "$(ls -ldn -- "$@")"; fi
  printf '%s texts 0\n\n' "$nonce"
  pairs=$#
  while [ "$pairs" -gt 0 ]; do
    if [ -f "$1" ]; then set -- "$@" "$1"; fi
    shift
    pairs=$((pairs - 1))
  done
  if [ $# != 0 ]; then cat -- "$@"; fi
}

# record_bytes_of KEY TEXT: as record_bytes; no process for the texts that are ASCII
record_bytes_of() {
  case $2 in
  *[!\ -~]*) record_bytes "$1" "$2" ;;
  *) record "$1" "$2" ;;
  esac
}

# describe PATH: sets $found to "<ls mode> <uid> <gid> <size>", and $size
describe() {
  line=$(ls -ldn "$1")
  # shellcheck disable=SC2086  # words are what we want; the name comes after them
  set -f -- $line
  set +f
  size=${5-0}
  found="${1-} ${3-} ${4-} $size"
}

# mounted_device PATH: the device of what is mounted there; the last line of a path decides, an autofs alone is nothing
mounted_device() {
  want=$(printf '%s' "$1" | sed 's/\\/\\134/g; s/ /\\040/g; s/	/\\011/g') awk '
    $2 == ENVIRON["want"] { device = $3 == "autofs" ? "" : $1 }
    END { print device }
  ' "$root/proc/self/mounts"
}

# look_under: the directory under the mount point: what it holds, and whether it is protected
look_under() {
  bare=$root$mount
  if [ -n "$(mounted_device "$mount")" ]; then
    if [ "$private" != yes ]; then
      record under unknown
      return
    fi
    mkdir -p "$root/run/pimesh/covered" && mount --bind "$(dirname "$bare")" "$root/run/pimesh/covered" || {
      record under unknown
      return
    }
    bare=$root/run/pimesh/covered/$(basename "$mount")
  fi
  if [ ! -d "$bare" ]; then
    record under absent
    return
  fi
  case $(lsattr -d "$bare" 2>/dev/null | cut -d ' ' -f 1) in
  *i*) record under immutable ;;
  *)
    describe "$bare"
    record under "open $found"
    ;;
  esac
  # A look for people: how many, and the first few names
  record_bytes hidden "$(ls -A "$bare" | wc -l | tr -d ' ')
$(ls -A "$bare" | head -n 10)"
}

# open_disk DEVICE [PLACE]: sets $disk to where the disk's files can be seen without changing a byte of it, or to nothing.
# PLACE is where somebody else has mounted it: a second mount beside a writable one is refused by the kernel
open_disk() {
  disk=
  if [ "$(real_device "$(mounted_device "$mount")")" = "$(real_device "$1")" ]; then
    disk=$root$mount
    record disk mounted
  elif [ -n "${2-}" ]; then
    disk=$root$2
    record disk looked
  elif [ "$private" != yes ] || waits_for_replay "$root$1"; then
    record disk unseen
  # noload: a plain read-only mount would replay the journal, which is a write
  elif mkdir -p "$root/run/pimesh/look" && why=$(mount -t ext4 -o ro,noload "$root$1" "$root/run/pimesh/look" 2>&1); then
    disk=$root/run/pimesh/look
    record disk looked
  else
    record_bytes disk "failed $why"
  fi
  record partuuid "$(blkid -s PARTUUID -o value "$root$1" 2>/dev/null)"
  record_bytes devlinks "$(for each in "$root"/dev/disk/by-*/*; do
    # shellcheck disable=SC3013  # dash and busybox know -ef, and it starts no process for each of the links
    if [ "$each" -ef "$root$1" ]; then printf '%s\n' "${each#"$root"}"; fi
  done)"
}

# waits_for_replay DEVICE: it was not unmounted in order, and until its journal is replayed it shows files and room that are not
# so: a swap file that is missing and takes room all the same. (RECOVER, 0x4 of s_feature_incompat at byte 1120 of ext4's disk:
# the kernel's Documentation/filesystems/ext4, "Super Block")
waits_for_replay() {
  flags=$(dd if="$1" bs=1 skip=1120 count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
  [ "$((${flags:-0} & 4))" != 0 ]
}

real_device() {
  case $1 in
  /*) readlink -f "$root$1" ;;
  *) printf '%s\n' "$1" ;;
  esac
}

# look_space: KiB in all and KiB free of the disk, as the plan may use them
look_space() {
  record space "$(df -kP "$disk" | awk 'END { print $2, $4 }')"
}

# look_swap PATH PAGE-SIZE: "<ls mode> <uid> <gid> <size> <KiB on the medium> <page size of its header, or none>", then the KiB of
# what a cut-off run has left beside it. A header of this kernel's page size counts, whatever an older one has left behind
look_swap() {
  left=0
  if [ -e "$1.pimesh-new" ]; then left=$(du -k "$1.pimesh-new" | cut -f 1); fi
  record left "$left"
  if [ ! -e "$1" ]; then
    record swap absent
    return
  fi
  describe "$1"
  signed=none
  for page in 4096 8192 16384 32768 65536 "$2"; do
    if [ "$(dd if="$1" bs=1 skip="$((page - 10))" count=10 2>/dev/null | tr -cd 'A-Z0-9')" = SWAPSPACE2 ]; then signed=$page; fi
  done
  record swap "$found $(du -k "$1" | cut -f 1) $signed"
}

# look_links KEY PATH TOP: the first part of PATH below TOP that is a symlink, or nothing
look_links() {
  part=$2
  link=
  while [ "$part" != "$3" ] && [ -n "$part" ]; do
    if [ -L "$part" ]; then link=$part; fi
    part=${part%/*}
  done
  record_bytes_of "$1" "${link#"$3"}"
}

# look_units UNIT...: a line each: enabled?, then a line each: active? One of init/*.sh stands before this and knows
look_units() {
  record units "$(services_enabled "$@")"
  record active "$(services_active "$@")"
}

# look_runs STATE-FOLDER: the journal's runs, newest last: "<run> <state> <number of steps>"
look_runs() {
  record runs "$(for each in "$root$1"/runs/*/; do
    [ -e "$each/state" ] || continue
    printf '%s %s %s\n' "$(basename "$each")" "$(cat "$each/state")" "$(grep -c '' "$each/journal")"
  done)"
}

# look_last_run STATE-FOLDER: the newest run that is not undone: "<run> <state>", and its journal
look_last_run() {
  last=
  for each in "$root$1"/runs/*/; do
    [ -e "$each/state" ] || continue
    if [ "$(cat "$each/state")" != undone ]; then last=$each; fi
  done
  if [ -z "$last" ]; then
    record run ''
  else
    record run "$(basename "$last") $(cat "$last/state")"
    record journal "$(cat "$last/journal")"
  fi
}
