# shellcheck shell=sh
# shellcheck disable=SC2034  # what the functions answer is for those who source this
# What the stand-ins of a simulated Pi share: where its state lies and how it is read. Sourced, never run.
# A process costs more than all that a stand-in does: what is asked for often is answered in a variable (to_NAME sets $name),
# by functions made of builtins; those that print are for a rare use in $(...).
# State: $sim/disks/NAME/record (key<tab>value) and files/, $sim/mounts, $sim/covered/, $sim/inodes/, $sim/units/.
: "${PIMESH_ROOT:?this is a stand-in for a simulated Pi and works only on one}"
sim=$PIMESH_ROOT/.sim
outer_path=$PATH
# shellcheck source=/dev/null
. "$sim/path" || exit 70
LC_ALL=C
export PATH LC_ALL outer_path
tab='	'
me=${0##*/}

# is_root: the uid that this process plays, in $sim_uid, is 0. It is the login user's until sudo makes it 0
is_root() {
  to_setting uid
  sim_uid=${PIMESH_SIM_UID:-$setting}
  [ "$sim_uid" = 0 ]
}

# to_setting KEY: a fixed property of this Pi (makePi wrote it) in $setting; empty when it has none
to_setting() {
  setting=
  if [ -r "$sim/settings/$1" ]; then IFS= read -r setting <"$sim/settings/$1" || :; fi
}

setting() {
  to_setting "$1"
  if [ -n "$setting" ]; then printf '%s\n' "$setting"; fi
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
  to_text "$1"
  printf '%s\n' "$text"
}

# to_text WORD: from_octal in $text
to_text() {
  case $1 in
  *\\*) text=$(printf '%b\n' "$(printf '%s\n' "$1" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')") ;;
  *) text=$1 ;;
  esac
}

# to_octal PATH: in_octal in $octal
to_octal() {
  case $1 in
  *[\\\ "$tab"]*) octal=$(in_octal "$1") ;;
  *) octal=$1 ;;
  esac
}

# --- mounts --------------------------------------------------------------------------------------------------------

mounts=$PIMESH_ROOT/proc/self/mounts

# to_mount_line TARGET: sets $mount_line to the line of what is mounted there (the last one decides), or to nothing and 1
to_mount_line() {
  to_octal "$1"
  mount_line=
  while IFS= read -r ml_line; do
    case ${ml_line#* } in
    "$octal "*) mount_line=$ml_line ;;
    *) ;;
    esac
  done <"$mounts"
  [ -n "$mount_line" ]
}

mount_line() {
  to_mount_line "$1" && printf '%s\n' "$mount_line"
}

is_mounted() {
  to_mount_line "$1"
}

# to_mount_over PATH: sets $mount_line to the line of the file system that holds this path. One look at all the mounts: the
# longest target that the path begins with decides, of two that are alike the last
to_mount_over() {
  to_node_path "$1"
  to_octal "${path%/}/"
  mount_line=
  mo_longest=0
  while IFS= read -r ml_line; do
    ml_target=${ml_line#* }
    ml_target=${ml_target%% *}
    case $octal in
    "${ml_target%/}"/*)
      if [ "${#ml_target}" -ge "$mo_longest" ]; then
        mo_longest=${#ml_target}
        mount_line=$ml_line
      fi
      ;;
    *) ;;
    esac
  done <"$mounts"
  [ -n "$mount_line" ]
}

mount_over() {
  to_mount_over "$1" && printf '%s\n' "$mount_line"
}

# to_fields LINE: the fields of a line of /proc/mounts, as they stand there
to_fields() {
  mounted_source=${1%% *}
  mounted_fields=${1#* }
  mounted_target=${mounted_fields%% *}
  mounted_fields=${mounted_fields#* }
  mounted_type=${mounted_fields%% *}
  mounted_fields=${mounted_fields#* }
  mounted_options=${mounted_fields%% *}
}

# has_flags LINE: the file system of this line keeps flags beside a file (chattr)
has_flags() {
  case $1 in
  *' ext2 '* | *' ext3 '* | *' ext4 '*) to_setting flags && [ "$setting" != no ] ;;
  *) return 1 ;;
  esac
}

# --- disks ---------------------------------------------------------------------------------------------------------

# to_disk_value NAME KEY: sets $disk_value, to nothing when there is no such disk
to_disk_value() {
  disk_value=
  if [ ! -r "$sim/disks/$1/record" ]; then return; fi
  while IFS=$tab read -r dv_key dv_value; do
    if [ "$dv_key" = "$2" ]; then disk_value=$dv_value; fi
  done <"$sim/disks/$1/record"
}

disk_value() {
  to_disk_value "$1" "$2"
  if [ -n "$disk_value" ]; then printf '%s\n' "$disk_value"; fi
}

# to_plugged: sets $plugged to the names of the disks that are there, each behind a blank; needs file name patterns
to_plugged() {
  plugged=
  for each in "$sim"/disks/*/plugged; do
    if [ -e "$each" ] && [ -e "${each%/plugged}/record" ]; then
      each=${each%/plugged}
      plugged="$plugged ${each##*/}"
    fi
  done
}

plugged_disks() {
  to_plugged
  for each in $plugged; do printf '%s\n' "$each"; done
}

# disk_with KEY VALUE: the names of the plugged disks whose record says so
disk_with() {
  to_plugged
  for disk in $plugged; do
    to_disk_value "$disk" "$1"
    if [ "$disk_value" = "$2" ]; then printf '%s\n' "$disk"; fi
  done
}

# device_of WORD: /dev/NAME of a device as tools are told of it (a path, a link in /dev/disk, UUID=, LABEL=), or nothing
device_of() {
  to_device "$1"
  if [ -n "$device" ]; then printf '%s\n' "$device"; fi
}

# to_device WORD: device_of in $device; needs file name patterns
to_device() {
  device=
  case $1 in
  UUID=*) unquoted "${1#UUID=}" && set -- "/dev/disk/by-uuid/$text" ;;
  LABEL=*) unquoted "${1#LABEL=}" && to_udev_encoded "$text" && set -- "/dev/disk/by-label/$encoded" ;;
  PARTUUID=*) unquoted "${1#PARTUUID=}" && set -- "/dev/disk/by-partuuid/$text" ;;
  esac
  to_node_path "$1"
  if [ ! -e "$PIMESH_ROOT$path" ]; then return; fi
  if [ ! -L "$PIMESH_ROOT$path" ]; then
    device=$path
    return
  fi
  for each in "$PIMESH_ROOT"/dev/*; do
    # shellcheck disable=SC3013  # dash, bash and busybox have -ef, and readlink would be a process
    if [ -f "$each" ] && [ "$each" -ef "$PIMESH_ROOT$path" ]; then device=${each#"$PIMESH_ROOT"}; fi
  done
}

# unquoted WORD: in $text
unquoted() {
  text=$1
  case $1 in
  \"*\")
    text=${1#\"}
    text=${text%\"}
    ;;
  esac
}

# to_udev_encoded TEXT: udev_encoded in $encoded
to_udev_encoded() {
  case $1 in
  *[!0-9A-Za-z#+.:=@_-]*) encoded=$(udev_encoded "$1") ;;
  *) encoded=$1 ;;
  esac
}

# udev_encoded TEXT: as udev names links: everything but [0-9A-Za-z#+.:=@_-] and UTF-8 becomes \xNN
udev_encoded() {
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

# to_disk_files NAME: sets $disk_files to where the disk's files are at this moment
to_disk_files() {
  disk_files=
  if [ -d "$sim/disks/$1/files" ]; then
    disk_files=$sim/disks/$1/files
    return
  fi
  while IFS=$tab read -r _ df_kind df_disk df_place; do
    if [ "$df_kind $df_disk" = "disk $1" ]; then disk_files=$PIMESH_ROOT$df_place; fi
  done <"$sim/mounts"
}

# --- what a real file system would keep beside a file ----------------------------------------------------------------

# A file is named by inode and birth time: through renames, and a reused inode number is told apart

# to_remembered PATH WHAT: sets $remembered to the owner ("uid gid"), the flags ("i") or the allocated bytes of the file, or to
# nothing and 1
to_remembered() {
  remembered=
  if ! any_remembered "$2"; then return 1; fi
  key=$(stat -c '%i-%.9W' -- "$1" 2>/dev/null) || return 1
  [ -r "$sim/inodes/$key.$2" ] || return 1
  IFS= read -r remembered <"$sim/inodes/$key.$2"
}

# any_remembered WHAT: of some file; needs file name patterns
any_remembered() {
  set -- "$sim"/inodes/*."$1"
  [ -e "$1" ]
}

remember() { # remember PATH WHAT VALUE
  if [ -z "$3" ] && ! any_remembered "$2"; then return; fi
  key=$(stat -c '%i-%.9W' -- "$1" 2>/dev/null) || return
  if [ -n "$3" ]; then
    printf '%s\n' "$3" >"$sim/inodes/$key.$2"
  elif [ -e "$sim/inodes/$key.$2" ]; then
    rm -f "$sim/inodes/$key.$2"
  fi
}

# owner_of PATH: "uid gid": as chown left it, else the login user's below its home and for what lay on its disks from the
# start, else root's. (Who made a file later is not known: everything really belongs to whoever runs the simulation.)
owner_of() {
  to_owner "$1"
  printf '%s\n' "$owner"
}

to_owner() {
  owner_by_key "$(stat -c '%i-%.9W' -- "$1" 2>/dev/null)" "$1"
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

# to_id_number passwd|group NAME-OR-NUMBER: sets $number; 1 when there is no such name
to_id_number() {
  number=$2
  case $2 in
  '' | *[!0-9]*) ;;
  *) return ;;
  esac
  while IFS=: read -r id_name _ number _; do
    if [ "$id_name" = "$2" ]; then return; fi
  done <"$PIMESH_ROOT/etc/$1"
  number=
  return 1
}

# to_id_name passwd|group NUMBER: sets $name; without a name it is the number
to_id_name() {
  while IFS=: read -r name _ id_number _; do
    if [ "$id_number" = "$2" ]; then return; fi
  done <"$PIMESH_ROOT/etc/$1"
  name=$2
}

# is_swap FILE: it is a line of /proc/swaps
is_swap() {
  to_octal "$1"
  while read -r area _; do
    if [ "$area" = "$octal" ]; then return; fi
  done <"$PIMESH_ROOT/proc/swaps"
  return 1
}

# sum_swaps: /proc/meminfo follows /proc/swaps
sum_swaps() {
  total=0
  used=0
  while read -r area _ size in_use _; do
    if [ "$area" != Filename ]; then
      total=$((total + size))
      used=$((used + in_use))
    fi
  done <"$PIMESH_ROOT/proc/swaps"
  text=
  while IFS= read -r line; do
    case $line in
    SwapTotal:*) padded 8 "$total" && line="SwapTotal:      $padded kB" ;;
    SwapFree:*) padded 8 "$((total - used))" && line="SwapFree:       $padded kB" ;;
    *) ;;
    esac
    text="$text$line
"
  done <"$PIMESH_ROOT/proc/meminfo"
  printf '%s' "$text" >"$PIMESH_ROOT/proc/meminfo"
}

# trim TEXT: without the blanks at both ends, in $trimmed
trim() {
  trimmed=${1#"${1%%[! "$tab"]*}"}
  trimmed=${trimmed%"${trimmed##*[! "$tab"]}"}
}

# padded WIDTH TEXT: blanks in front, in $padded
padded() {
  padded=$2
  while [ "${#padded}" -lt "$1" ]; do padded=" $padded"; done
}
